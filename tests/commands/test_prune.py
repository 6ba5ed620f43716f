"""Pruning as a person types it: with a reason, shown before, audited after, refusals too."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.commands.terminal import Said, Terminal
from tests.imports.books import CONTENT, bad, company, write_book
from xinqiao.database.engine import Database
from xinqiao.database.tables import record_version, submission

KINDS = {
    "sealed_batches",
    "evidence",
    "polls",
    "contents",
    "calls",
    "workers",
    "job_runs",
    "workbooks",
}


def age(path: Path, days: float) -> None:
    then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))


@pytest.fixture
def desk(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A terminal on a workspace with a version that was replaced, four years old by now."""
    book = write_book(tmp_path / "许可.xlsx", company(1), bad(3))
    terminal.run("import", book)
    terminal.run("import", write_book(book, company(1, **{CONTENT: "改正后的内容"})))
    database = Database(terminal.workspace.database_url)
    long_ago = datetime.now(UTC) - timedelta(days=1461)
    with database.writing() as connection:
        connection.execute(sa.update(record_version).values(created_at=long_ago))
        connection.execute(sa.update(submission).values(changed_at=long_ago))
    database.close()
    for path in findings(terminal):
        age(path, 1461)
    return terminal


def findings(terminal: Terminal) -> list[Path]:
    return sorted((terminal.workspace.var / "findings").iterdir())


def rows(said: Said) -> dict[str, int]:
    """Return what the answer says was dropped, or would be: name → rows, without noughts."""
    return {name: one["rows"] for name, one in said.json["payloads"].items() if one["rows"]}


def pruned(terminal: Terminal) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = terminal.run("audit", "list", "--action", "data.", "--json").json
    assert terminal.run("audit", "verify").code == 0
    return listed


def test_a_dry_run_shows_what_would_go_and_changes_nothing(desk: Terminal) -> None:
    shown = desk.run("prune", "--dry-run", "--json")
    assert shown.code == 0
    assert set(shown.json["payloads"]) == KINDS
    assert rows(shown) == {"contents": 1, "workbooks": 1}
    assert shown.json["bytes"] > findings(desk)[0].stat().st_size
    again = desk.run("prune", "--dry-run", "--json")
    assert again.json["payloads"] == shown.json["payloads"]
    assert pruned(desk) == []


def test_the_run_drops_what_the_dry_run_showed_and_is_audited(desk: Terminal) -> None:
    shown = desk.run("prune", "--dry-run", "--json").json["payloads"]
    done = desk.run("prune", "--reason", "满三年", "--json")
    assert (done.code, done.json["dry_run"]) == (0, False)
    assert done.json["payloads"] == shown
    assert findings(desk) == []
    entries = pruned(desk)
    assert [(one["action"], one["details"]["what"]) for one in entries] == [
        ("data.pruned", "contents"),
        ("data.pruned", "workbooks"),
    ]
    assert {one["reason"] for one in entries} == {"满三年"}
    assert rows(desk.run("prune", "--dry-run", "--json")) == {}


def test_people_read_a_table_a_total_and_what_it_means(desk: Terminal) -> None:
    shown = desk.run("prune", "--dry-run")
    assert "被取代的旧版内容" in shown.out
    assert "会清理 2 项" in shown.out
    assert "现在什么也没有改动" in shown.out
    done = desk.run("prune", "--reason", "满三年")
    assert "已清理 2 项" in done.out
    assert "备份" in done.out
    nothing = desk.run("prune", "--reason", "满三年")
    assert (nothing.code, "没有" in nothing.out) == (0, True)
    assert len(pruned(desk)) == 2


@pytest.mark.parametrize("days", [1461 + 30, 10**15])
def test_what_is_younger_than_asked_stays(desk: Terminal, days: int) -> None:
    assert rows(desk.run("prune", "--older-than", days, "--dry-run", "--json")) == {}


def test_the_settings_say_how_old_is_old(desk: Terminal) -> None:
    path = desk.workspace.root / "xinqiao.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("payload_days = 1095", "payload_days = 3000"), "utf-8")
    assert rows(desk.run("prune", "--dry-run", "--json")) == {}
    path.write_text(text.replace("payload_days = 1095", "payload_days = 179"), "utf-8")
    refused = desk.run("prune", "--dry-run")
    assert refused.code == 1
    assert "payload_days" in refused.err


@pytest.mark.parametrize("days", [179, 0, -1, -(10**15)])
def test_what_receipts_and_disputes_may_still_need_is_refused_and_audited(
    desk: Terminal, days: int
) -> None:
    refused = desk.run("prune", "--older-than", days, "--reason", "清盘")
    assert refused.code == 1
    assert "180 天" in refused.err
    (entry,) = pruned(desk)
    assert (entry["action"], entry["reason"]) == ("data.prune_refused", "清盘")
    assert len(findings(desk)) == 1
    assert desk.run("prune", "--older-than", days, "--dry-run").code == 1
    assert len(pruned(desk)) == 1
    assert desk.run("prune", "--older-than", 180, "--dry-run").code == 0


def test_nothing_goes_without_a_reason(desk: Terminal) -> None:
    for words in ((), ("--json",), ("--reason", "")):
        done = desk.run("prune", *words)
        assert done.code == 2
        assert "--reason" in done.err
    assert pruned(desk) == []


OURS = (
    "许可-疑点-20221124-131247.xlsx",
    "许可-双公示-疑点-20221124-131247-2.xlsx",
    "待更正-运管所-行政许可-20221124-131247.xlsx",
    ".ab_12xyz.part",
)
FOREIGN = (
    "许可.xlsx",
    "许可-疑点.xlsx",
    "许可-疑点-20221124-131247.xlsx.bak",
    "许可-疑点-20221124-131247 (副本).xlsx",
    "待更正-运管所.xlsx",
    "说明.txt",
)


def test_only_old_workbooks_that_this_program_wrote_are_removed(terminal: Terminal) -> None:
    folder = terminal.workspace.var / "findings"
    folder.mkdir()
    young = folder / "许可-疑点-20221124-131248.xlsx"
    for path in (*(folder / name for name in (*OURS, *FOREIGN)), young):
        path.write_bytes(b"123")
        age(path, 1461)
    age(young, 1)
    link, inner = folder / "甲-疑点-20221124-131247.xlsx", folder / "乙-疑点-20221124-131247.xlsx"
    link.symlink_to(folder / FOREIGN[0])
    inner.mkdir()
    age(inner, 1461)
    os.utime(link, (0, 0), follow_symlinks=False)
    done = terminal.run("prune", "--reason", "满三年", "--json")
    assert done.json["payloads"]["workbooks"] == {"rows": len(OURS), "bytes": 3 * len(OURS)}
    left = {path.name for path in findings(terminal)}
    assert left == {*FOREIGN, young.name, link.name, inner.name}


def test_a_workspace_without_workbooks_has_nothing_to_remove(terminal: Terminal) -> None:
    assert not (terminal.workspace.var / "findings").exists()
    assert terminal.run("prune", "--reason", "满三年").code == 0


def test_a_workbook_that_cannot_be_removed_is_told_and_the_others_go(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = terminal.workspace.var / "findings"
    folder.mkdir()
    for name in OURS[:3]:
        (folder / name).write_bytes(b"123")
        age(folder / name, 1461)
    unlink = Path.unlink

    def stubborn(path: Path, *, missing_ok: bool = False) -> None:
        if path.name == OURS[1]:
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", stubborn)
    done = terminal.run("prune", "--reason", "满三年")
    assert done.code == 1
    assert "1 个过期的表删不掉" in done.err
    assert [path.name for path in findings(terminal)] == [OURS[1]]
    assert [one["details"]["rows"] for one in pruned(terminal)] == [2]
