"""A dry run, a crash and a locked database leave nothing behind."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.imports.books import Desk, bad, company, counts, person, write_book
from tests.support import ON_SQLITE
from xinqiao.database.engine import Database
from xinqiao.errors import BusyError, SettingsError
from xinqiao.intake import importer, store, versions
from xinqiao.queue import duties, holdings, transitions
from xinqiao.queue.planning import planner, writing

ROWS = (company(1), bad(2), person(3))

WRITES: dict[str, tuple[Any, str]] = {
    "opening the run": (store, "open_run"),
    "finding known records": (store, "find"),
    "writing records": (store, "insert_records"),
    "pointing records at new versions": (store, "update_records"),
    "writing versions": (store, "insert_versions"),
    "auditing records": (versions, "append"),
    "protecting content": (versions, "protect"),
    "opening duties": (planner, "open_duties"),
    "auditing duties": (duties, "append"),
    "noting exemptions": (planner, "note_exemptions"),
    "writing holdings": (writing, "write_holdings"),
    "creating submissions": (holdings, "create"),
    "auditing submissions": (transitions, "append"),
    "reading misfits": (store, "misfits"),
    "closing the run": (store, "close_run"),
    "auditing the run": (importer, "append"),
    "writing the findings workbook": (importer, "write_findings_workbook"),
}


class Crash(BaseException):
    """The process dies here."""


def crash_after(real: Callable[..., Any]) -> Callable[..., Any]:
    def crash(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        raise Crash

    return crash


def test_a_dry_run_counts_as_in_earnest_and_leaves_nothing(desk: Desk) -> None:
    desk.take(company(1))
    before = desk.sizes()
    report = desk.take(*ROWS, bad(4), bad(4), dry_run=True)
    assert counts(report) == {"read": 5, "new": 1, "unchanged": 1, "duplicates": 1, "invalid": 2}
    assert report.findings_file == ""
    assert desk.sizes() == before
    assert desk.findings_files() == []


@pytest.mark.parametrize("place", WRITES)
def test_a_crash_leaves_nothing_half_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    desk.take(company(9))
    before = desk.sizes()
    module, name = WRITES[place]
    with monkeypatch.context() as patch:
        patch.setattr(module, name, crash_after(getattr(module, name)))
        with pytest.raises(Crash):
            desk.take(*ROWS)
    assert desk.sizes() == before
    # the same file can be imported as if nothing had been
    assert counts(desk.take(*ROWS)) == {"read": 3, "new": 2, "invalid": 1}


def test_a_commit_that_fails_leaves_no_findings_workbook_of_records_that_do_not_exist(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Database.writing

    @contextmanager
    def failing(self: Database) -> Iterator[sa.Connection]:
        with real(self) as connection:
            yield connection
            raise Crash

    before = desk.sizes()
    with monkeypatch.context() as patch:
        patch.setattr(Database, "writing", failing)
        with pytest.raises(Crash):
            desk.take(*ROWS)
    assert desk.sizes() == before
    assert desk.findings_files() == []


def test_a_findings_folder_that_cannot_be_made_is_told_and_nothing_is_written(desk: Desk) -> None:
    (desk.folder / "findings").write_text("在此路上的文件", "utf-8")
    before = desk.sizes()
    with pytest.raises(SettingsError, match="findings"):
        desk.take(*ROWS)
    assert desk.sizes() == before


@ON_SQLITE
def test_while_another_program_writes_the_import_gives_up_and_writes_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "许可.xlsx", *ROWS)
    before = desk.sizes()
    hasty = Desk(
        Database(str(desk.database.url), busy_seconds=0.1), desk.keys, desk.clock, tmp_path
    )
    other = sqlite3.connect(str(desk.database.url.database), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError, match="正被另一个程序写入"):
            hasty.take_file(path)
    finally:
        other.close()
        hasty.database.close()
    assert desk.sizes() == before
    assert desk.findings_files() == []
    assert counts(desk.take_file(path)) == {"read": 3, "new": 2, "invalid": 1}
