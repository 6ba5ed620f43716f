"""Pausing and resuming platforms: one, several or all; twice is no harm."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.commands.terminal import Terminal
from xinqiao.database.engine import Database
from xinqiao.database.tables import platform_state

PLATFORM = "credit_shandong"
OTHER = "transport_credit"
WHY = ("--reason", "平台维护")


@pytest.fixture
def desk(terminal: Terminal) -> Terminal:
    """A terminal on a workspace with two platforms."""
    folder = terminal.workspace.root / "platforms"
    text = (folder / f"{PLATFORM}.toml").read_text("utf-8")
    (folder / f"{OTHER}.toml").write_text(text, "utf-8")
    return terminal


def paused(desk: Terminal) -> set[str]:
    board = desk.run("status", "--json").json["platforms"]
    return {name for name, one in board.items() if one["paused"]}


def entries(desk: Terminal) -> list[str]:
    return [
        one["action"] for one in desk.run("audit", "list", "--action", "platform.", "--json").json
    ]


def test_pausing_twice_is_said_kindly_and_noted_once(desk: Terminal) -> None:
    assert desk.run("platforms", "pause", PLATFORM, *WHY).code == 0
    again = desk.run("platforms", "pause", PLATFORM, "--reason", "再来")
    assert again.code == 0
    assert "本来就暂停着（平台维护）" in again.out
    assert entries(desk) == ["platform.paused"]


def test_resuming_what_is_not_paused_is_said_kindly_and_not_noted(desk: Terminal) -> None:
    done = desk.run("platforms", "resume", PLATFORM, *WHY)
    assert (done.code, "没有暂停，不用恢复" in done.out) == (0, True)
    assert entries(desk) == []


def test_resuming_frees_a_platform_that_rests_after_failures(desk: Terminal) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    database = Database(desk.workspace.database_url)
    with database.writing() as connection:
        values = {"platform": PLATFORM, "failures": 3, "next_call_at": later}
        connection.execute(sa.insert(platform_state).values(**values))
    database.close()
    assert "已恢复" in desk.run("platforms", "resume", PLATFORM, *WHY).out
    assert desk.run("status", "--json").json["platforms"][PLATFORM]["next_call_at"] is None
    assert entries(desk) == ["platform.resumed"]


@pytest.mark.parametrize("which", [(PLATFORM, OTHER), ("--all",), (OTHER, PLATFORM, OTHER)])
def test_several_are_paused_and_resumed_at_once(desk: Terminal, which: tuple[str, ...]) -> None:
    assert desk.run("platforms", "pause", *which, *WHY).code == 0
    assert paused(desk) == {PLATFORM, OTHER}
    assert desk.run("platforms", "resume", *which, *WHY).code == 0
    assert paused(desk) == set()
    assert len(entries(desk)) == 4


def test_a_wrong_name_among_several_pauses_none(desk: Terminal) -> None:
    done = desk.run("platforms", "pause", PLATFORM, "nowhere", *WHY)
    assert (done.code, "nowhere" in done.err) == (1, True)
    assert paused(desk) == set()


@pytest.mark.parametrize("which", [(), (PLATFORM, "--all")])
def test_neither_or_both_ways_to_name_them_are_wrong_usage(
    desk: Terminal, which: tuple[str, ...]
) -> None:
    assert desk.run("platforms", "pause", *which, *WHY).code == 2
    assert paused(desk) == set()
