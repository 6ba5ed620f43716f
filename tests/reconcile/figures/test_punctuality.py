"""Time limits: in time, late, overdue and open are told apart to the instant."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.submission_queue.world import PLATFORM, World
from xinqiao.database.tables import duty
from xinqiao.reconcile.figures.punctuality import Punctuality, punctuality

DECIDED = date(2026, 11, 17)
DUE_AT = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)
"""Seven working days after the decision, at midnight in Shanghai."""


def change(world: World, duty_id: int, **values: Any) -> None:
    with world.database.writing() as connection:
        connection.execute(sa.update(duty).where(duty.c.id == duty_id).values(**values))


def close(world: World, duty_id: int, reported_at: datetime) -> None:
    change(world, duty_id, closed_at=reported_at, closed_by="accepted", reported_at=reported_at)


def figures(
    world: World, now: datetime, start: date = DECIDED, end: date = DECIDED
) -> list[Punctuality]:
    with world.database.reading() as connection:
        return punctuality(connection, PLATFORM, start, end, now)


def one(world: World, now: datetime) -> Punctuality:
    (found,) = figures(world, now)
    return found


@pytest.fixture
def owing(world: World) -> World:
    """A world that owes one permit of the 17th."""
    world.add(1)
    assert [row.due_at for row in world.duties()] == [DUE_AT]
    return world


def test_a_duty_that_is_not_due_yet_is_open_and_in_no_rate(owing: World) -> None:
    found = one(owing, DUE_AT - timedelta(seconds=1))
    assert (found.open, found.overdue, found.due, found.rate) == (1, 0, 0, None)


def test_a_duty_is_overdue_from_the_midnight_on(owing: World) -> None:
    found = one(owing, DUE_AT)
    assert (found.open, found.overdue, found.due, found.rate) == (0, 1, 1, 0.0)


@pytest.mark.parametrize(
    ("seconds", "on_time", "late"), [(-1, 1, 0), (0, 0, 1), (1, 0, 1), (-86_400, 1, 0)]
)
def test_what_was_reported_is_on_time_until_the_midnight_and_late_from_then(
    owing: World, seconds: int, on_time: int, late: int
) -> None:
    close(owing, 1, DUE_AT + timedelta(seconds=seconds))
    found = one(owing, DUE_AT + timedelta(days=1))
    assert (found.on_time, found.late, found.overdue) == (on_time, late, 0)


def test_the_rate_is_what_came_in_time_among_all_that_was_due(world: World) -> None:
    world.add(1, 2, 3, 4, 5)
    for duty_id, days in ((1, -1), (2, -2), (3, 1)):
        close(world, duty_id, DUE_AT + timedelta(days=days))
    change(world, 5, closed_at=DUE_AT, closed_by="waived")
    plain = one(world, DUE_AT + timedelta(days=2)).plain()
    assert plain == {
        "kind": "permit",
        "on_time": 2,
        "late": 1,
        "overdue": 1,
        "open": 0,
        "waived": 1,
        "provisional": 0,
        "due": 4,
        "on_time_rate": 0.5,
    }


def test_an_internal_limit_is_in_no_figure(owing: World) -> None:
    change(owing, 1, legal=False)
    assert figures(owing, DUE_AT + timedelta(days=1)) == []


def test_only_duties_that_began_in_the_window_count(owing: World) -> None:
    day = timedelta(days=1)
    for start, end, count in (
        (DECIDED, DECIDED, 1),
        (DECIDED - day, DECIDED + day, 1),
        (DECIDED + day, DECIDED + day, 0),
        (DECIDED - day, DECIDED - day, 0),
    ):
        assert len(figures(owing, DUE_AT, start, end)) == count


def test_provisional_counts_only_what_may_still_move(world: World) -> None:
    world.add(1, 2)
    for duty_id in (1, 2):
        change(world, duty_id, provisional=True)
    close(world, 2, DUE_AT - timedelta(days=1))
    assert one(world, DUE_AT - timedelta(days=1)).provisional == 1


def test_another_platform_owes_for_itself(owing: World) -> None:
    change(owing, 1, platform="elsewhere")
    assert figures(owing, DUE_AT) == []
