"""A downloaded ledger beside ours: the same findings as an interface's, and none that is false."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reconcile.ledger_files.downloads import NAMES, text, workbook
from tests.reconcile.ledger_stands import (
    TODAY,
    LedgerPlatform,
    compare,
    differences,
    document,
    ledger_of,
    numbers_missing,
    report,
    send,
    settle_down,
    strangers,
    took,
)
from tests.submission_queue.world import PLATFORM, World, reply
from tests.support import FrozenClock
from xinqiao.adapters.base import LedgerEntry, Outcome
from xinqiao.clock import SHANGHAI
from xinqiao.database.engine import Database
from xinqiao.database.tables import difference, ledger_line, ledger_reading, submission
from xinqiao.errors import InputError, RefusedError
from xinqiao.privacy.keys import KeyRing
from xinqiao.reconcile.ledger_files import ledger
from xinqiao.reconcile.ledger_files.opening import Claims
from xinqiao.reconcile.ledger_files.service import FileReport, LedgerFiles
from xinqiao.reconcile.ledgers.findings import LedgerFindings
from xinqiao.reconcile.window import Window

WEEK = Window(TODAY - timedelta(7), TODAY)
COLUMNS = ("平台编号", "XK_WSH", "XK_NR", "XK_JDRQ", "入库时间")


def local(moment: datetime) -> datetime:
    """Return an instant as a workbook holds it."""
    return moment.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)


def download(world: World, at: datetime | None = None) -> list[list[Any]]:
    """Return the platform's ledger as rows, taken in at ``at``."""
    moment = local(at or world.clock.now())
    return [
        [one.reference, one.key, *(one.values.get(code, "") for code in COLUMNS[2:4]), moment]
        for one in ledger_of(world).shown
    ]


def compare_file(
    world: World,
    folder: Path,
    rows: Sequence[Sequence[Any]],
    *,
    header: Sequence[str] = COLUMNS,
    window: Window = WEEK,
    claims: Claims | None = None,
    name: str = "台账.xlsx",
) -> FileReport:
    """Compare rows as a file that was downloaded now, unless ``claims`` say otherwise."""
    write = workbook if name.endswith("x") else text
    table: list[Sequence[Any]] = [header, *rows]
    path = workbook(folder / name, table) if write is workbook else text(folder / name, table)
    files = LedgerFiles(world.worker, PLATFORM, frozenset({"permit"}), NAMES, timedelta(seconds=10))
    said = claims or Claims(world.clock.now())
    return files.compare(path, "permit", window, said)


def told(found: LedgerFindings) -> tuple[Any, ...]:
    """Return everything that was found, in an order of its own."""
    return (
        found.matched,
        found.by_number_only,
        found.under_way,
        sorted(numbers_missing(found)),
        sorted(strangers(found)),
        sorted(differences(found)),
        sorted(found.repeated),
        found.incomplete,
    )


@pytest.fixture
def file_office(sqlite_database: Database, keys: KeyRing, clock: FrozenClock) -> World:
    return World(sqlite_database, keys, clock, LedgerPlatform())


# the same as an interface


def test_a_file_shows_what_is_missing_strange_different_and_twice(
    office: World, tmp_path: Path
) -> None:
    report(office, 1, 2, 3, 4)
    platform = ledger_of(office)
    platform.shows(1)
    platform.shows(2, XK_NR="出租汽车经营")
    platform.shows(4)
    platform.shown.append(replace(platform.shown[-1], reference="SD-99"))
    platform.shows_foreign("外〔2026〕1号", "SD-77")
    settle_down(office)
    found = compare_file(office, tmp_path, download(office)).findings
    assert numbers_missing(found) == [document(3)]
    assert strangers(found) == [("外〔2026〕1号", "never_sent")]
    assert differences(found) == [("XK_NR", "道路普通货物运输", "出租汽车经营")]
    assert (found.repeated, found.incomplete) == ([document(4)], "")


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    shown=st.sets(st.integers(1, 8)),
    wrong=st.sets(st.integers(1, 8)),
    twice=st.sets(st.integers(1, 8)),
    foreign=st.integers(0, 3),
    size=st.integers(1, 4),
    kind=st.sampled_from(["a.xlsx", "a.csv"]),
)
def test_a_file_gives_the_findings_of_the_interface(
    file_office: World,
    tmp_path: Path,
    shown: set[int],
    wrong: set[int],
    twice: set[int],
    foreign: int,
    size: int,
    kind: str,
) -> None:
    world = file_office
    if not world.connector.sent:
        report(world, *range(1, 9))
        settle_down(world)
    platform = ledger_of(world)
    platform.shown = []
    for number in sorted(shown):
        platform.shows(number, **({"XK_NR": "出租汽车经营"} if number in wrong else {}))
    platform.shown += [
        replace(one, reference=f"{one.reference}-2")
        for one in list(platform.shown)
        if int(one.reference[3:]) in twice
    ]
    for number in range(foreign):
        platform.shows_foreign(f"外〔2026〕{number}号", f"SD-X{number}")
    # both tell the same columns
    platform.shown = [
        replace(one, values={code: one.values.get(code, "") for code in COLUMNS[1:4]})
        for one in platform.shown
    ]
    by_interface = compare(world)
    claims = None if platform.shown else Claims(world.clock.now(), empty=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "PAGE_ROWS", size)
        by_file = compare_file(world, tmp_path, download(world), claims=claims, name=kind)
    assert told(by_file.findings) == told(by_interface)


def test_a_record_that_waits_for_a_receipt_is_accepted_by_a_file_that_shows_it(
    office: World, tmp_path: Path
) -> None:
    office.add(1)
    send(office, reply(Outcome.RECEIVED))
    ledger_of(office).shows(1)
    settle_down(office)
    found = compare_file(office, tmp_path, download(office)).findings
    assert (found.accepted, office.states()) == (1, ["accepted"])


def test_the_reading_is_noted_with_the_files_name_and_digest(office: World, tmp_path: Path) -> None:
    report(office, 1)
    ledger_of(office).shows(1)
    settle_down(office)
    compare_file(office, tmp_path, download(office))
    with office.database.reading() as connection:
        (row,) = connection.execute(ledger_reading.select()).all()
        lines = connection.execute(ledger_line.select()).all()
    assert (row.origin, row.file_name, row.entries, row.incomplete) == ("file", "台账.xlsx", 1, "")
    assert len(row.file_sha256) == 64
    assert lines == []


# no false difference


def test_nothing_newer_than_the_newest_row_is_called_missing(office: World, tmp_path: Path) -> None:
    report(office, 1)
    ledger_of(office).shows(1)
    early = download(office)
    office.clock.advance(7200)
    report(office, 2)
    settle_down(office)
    found = compare_file(office, tmp_path, early, claims=Claims()).findings
    assert (found.missing, found.incomplete, found.clean) == ([], "", True)
    assert numbers_missing(compare_file(office, tmp_path, early).findings) == [document(2)]


def test_an_old_file_denies_nothing_that_was_decided_since(office: World, tmp_path: Path) -> None:
    """A correction that left after the download: the file shows the old content with right."""
    (record_id,) = report(office, 1)
    ledger_of(office).shows(1)
    settle_down(office)
    downloaded = office.clock.now()
    rows = download(office, downloaded - timedelta(hours=2))
    office.clock.advance(3600)
    office.version(record_id, 2, 1, content="出租汽车经营")
    send(office, took())
    settle_down(office)
    found = compare_file(office, tmp_path, rows, claims=Claims(downloaded)).findings
    assert (found.different, found.under_way) == ([], 1)


def test_a_row_copied_twice_is_one_and_is_told(office: World, tmp_path: Path) -> None:
    report(office, 1, 2)
    ledger_of(office).shows(1)
    ledger_of(office).shows(2)
    settle_down(office)
    rows = download(office)
    done = compare_file(office, tmp_path, [*rows, *rows])
    assert (done.findings.repeated, done.findings.incomplete, done.findings.clean) == ([], "", True)
    assert "2 行与文件里别的行完全相同，只算一次" in done.remarks


def test_copies_on_another_page_are_no_sign_that_the_ledger_moved(
    office: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "PAGE_ROWS", 1)
    report(office, 1)
    ledger_of(office).shows(1)
    settle_down(office)
    done = compare_file(office, tmp_path, download(office) * 3)
    assert (done.findings.incomplete, done.findings.copies) == ("", 2)


def test_a_file_without_times_calls_nothing_missing_and_still_shows_what_differs(
    office: World, tmp_path: Path
) -> None:
    report(office, 1, 2)
    ledger_of(office).shows(1, XK_NR="出租汽车经营")
    settle_down(office)
    rows = [row[:4] for row in download(office)]
    found = compare_file(office, tmp_path, rows, header=COLUMNS[:4]).findings
    assert (found.missing, len(found.different)) == ([], 1)
    assert "没有入库时间一列" in found.incomplete


def test_another_month_and_an_empty_file_leave_no_difference_behind(
    office: World, tmp_path: Path
) -> None:
    report(office, 1)
    ledger_of(office).shows(1)
    settle_down(office)
    october = Window(date(2026, 10, 1), date(2026, 10, 31))
    for rows, window in ((download(office), october), ([], WEEK)):
        with pytest.raises(InputError):
            compare_file(office, tmp_path, rows, window=window)
    with office.database.reading() as connection:
        assert connection.execute(difference.select()).all() == []
        assert connection.execute(ledger_reading.select()).all() == []


def test_an_empty_ledger_that_a_person_vouches_for_misses_what_we_sent(
    office: World, tmp_path: Path
) -> None:
    report(office, 1)
    settle_down(office)
    claims = Claims(office.clock.now(), empty=True)
    found = compare_file(office, tmp_path, [], claims=claims).findings
    assert numbers_missing(found) == [document(1)]


def test_a_file_older_than_what_the_platform_showed_is_refused(
    office: World, tmp_path: Path
) -> None:
    report(office, 1)
    ledger_of(office).shows(1)
    rows = download(office)
    downloaded = office.clock.now()
    settle_down(office)
    compare(office)
    with pytest.raises(RefusedError, match="比这份文件新"):
        compare_file(office, tmp_path, rows, claims=Claims(downloaded))
    # the same file again, after another file, is no such case
    assert compare_file(office, tmp_path, rows).findings.clean
    assert compare_file(office, tmp_path, rows).findings.clean


def test_a_kind_that_the_platform_does_not_take_is_refused(office: World, tmp_path: Path) -> None:
    files = LedgerFiles(office.worker, PLATFORM, frozenset({"permit"}), NAMES, timedelta(0))
    with pytest.raises(InputError, match="行政许可（permit）"):
        files.compare(tmp_path / "x.xlsx", "penalty", WEEK, Claims())


def test_a_cut_off_file_sends_nothing_again(office: World, tmp_path: Path) -> None:
    report(office, 1, 2)
    ledger_of(office).shows(1)
    settle_down(office)
    rows: list[Sequence[Any]] = [*download(office), ["合计", "2 条"]]
    found = compare_file(office, tmp_path, rows).findings
    assert (found.missing, found.clean) == ([], False)
    with office.database.reading() as connection:
        assert len(connection.execute(submission.select()).all()) == 2


def test_an_entry_of_ours_is_found_by_the_platforms_id(office: World, tmp_path: Path) -> None:
    report(office, 1)
    ledger_of(office).shown = [LedgerEntry("外〔2026〕9号", {}, "SD-1")]
    settle_down(office)
    found = compare_file(office, tmp_path, download(office)).findings
    assert (found.unexpected, found.missing) == ([], [])
    assert {one[0] for one in differences(found)} >= {"XK_WSH"}
