"""Signs of life: who works on the queue, since when, and how far off its clock is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.submission_queue.world import World
from tests.support import ON_POSTGRESQL, FrozenClock
from xinqiao.queue.worker import Worker
from xinqiao.queue.workers import LIVES, SignOfLife, sign, signs


def leave_sign(world: World, worker: Worker, *, leaves: bool = False) -> None:
    with world.database.writing() as connection:
        sign(connection, worker, leaves=leaves)


def known(world: World) -> list[SignOfLife]:
    with world.database.reading() as connection:
        return signs(connection, world.clock.now())


def test_a_worker_is_known_from_its_first_sign_and_by_its_last(world: World) -> None:
    start = world.clock.now()
    leave_sign(world, world.worker)
    world.clock.advance(30)
    leave_sign(world, world.worker)
    (one,) = known(world)
    assert (one.name, one.started_at, one.progress_at) == (
        "one",
        start,
        start + timedelta(seconds=30),
    )
    assert (one.clock_offset, one.stopped_at) == (0, None)


def test_without_a_sign_for_a_while_it_is_taken_for_dead(world: World) -> None:
    leave_sign(world, world.worker)
    world.clock.advance(LIVES.total_seconds() - 1)
    assert known(world)[0].alive(world.clock.now())
    world.clock.advance(1)
    assert not known(world)[0].alive(world.clock.now())


def test_one_that_left_in_order_is_dead_at_once_and_alive_again_when_it_signs(
    world: World,
) -> None:
    leave_sign(world, world.worker)
    leave_sign(world, world.worker, leaves=True)
    (one,) = known(world)
    assert one.stopped_at == world.clock.now()
    assert not one.alive(world.clock.now())


def test_the_latest_sign_comes_first_and_old_ones_are_not_shown(world: World) -> None:
    leave_sign(world, world.another_worker("old"))
    world.clock.advance(7 * 86_400)
    leave_sign(world, world.another_worker("first"))
    world.clock.advance(1)
    leave_sign(world, world.another_worker("second"))
    assert [one.name for one in known(world)] == ["second", "first"]


@ON_POSTGRESQL
@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_clock_that_differs_from_the_databases_is_noticed_and_not_believed(
    world: World, seconds: float
) -> None:
    wrong = FrozenClock(world.clock.now() + timedelta(seconds=seconds))
    leave_sign(world, replace(world.worker, clock=wrong))
    (one,) = known(world)
    assert (one.clock_offset, one.progress_at) == (seconds, world.clock.now())
