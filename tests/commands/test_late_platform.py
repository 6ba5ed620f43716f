"""Records that were there before the file of their platform: owed to it as soon as it is seen."""

from pathlib import Path

import pytest

from tests.commands.terminal import Terminal
from tests.imports.books import DOCUMENT, company, write_book

PLATFORM = "credit_shandong"


@pytest.fixture
def late(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A terminal whose workspace lacks the platform that its two permits are owed to."""
    folder = terminal.workspace.root / "platforms"
    (folder / f"{PLATFORM}.toml").rename(folder / "transport_credit.toml")
    shown = terminal.run("import", write_book(tmp_path / "许可.xlsx", company(1), company(2)))
    assert (shown.code, "没有平台接收 2 条" in shown.out) == (3, True)
    return terminal


def add_the_platform(late: Terminal, text: str | None = None) -> None:
    folder = late.workspace.root / "platforms"
    text = text or (folder / "transport_credit.toml").read_text("utf-8")
    (folder / f"{PLATFORM}.toml").write_text(text, "utf-8")


def submissions(late: Terminal) -> list[str]:
    return [row["platform"] for row in late.run("queue", "list", "--json").json]


def test_import_and_board_say_that_no_platform_takes_them(late: Terminal) -> None:
    board = late.run("status")
    assert (board.code, "没有平台接收 2 条" in board.out) == (3, True)
    assert late.run("status", "--json").json["unclaimed"] == 2
    assert submissions(late) == []


@pytest.mark.parametrize("words", [("sync",), ("status",), ("routes", "apply", "--reason", "接入")])
def test_whatever_sees_the_platform_first_plans_them(
    late: Terminal, words: tuple[str, ...]
) -> None:
    add_the_platform(late)
    late.run(*words)
    assert submissions(late) == [PLATFORM] * 2
    told = late.run("queue", "show", 1, "--json").json
    # the time limit runs from the decision, long before the platform was there
    assert [one["due_on"] < told["created_at"][:10] for one in told["duties"]] == [True]
    board = late.run("status", "--json").json
    assert (board["unclaimed"], board["platforms"][PLATFORM]["overdue"]) == (0, 2)


def test_they_are_planned_once(late: Terminal) -> None:
    add_the_platform(late)
    for _ in range(2):
        late.run("sync")
        late.run("routes", "apply", "--reason", "再来一次")
    assert submissions(late) == [PLATFORM] * 2
    assert len(late.run("queue", "show", 1, "--json").json["duties"]) == 1


def test_a_broken_file_is_a_platform_that_they_are_owed_to(late: Terminal) -> None:
    add_the_platform(late, "profile = 3\n")
    late.run("status")
    assert submissions(late) == [PLATFORM] * 2


def test_what_is_withdrawn_is_not_planned(late: Terminal) -> None:
    how = ("--document", "撤1号", "--decided-on", "2026-11-20", "--reason", "撤销", "--yes")
    withdrawn = late.run("withdraw", company(1)[DOCUMENT], *how)
    assert withdrawn.code == 0, withdrawn.err
    add_the_platform(late)
    late.run("sync")
    assert submissions(late) == [PLATFORM]
