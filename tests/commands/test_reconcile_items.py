"""``xinqiao reconcile items`` as a person types it, against a platform in a process of its own."""

from pathlib import Path

import pytest

from tests.commands import test_reconcile
from tests.commands.terminal import Terminal
from tests.commands.test_reconcile import Desk, number
from xinqiao.commands.reconcile_items import _ACTIONS, _WHATS
from xinqiao.reconcile.differences.catalogue import ACTIONS, kinds_of_difference

desk = test_reconcile.desk


def test_before_anything_was_reconciled_it_says_what_to_type(terminal: Terminal) -> None:
    said = terminal.run("reconcile", "items", "list")
    assert (said.code, said.err) == (0, "")
    assert "没有未办结的对账差异" in said.out
    assert "请先执行它" in said.out
    assert terminal.run("reconcile", "items", "list", "--json").json == []


def test_a_difference_is_listed_explained_and_acted_on(desk: Desk, tmp_path: Path) -> None:
    run = desk.terminal.run
    desk.simulator.plant("permit", number(1), fields=None)
    said = desk.reconcile()
    assert "逐条查看和处置用 xinqiao reconcile items list" in said.out
    listed = run("reconcile", "items", "list")
    assert listed.code == 3
    for word in (number(1), "平台缺", "重新报送"):
        assert word in listed.out
    (item,) = run("reconcile", "items", "list", "--what", "missing_at_platform", "--json").json
    shown = run("reconcile", "items", "show", item["id"])
    assert shown.code == 3
    assert f"xinqiao reconcile items act {item['id']} --action resend --reason" in shown.out
    proof = tmp_path / "答复.txt"
    proof.write_text("没有", "utf-8")
    words = ("reconcile", "items", "act", item["id"], "--action")
    wrong = run(*words, "correct", "--reason", "核对过")
    assert wrong.code == 1
    assert "不能更正平台" in wrong.err
    done = run(*words, "resend", "--reason", "平台确实没有", "--evidence", proof)
    assert (done.code, done.err) == (0, "")
    assert "执行 xinqiao sync 即报送" in done.out
    story = run("reconcile", "items", "show", item["id"], "--json").json
    assert (story["closed_by"], story["history"][-1]["reason"]) == ("resend", "平台确实没有")
    assert story["history"][-1]["evidence"][0]["file"] == "答复.txt"
    again = run(*words, "resend", "--reason", "再来")
    assert again.code == 1
    assert "已经办结" in again.err
    assert run("reconcile", "items", "list").code == 0
    (closed,) = run("reconcile", "items", "list", "--closed", "--json").json
    assert closed["id"] == item["id"]
    run("sync")
    states = run("status", "--json").json["platforms"]["credit_shandong"]["states"]
    assert states["ready"] == 0


def test_readings_without_dates_go_on_and_say_how_far_they_prove(desk: Desk) -> None:
    run = desk.terminal.run
    first = run("reconcile", "--platform", "credit_shandong", "--json").json
    permit = first["platforms"]["credit_shandong"]["ledgers"]["permit"]
    assert (permit["entries"], permit["complete"]) == (3, True)
    assert permit["checked_to"] >= (test_reconcile.TODAY - test_reconcile.DAY).isoformat()
    again = run("reconcile", "--platform", "credit_shandong")
    assert f"台账已核对至 {permit['checked_to']}，其间无缺口" in again.out
    second = run("reconcile", "--json").json["platforms"]["credit_shandong"]["ledgers"]["permit"]
    assert second["from"] > permit["from"]
    full = run("reconcile", "--full", "--json").json["platforms"]["credit_shandong"]["ledgers"]
    assert full["permit"]["from"] == permit["from"]
    assert run("reconcile", "--full", "--from", "2026-11-01").code == 2


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("show", "99"), 1, "没有编号为 99 的差异"),
        (("act", "99", "--action", "resend", "--reason", "试"), 1, "没有编号为 99 的差异"),
        (("act", "1", "--action", "resend"), 2, "--reason"),
        (("act", "1", "--action", "delete", "--reason", "试"), 2, "resend"),
        (("list", "--what", "nothing"), 2, "missing_at_platform"),
    ],
)
def test_what_cannot_be_done_is_refused_in_chinese(
    terminal: Terminal, words: tuple[str, ...], code: int, message: str
) -> None:
    said = terminal.run("reconcile", "items", *words)
    assert said.code == code
    assert message in said.err


def test_an_option_before_the_subcommand_is_refused(terminal: Terminal) -> None:
    said = terminal.run("reconcile", "--platform", "credit_shandong", "items", "list")
    assert said.code == 2
    assert "选项写在 items 之后" in said.err


def test_the_words_of_the_command_are_those_of_the_table() -> None:
    assert list(_WHATS) == kinds_of_difference()
    assert list(_ACTIONS) == list(ACTIONS)
