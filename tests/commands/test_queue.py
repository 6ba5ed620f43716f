"""``xinqiao queue`` on many: filters, asking first, what is skipped, and figures for programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tests.commands.terminal import Said, Terminal
from tests.imports.books import company, write_book
from xinqiao.database.engine import Database
from xinqiao.database.tables import submission
from xinqiao.errors import BusyError
from xinqiao.hub import Hub
from xinqiao.queue import bulk
from xinqiao.queue.transitions import Cause

PLATFORM = "credit_shandong"
WHY = ("--reason", "专项整治")


@pytest.fixture
def desk(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A terminal on a workspace with three submissions from one file and one from another."""
    first = write_book(tmp_path / "九月.xlsx", company(1), company(2), company(3))
    second = write_book(tmp_path / "十月.xlsx", company(4))
    for book, department in ((first, "行政许可科"), (second, "运输科")):
        assert terminal.run("import", book, "--department", department).code == 0
    return terminal


def force(terminal: Terminal, number: int, **values: object) -> None:
    """Put one submission into a state directly."""
    database = Database(terminal.workspace.database_url)
    with database.writing() as connection:
        connection.execute(sa.update(submission).where(submission.c.id == number).values(**values))
    database.close()


def states(terminal: Terminal) -> dict[int, str]:
    return {row["id"]: row["state"] for row in terminal.run("queue", "list", "--json").json}


class Keyboard(StringIO):
    """Standard input with a person at it."""

    def isatty(self) -> bool:
        return True


def typed(desk: Terminal, keys: str, *words: object) -> Said:
    with desk.patch.context() as patch:
        patch.setattr("sys.stdin", Keyboard(keys))
        return desk.run(*words)


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (("--department", "运输科"), {4}),
        (("--file", "九月.xlsx"), {1, 2, 3}),
        (("--document", "云交许〔2026〕0002号"), {2}),
        (("--document", "云交许[2026]"), {1, 2, 3, 4}),
        (("--kind", "penalty"), set()),
        (("--due-before", "2020-01-01"), set()),
        (("--state", "ready", "--department", "行政许可科"), {1, 2, 3}),
        (("--kind", "penalty", "--kind", "permit"), {1, 2, 3, 4}),
        (("--platform", PLATFORM, "--platform", PLATFORM), {1, 2, 3, 4}),
        ((2, 4), {2, 4}),
    ],
)
def test_list_and_verbs_take_the_same_filters(
    desk: Terminal, filters: tuple[object, ...], numbers: set[int]
) -> None:
    listed = desk.run("queue", "list", *filters, "--json").json
    assert {row["id"] for row in listed} == numbers
    done = desk.run("queue", "hold", *filters, *WHY, "--yes", "--json")
    assert (done.code, done.json) == (0, {"done": len(numbers), "skipped": {}})
    assert {number for number, state in states(desk).items() if state == "held"} == numbers


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (("--state", "held", "--state", "rejected"), {1, 2}),
        (("--state", "rejected", "--state", "held"), {1, 2}),
        (("--code", "1001", "--code", "1002"), {2, 3}),
        (("--state", "held", "--state", "rejected", "--code", "1001"), {2}),
    ],
)
def test_a_filter_that_is_written_twice_means_either(
    desk: Terminal, filters: tuple[str, ...], numbers: set[int]
) -> None:
    force(desk, 1, state="held")
    force(desk, 2, state="rejected", code="1001")
    force(desk, 3, code="1002")
    listed = desk.run("queue", "list", *filters, "--json").json
    assert {row["id"] for row in listed} == numbers
    seen = desk.run("queue", "hold", *filters, *WHY, "--dry-run", "--json").json
    assert seen["would"] + sum(seen["skipped"].values()) == len(numbers)


@pytest.mark.parametrize("verb", ["list", "hold"])
@pytest.mark.parametrize(
    ("filters", "known", "code"),
    [
        (("--platform", "nowhere"), f"已有：{PLATFORM}", 1),
        (("--platform", PLATFORM, "--platform", "nowhere"), f"已有：{PLATFORM}", 1),
        # the kinds are the program's own: another one is wrong usage
        (("--kind", "permits"), "permit（行政许可）", 2),
    ],
)
def test_a_platform_or_kind_that_is_not_there_is_refused_and_the_known_are_named(
    desk: Terminal, verb: str, filters: tuple[str, ...], known: str, code: int
) -> None:
    further = () if verb == "list" else (*WHY, "--yes")
    done = desk.run("queue", verb, *filters, *further)
    assert (done.code, known in done.err) == (code, True)
    assert set(states(desk).values()) == {"ready"}


def test_what_does_not_fit_is_skipped_and_told_with_the_reason(desk: Terminal) -> None:
    force(desk, 1, state="sending")
    force(desk, 2, state="accepted")
    done = desk.run("queue", "hold", "--platform", PLATFORM, *WHY, "--yes")
    assert done.code == 0
    assert "跳过 1 条：正在报送中" in done.out
    assert "跳过 1 条：已入库" in done.out
    assert "已处理 2 条报送件" in done.out
    again = desk.run("queue", "hold", "--platform", PLATFORM, *WHY, "--yes", "--json")
    assert again.json == {"done": 0, "skipped": {"accepted": 1, "held": 2, "sending": 1}}


def test_without_a_keyboard_and_without_yes_nothing_is_done(desk: Terminal) -> None:
    refused = desk.run("queue", "cancel", "--platform", PLATFORM, *WHY)
    assert refused.code == 2
    assert "--yes" in refused.err
    assert "4 条" in refused.err
    assert set(states(desk).values()) == {"ready"}


@pytest.mark.parametrize(("keys", "code", "after"), [("y\n", 0, "held"), ("n\n", 1, "ready")])
def test_a_person_sees_how_many_of_which_platform_and_state_and_decides(
    desk: Terminal, keys: str, code: int, after: str
) -> None:
    done = typed(desk, keys, "queue", "hold", "--platform", PLATFORM, *WHY)
    assert done.code == code
    (line,) = [line for line in done.out.splitlines() if PLATFORM in line]
    assert line.split() == [PLATFORM, "待报送", "4"]
    assert "挂起这 4 条？" in done.out
    assert set(states(desk).values()) == {after}


def test_a_program_that_reads_json_gets_nothing_else_when_a_person_is_asked(
    desk: Terminal,
) -> None:
    done = typed(desk, "y\n", "queue", "hold", "--platform", PLATFORM, *WHY, "--json")
    assert done.json == {"done": 4, "skipped": {}}
    assert "挂起这 4 条？" in done.err


@pytest.mark.parametrize("which", [("--platform", PLATFORM), (1, 2, 3, 4)])
def test_a_dry_run_shows_and_changes_nothing(desk: Terminal, which: tuple[object, ...]) -> None:
    force(desk, 1, state="accepted")
    before = desk.run("audit", "list", "--json").json
    told = desk.run("queue", "hold", *which, *WHY, "--dry-run", "--json").json
    assert told == {
        "dry_run": True,
        "would": 3,
        "groups": [{"platform": PLATFORM, "state": "ready", "submissions": 3}],
        "skipped": {"accepted": 1},
    }
    assert "将挂起 3 条" in desk.run("queue", "hold", *which, *WHY, "--dry-run").out
    assert desk.run("audit", "list", "--json").json == before


def test_a_limit_takes_so_many(desk: Terminal) -> None:
    done = desk.run("queue", "hold", "--state", "ready", "--limit", 3, *WHY, "--yes", "--json")
    assert done.json["done"] == 3
    assert list(states(desk).values()).count("ready") == 1


@pytest.mark.parametrize("verb", ["list", "hold"])
def test_numbers_and_filters_together_are_wrong_usage(desk: Terminal, verb: str) -> None:
    further = () if verb == "list" else WHY
    done = desk.run("queue", verb, 1, "--state", "ready", *further)
    assert done.code == 2
    assert "不能同时写" in done.err


@pytest.mark.parametrize("further", [(), ("--limit", 3), ("--yes",), ("--dry-run",)])
def test_a_verb_for_everything_is_wrong_usage(desk: Terminal, further: tuple[object, ...]) -> None:
    done = desk.run("queue", "cancel", *WHY, *further)
    assert done.code == 2
    assert "筛选条件" in done.err
    assert set(states(desk).values()) == {"ready"}


@pytest.mark.parametrize("limit", ["0", "-1", 10**30])
def test_a_limit_that_cannot_be_is_wrong_usage(desk: Terminal, limit: object) -> None:
    done = desk.run("queue", "list", "--limit", limit)
    assert done.code == 2
    assert "应为整数，1 至" in done.err


def test_a_due_day_that_is_no_date_is_wrong_usage(desk: Terminal) -> None:
    done = desk.run("queue", "list", "--due-before", "明天")
    assert done.code == 2
    assert "应为日期" in done.err


def test_a_bulk_run_is_one_entry_of_the_log_beside_one_per_submission(desk: Terminal) -> None:
    desk.run("queue", "hold", "--file", "九月.xlsx", *WHY, "--yes")
    (run,) = desk.run("audit", "list", "--action", "queue.bulk", "--json").json
    assert (run["reason"], run["details"]["filter"]) == ("专项整治", "file=九月.xlsx")
    assert len(desk.run("audit", "list", "--action", "submission.held", "--json").json) == 3
    assert "批量处置" in desk.run("audit", "list").out
    assert desk.run("audit", "verify", "--json").json["ok"]


@pytest.mark.parametrize("stop", [BusyError("数据库正忙，请稍后再试"), KeyboardInterrupt()])
def test_a_run_that_is_stopped_says_how_many_are_done_and_is_audited(
    desk: Terminal, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    monkeypatch.setattr(bulk, "PORTION", 1)
    usual, opened = Hub.acting, []

    @contextmanager
    def stopping(hub: Hub, reason: str) -> Iterator[tuple[Connection, Cause]]:
        opened.append(reason)
        if len(opened) == 3:
            raise stop
        with usual(hub, reason) as given:
            yield given

    monkeypatch.setattr(Hub, "acting", stopping)
    done = desk.run("queue", "hold", "--platform", PLATFORM, *WHY, "--yes", "--json")
    assert done.code == 1
    assert "原定 4 条，已处理 2 条" in done.err
    assert list(states(desk).values()).count("held") == 2
    (run,) = desk.run("audit", "list", "--action", "queue.bulk", "--json").json
    assert (run["details"]["done"], run["details"]["complete"]) == (2, False)


def test_nothing_that_fits_is_no_failure_and_leaves_no_entry(desk: Terminal) -> None:
    done = desk.run("queue", "retry", "--code", "9999", *WHY)
    assert (done.code, "没有符合条件的报送件" in done.out) == (0, True)
    assert desk.run("audit", "list", "--action", "queue.bulk", "--json").json == []


def test_many_doubts_are_resolved_with_one_evidence(desk: Terminal, tmp_path: Path) -> None:
    for number in (1, 2):
        force(desk, number, state="in_doubt")
    proof = tmp_path / "平台回复.pdf"
    proof.write_bytes(b"pdf")
    words = ("--as", "accepted", "--evidence", proof)
    done = desk.run("queue", "resolve", "--state", "in_doubt", *words, *WHY, "--yes", "--json")
    assert done.json == {"done": 2, "skipped": {}}
    (run,) = desk.run("audit", "list", "--action", "queue.bulk", "--json").json
    assert (run["details"]["as"], run["details"]["evidence"]) == ("accepted", "平台回复.pdf")


def test_the_list_shows_as_much_of_the_record_as_every_command_asks_for(desk: Terminal) -> None:
    row = desk.run("queue", "list", "--document", "云交许〔2026〕0002号", "--json").json[0]
    listed = desk.run("queue", "list").out
    assert row["record"][:8] in listed
    explained = desk.run("routes", "explain", row["record"][:8])
    assert (explained.code, row["record"] in explained.out) == (0, True)
