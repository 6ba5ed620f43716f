"""``outage``: what an operator types, sees and is told; ``status`` and ``deadline`` follow it."""

from datetime import date, datetime
from pathlib import Path

import pytest

from tests.commands.terminal import Terminal
from tests.imports.books import DECIDED, company, write_book
from xinqiao.clock import SHANGHAI, Clock

PLATFORM = "credit_shandong"
SPAN = ("--from", "2026-11-23 08:00", "--to", "2026-11-23 16:00")


@pytest.fixture
def desk(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    """A terminal on the morning after the last day of a permit that nobody reported."""
    now = datetime(2026, 11, 27, 9, tzinfo=SHANGHAI)
    monkeypatch.setattr(Clock, "now", lambda _clock: now)
    row = company(1, **{DECIDED: "2026/11/17", "有效期自": date(2026, 11, 17)})
    terminal.run("import", write_book(tmp_path / "许可.xlsx", row))
    return terminal


@pytest.fixture
def announcement(tmp_path: Path) -> Path:
    path = tmp_path / "停机公告.pdf"
    path.write_bytes(b"announcement")
    return path


def record(desk: Terminal, announcement: Path, *more: object, platform: str = PLATFORM) -> object:
    words = ("outage", "record", platform, *SPAN, "--evidence", announcement)
    return desk.run(*words, "--reason", "平台公告", *more)


def board(desk: Terminal) -> dict[str, int]:
    found = desk.run("status", "--json").json["platforms"][PLATFORM]
    return {name: found[name] for name in ("overdue", "due_soon", "past_slack")}


def test_an_outage_moves_the_limit_and_the_board_follows(
    desk: Terminal, announcement: Path
) -> None:
    assert board(desk) == {"overdue": 1, "due_soon": 0, "past_slack": 0}
    done = desk.run(
        "outage", "record", PLATFORM, *SPAN, "--evidence", announcement, "--reason", "平台公告"
    )
    assert done.code == 0
    assert "2026-11-23" in done.out
    assert "2026-11-26" in done.out
    assert "不再算逾期" in done.out
    assert "顺延规则是参考" in done.out
    # the new last day is today: within the slack, and not overdue
    assert board(desk) == {"overdue": 0, "due_soon": 1, "past_slack": 1}
    assert "内部提前量已过 1" in desk.run("status").out
    shown = desk.run("queue", "show", 1).out
    assert "2026-11-27（不计平台停机为 2026-11-26）" in shown


def test_revoking_needs_a_person_for_what_is_overdue_again(
    desk: Terminal, announcement: Path
) -> None:
    record(desk, announcement)
    done = desk.run("outage", "revoke", 1, "--reason", "公告是另一平台的", "--json")
    assert done.code == 3
    (moved,) = done.json["moved"]
    assert (moved["before"], moved["after"], moved["overdue"]) == ("2026-11-27", "2026-11-26", True)
    (listed,) = desk.run("outage", "list", "--json").json["outages"]
    assert listed["revoked_reason"] == "公告是另一平台的"
    assert "已撤销：公告是另一平台的" in desk.run("outage", "list").out
    again = desk.run("outage", "revoke", 1, "--reason", "再撤")
    assert (again.code, "已经撤销" in again.err) == (1, True)
    log = desk.run("audit", "list").out
    assert all(words in log for words in ("登记平台停机", "撤销平台停机", "撤销平台停机未获准"))


def test_a_dry_run_shows_the_same_and_keeps_nothing(desk: Terminal, announcement: Path) -> None:
    words = ("outage", "record", PLATFORM, *SPAN, "--evidence", announcement, "--reason", "公告")
    done = desk.run(*words, "--dry-run", "--json")
    assert (done.json["dry_run"], len(done.json["moved"])) == (True, 1)
    assert "没有登记过平台停机" in desk.run("outage", "list").out
    assert board(desk)["overdue"] == 1


def test_the_evidence_is_kept_by_name_and_digest(desk: Terminal, announcement: Path) -> None:
    record(desk, announcement)
    (listed,) = desk.run("outage", "list", "--json").json["outages"]
    assert listed["evidence"] == "停机公告.pdf"
    assert len(listed["sha256"]) == 64
    assert listed["lost_days"] == ["2026-11-23"]


def test_deadline_tells_the_outage_and_the_slack(desk: Terminal, announcement: Path) -> None:
    record(desk, announcement)
    found = desk.run("deadline", "2026-11-17", "--platform", PLATFORM, "--json").json
    assert (found["due"], found["without_outages"]) == ("2026-11-27", "2026-11-26")
    assert (found["report_by"], found["slack_working_days"]) == ("2026-11-26", 1)
    shown = desk.run("deadline", "2026-11-17", "--platform", PLATFORM).out
    assert "（平台停机，不计）" in shown
    assert "停机顺延：不计停机为 2026-11-26" in shown
    assert "宜最迟在 2026-11-26 报出" in shown
    by_law = desk.run("deadline", "2026-11-17", "--rule", "D4", "--platform", PLATFORM).out
    assert "规则 D4 不因平台停机顺延" in by_law
    assert desk.run("deadline", "2026-11-17", "--json").json["due"] == "2026-11-26"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--from", "上周", "--to", "2026-11-23"), 2, "不是时间"),
        (("--from", "2026-11-23 16:00", "--to", "2026-11-23 08:00"), 1, "不在开始"),
        (("--from", "2026-11-26", "--to", "2026-11-27"), 1, "还没有到"),
    ],
)
def test_a_time_that_cannot_be_is_told(
    desk: Terminal, announcement: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    done = desk.run(
        "outage", "record", PLATFORM, *words, "--evidence", announcement, "--reason", "公告"
    )
    assert (done.code, told in done.err) == (code, True)


def test_an_unknown_platform_or_missing_evidence_is_told(
    desk: Terminal, announcement: Path, tmp_path: Path
) -> None:
    words = (*SPAN, "--reason", "公告")
    other = desk.run("outage", "record", "nowhere", *words, "--evidence", announcement)
    assert (other.code, "本工作区没有平台“nowhere”" in other.err) == (1, True)
    none = desk.run("outage", "record", PLATFORM, *words, "--evidence", tmp_path / "没有.pdf")
    assert (none.code, "没有这个文件" in none.err) == (1, True)


def test_a_day_alone_means_all_of_it(desk: Terminal, announcement: Path) -> None:
    done = desk.run(
        *("outage", "record", PLATFORM, "--from", "2026-11-23", "--to", "2026-11-23"),
        *("--evidence", announcement, "--reason", "公告", "--json"),
    )
    assert done.json["begins_at"] == "2026-11-22T16:00:00+00:00"
    assert done.json["ends_at"] == "2026-11-23T16:00:00+00:00"
