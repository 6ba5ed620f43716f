"""``publication``, ``repair``, ``objection``: what a person sees, right and wrong."""

from pathlib import Path

import pytest

from tests.commands.terminal import Terminal
from tests.e2e.test_penalties import FIRM
from tests.imports.books import write_book
from xinqiao.config.workspace import create_workspace
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade

NUMBER = "云交罚〔2026〕0001号"
SECOND = "云交罚〔2026〕0002号"
WHY = ("--reason", "科长同意")
ON = ("--document", "沂交通知〔2026〕3号")
TELEPHONE = "当事人电话13900000000"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal on a workspace with a site; one penalty may be shown, one waits for a look."""
    platforms = ["credit_shandong", "county_site"]
    workspace = create_workspace(tmp_path / "desk", rehearsal=True, platforms=platforms)
    made = Database(workspace.database_url)
    upgrade(made)
    made.close()
    terminal = Terminal(workspace, monkeypatch)
    waiting = FIRM | {"行政处罚决定文书号": SECOND, "违法事实": TELEPHONE}
    done = terminal.run("import", write_book(tmp_path / "处罚.xlsx", FIRM, waiting))
    assert (done.code, "publication allow" in done.out) == (0, True)
    return terminal


def test_the_list_shows_what_waits_and_until_when_and_asks_for_a_person(desk: Terminal) -> None:
    done = desk.run("publication", "list")
    assert done.code == 3
    assert "待查看" in done.out
    # what is in order until next year is not listed unless asked for
    assert NUMBER not in done.out
    assert "2027-11-03" in desk.run("publication", "list", "--all").out
    lines = {one["number"]: one for one in desk.run("publication", "list", "--all", "--json").json}
    assert (lines[NUMBER]["showing"], lines[SECOND]["showing"]) == ("to_be_shown", "waits")
    assert lines[NUMBER]["shown_until"] == "2027-11-03"
    only = desk.run("publication", "list", "--state", "to_be_shown", "--json")
    assert (only.code, [one["number"] for one in only.json]) == (0, [NUMBER])


def test_a_person_allows_what_waits(desk: Terminal) -> None:
    board = desk.run("status")
    assert "公开前须由人看过的：xinqiao publication list" in board.out
    assert "改好疑点表" not in board.out
    assert desk.run("status", "--json").json["platforms"]["county_site"]["to_look_at"] == 1
    done = desk.run("publication", "allow", SECOND, *WHY)
    assert (done.code, "可以公示" in done.out) == (0, True)
    assert desk.run("publication", "list").code == 0
    again = desk.run("publication", "allow", NUMBER, *WHY)
    assert (again.code, "没有等待查看" in again.err) == (1, True)


def test_forbidden_taken_down_and_put_up_again(desk: Terminal) -> None:
    done = desk.run("publication", "forbid", NUMBER, *WHY, "--json")
    assert (done.code, done.json["platforms"]) == (
        0,
        {"county_site": {"must_go": False, "shown_until": None, "still_down": None}},
    )
    twice = desk.run("publication", "take-down", NUMBER, *WHY, *ON)
    assert (twice.code, "不予公开" in twice.err) == (1, True)
    assert desk.run("publication", "restore", NUMBER, *WHY).code == 0
    assert desk.run("publication", "take-down", NUMBER, *WHY, *ON).code == 0
    (line,) = desk.run("publication", "list", "--state", "taken_down", "--json").json
    assert (line["why"], line["document"], line["reason"]) == ("person", ON[1], "科长同意")
    shown = desk.run("audit", "list").out
    assert "登记下架" in shown
    assert "恢复公示" in shown


def test_a_class_sets_the_period_and_the_minor_one_takes_down(desk: Terminal) -> None:
    words = ("publication", "classify", NUMBER, *WHY, *ON)
    done = desk.run(*words, "--severity", "一般")
    assert (done.code, "公示到 2027-11-03" in done.out) == (0, True)
    minor = desk.run(*words, "--severity", "轻微")
    assert minor.code == 0
    assert desk.run("publication", "list", "--state", "to_be_shown", "--json").json == []
    wrong = desk.run(*words, "--severity", "很重")
    assert (wrong.code, "轻微" in wrong.err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("publication", "take-down", NUMBER, *WHY),
        ("publication", "forbid", NUMBER),
        ("publication", "classify", NUMBER, *WHY, *ON),
        ("repair", NUMBER, *WHY, *ON),
        ("objection", "open", NUMBER, "--content", "有误"),
        ("objection", "close", "YY20261118-001", "--result", "异议不成立"),
    ],
)
def test_what_is_left_out_is_told(desk: Terminal, words: tuple[str, ...]) -> None:
    done = desk.run(*words)
    assert (done.code, "缺少" in done.err) == (2, True)


def test_a_repair_is_entered_and_reported_and_ends_what_is_shown(desk: Terminal) -> None:
    words = (
        "repair",
        NUMBER,
        *WHY,
        "--decided-on",
        "2026-11-19",
        "--document",
        "沂交修〔2026〕1号",
    )
    done = desk.run(*words)
    assert (done.code, "网站停止公示" in done.out) == (0, True)
    (line,) = desk.run("publication", "list", "--state", "taken_down", "--json").json
    assert (line["number"], line["why"]) == (NUMBER, "repaired")
    kinds = [one["kind"] for one in desk.run("queue", "list", "--json").json]
    assert "repair" in kinds
    again = desk.run(*words)
    assert (again.code, "已经登记过" in again.err) == (1, True)
    restored = desk.run("publication", "restore", NUMBER, *WHY)
    assert (restored.code, "已修复" in restored.err) == (1, True)


def test_a_withdrawn_repair_names_what_stays_down(desk: Terminal) -> None:
    granted = ("--decided-on", "2026-11-19", "--document", "沂交修〔2026〕1号")
    made = desk.run("repair", NUMBER, *WHY, *granted, "--json").json["record"]
    done = desk.run("withdraw", made, *WHY, "--decided-on", "2026-11-20", *ON)
    assert (done.code, "仍为下架" in done.out) == (3, True)
    (line,) = desk.run("publication", "list", "--state", "taken_down", "--json").json
    assert line["record"] in done.out
    listed = desk.run("publication", "list")
    assert (listed.code, "仍为下架" in listed.out) == (3, True)


def test_nothing_to_list_is_told_as_it_is(desk: Terminal) -> None:
    assert "没有这种公示的记录" in desk.run("publication", "list", "--state", "shown").out


def test_a_repair_that_comes_too_early_is_told(desk: Terminal) -> None:
    words = (
        "repair",
        NUMBER,
        *WHY,
        "--decided-on",
        "2026-11-19",
        "--document",
        "沂交修〔2026〕1号",
    )
    done = desk.run(*words, "--severity", "严重", "--json")
    assert done.code == 3
    assert [one["code"] for one in done.json["findings"]] == ["repaired_too_early"]


def test_an_objection_is_opened_shown_everywhere_and_closed(desk: Terminal) -> None:
    opened = desk.run(
        "objection",
        "open",
        NUMBER,
        "--content",
        "金额有误",
        "--received-on",
        "2026-11-18",
        "--json",
    )
    number = opened.json["number"]
    assert (opened.code, number) == (0, "YY20261118-001")
    assert number in desk.run("objection", "list").out
    assert number in desk.run("publication", "list").out
    (entry,) = desk.run("audit", "list", "--record", opened.json["record"], "--json").json[-1:]
    assert "金额有误" in str(entry)
    assert "待办 1" in desk.run("status").out
    assert desk.run("status", "--json").json["handling"]["open"] == 1
    (first, *_) = [
        one
        for one in desk.run("queue", "list", "--json").json
        if one["document_number"].startswith(NUMBER)
    ]
    shown = desk.run("queue", "show", first["id"])
    assert f"有异议在办理：{number}" in shown.out
    closed = desk.run(
        "objection",
        "close",
        number,
        *("--result", "异议不成立", "--decided-on", "2026-11-19", "--told-on", "2026-11-19"),
    )
    assert (closed.code, "已办结" in closed.out) == (0, True)
    assert desk.run("objection", "list").out.strip() == "没有未办结的异议。"
    (done,) = desk.run("objection", "list", "--all", "--json").json
    assert (done["handled"], done["due_on"]) == (True, "2026-11-23")


def test_an_objection_that_is_late_asks_for_a_person(desk: Terminal) -> None:
    desk.run("objection", "open", NUMBER, "--content", "有误", "--received-on", "2026-01-05")
    listed = desk.run("objection", "list")
    assert (listed.code, "已逾期" in listed.out) == (3, True)
    status = desk.run("status")
    assert (status.code, "已逾期 1" in status.out) == (3, True)


def test_no_command_prints_an_identity_number(desk: Terminal) -> None:
    number = "370323190711118764"
    desk.run("objection", "open", NUMBER, "--content", number, "--received-on", "2026-11-18")
    desk.run("publication", "forbid", NUMBER, "--reason", number)
    for words in (("objection", "list"), ("publication", "list", "--all"), ("audit", "list")):
        for form in ((), ("--json",)):
            assert number not in desk.run(*words, *form).out
