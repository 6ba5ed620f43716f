"""A whole quarter in simulated time, over four platforms in processes of their own.

The story is in :mod:`tests.quarter.story`: late imports, rows that our checks or the province
refuse, corrections, withdrawals, penalties that a second person approves, calls that are cut off,
an outage of three days, a county site that is connected in the middle with what a clerk had typed
into it before, a ledger that breaks off, books that the platforms change behind our back, and a
calendar that comes too late. On some evenings everything is compared with
:mod:`tests.quarter.book`, which knows the story and nothing of the program.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.postgresql import Server
from tests.quarter import book, story
from tests.quarter.stage import Stage
from tests.quarter.wall import WallClock
from xinqiao.audit.verification.chain import verify
from xinqiao.clock import SHANGHAI
from xinqiao.reconcile.figures.definitions import figures
from xinqiao.reconcile.figures.limits import Reckoning
from xinqiao.reconcile.figures.selection import Selection
from xinqiao.reconcile.figures.service import Part
from xinqiao.routing.deadlines import Counting

EVENINGS = (
    date(2026, 10, 31),
    date(2026, 11, 18),  # in the middle of the outage
    date(2026, 11, 30),
    date(2026, 12, 2),  # a record is gone at the province
    date(2026, 12, 26),  # before the calendar of 2027 came
    date(2026, 12, 31),
    date(2027, 1, 15),  # everything is due
)
"""On which everything is compared."""

SEED = 1


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    wall = WallClock(tmp_path / "clock", datetime(2026, 10, 8, 7, tzinfo=SHANGHAI))
    wall.rule(monkeypatch)
    with ExitStack() as on:
        if request.param == "postgresql":
            server: Server = request.getfixturevalue("postgresql")
            url = on.enter_context(server.fresh())
            wall.followers.append(lambda now: server.set_clock(url, now))
            server.set_clock(url, wall.now())
            monkeypatch.setenv("XINQIAO_DATABASE_URL", url)
        yield Stage(tmp_path / "ws", story.make(SEED), wall, monkeypatch, on)


@pytest.mark.timeout(900)
def test_a_quarter_comes_out_as_the_book_keeper_says(stage: Stage) -> None:
    day = story.BEGINS
    while day <= EVENINGS[-1]:
        stage.day(day)
        if day in EVENINGS:
            compare(stage, day)
        day += timedelta(days=1)
    drill_down(stage)
    site = stage.platforms[book.SITE].received()
    assert site["identityNumbers"] == []
    with stage.hub.database.reading() as connection:
        assert verify(connection).ok


def compare(stage: Stage, day: date) -> None:
    """Compare everything that can be seen with the book-keeper's own account."""
    told = stage.story
    same(day, "figures", book.figures(told, day).items(), told_figures(stage).items())
    same(day, "duties", book.duties(told, day), stage.duties())
    same(day, "differences", book.differences(told, day), stage.open_differences())
    for name in stage.platforms:
        if stage.stands_still(name, day):
            continue  # nobody can ask it
        ours, theirs = book.histories(told, day, name), stage.histories(name)
        same(day, name, ours.items(), theirs.items())


def same(day: date, what: str, truth: Iterable[object], told: Iterable[object]) -> None:
    """Fail with what is told and untrue, and what is true and not told."""
    known, said = Counter(map(repr, truth)), Counter(map(repr, told))
    untold = [f"true: {one}" for one in sorted((known - said).elements())]
    untrue = [f"told: {one}" for one in sorted((said - known).elements())]
    assert untold + untrue == [], "\n".join([f"{what} on {day}", *untold, *untrue])


def told_figures(stage: Stage) -> book.Sums:
    """Return every figure as an operator gets it, in the shape of the book-keeper's."""
    found: book.Sums = {}
    for figure in stage.figures():
        for one in figure["numbers"]:
            key = (
                figure["figure"],
                one["platform"] or "",
                one["kind"],
                one["department"],
                one["month"] or "",
                one["counting"] or "",
                one["outages"] is not False,
            )
            assert key not in found
            found[key] = (one["numerator"], one["denominator"], one["provisional"])
    return found


def drill_down(stage: Stage) -> None:
    """Check that the records behind each number add up to it."""
    service, everything = stage.hub.figures(), Selection()
    for figure in figures().values():
        for number in service.numbers([figure], [], everything):
            reckoning = number.reckoning or Reckoning(Counting.EXCLUSIVE)
            for part in Part:
                with service.records(figure, part, everything, reckoning) as entries:
                    count = sum(one.count for one in entries)
                assert count == getattr(number.share, part.value), (figure.id, part, reckoning)
