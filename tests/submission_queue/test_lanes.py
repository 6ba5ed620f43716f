"""Several calls at once from one process, as many as the platform allows, and not for ever."""

import threading

import pytest

from tests.submission_queue.mishaps import most_at_once
from tests.submission_queue.world import PATIENCE_SECONDS, Crash, World, accepted, reply
from tests.support import wait_until
from xinqiao.adapters.base import Outcome, Reply, SealedBatch
from xinqiao.database.tables import platform_state
from xinqiao.queue.delivery import deliver
from xinqiao.queue.pace import Pace
from xinqiao.queue.states import State


def spread(world: World, *, lanes: int, allowed: int, permits: int) -> None:
    world.lanes, world.pace, world.rows_per_batch = lanes, Pace(parallel_calls=allowed), 1
    world.add(*range(1, permits + 1))


def test_four_lanes_have_four_calls_under_way_at_the_same_time(world: World) -> None:
    spread(world, lanes=4, allowed=4, permits=8)
    barrier = threading.Barrier(4)

    def answer(batch: SealedBatch) -> Reply:
        barrier.wait(PATIENCE_SECONDS)
        return accepted(batch)

    world.connector.answers = [answer] * 8
    assert deliver(world.worker, world.platform).reached == {State.ACCEPTED: 8}


@pytest.mark.parametrize(("lanes", "allowed"), [(4, 2), (2, 4), (1, 4), (4, 1)])
def test_calls_at_once_are_never_more_than_lanes_nor_than_the_platform_allows(
    world: World, lanes: int, allowed: int
) -> None:
    spread(world, lanes=lanes, allowed=allowed, permits=10)
    with most_at_once(world) as seen:
        assert deliver(world.worker, world.platform).reached == {State.ACCEPTED: 10}
    assert max(seen) == min(lanes, allowed)


def test_a_turn_ends_when_its_time_is_over_and_says_that_more_may_be_due(world: World) -> None:
    spread(world, lanes=1, allowed=1, permits=5)

    def answer(batch: SealedBatch) -> Reply:
        world.clock.advance(10)
        return accepted(batch)

    world.connector.answers = [answer] * 5
    first = deliver(world.worker, world.platform, turn_seconds=20)
    assert (first.reached, first.unfinished) == ({State.ACCEPTED: 2}, True)
    second = deliver(world.worker, world.platform, turn_seconds=1000)
    assert (second.reached, second.unfinished) == ({State.ACCEPTED: 3}, False)


def test_trouble_in_one_lane_ends_the_turn_and_the_answers_of_the_others_count(
    world: World,
) -> None:
    spread(world, lanes=2, allowed=2, permits=6)
    barrier = threading.Barrier(2)

    def refuse(_: SealedBatch) -> Reply:
        barrier.wait(PATIENCE_SECONDS)
        return reply(Outcome.RETRYABLE, code="connect_refused")

    def failures() -> list[int]:
        return [row.failures for row in world.rows(platform_state)]

    def accept(batch: SealedBatch) -> Reply:
        barrier.wait(PATIENCE_SECONDS)
        wait_until(lambda: failures() == [1], lambda: f"{failures()} failures")
        return accepted(batch)

    world.connector.answers = [refuse, accept, *[accepted] * 4]
    done = deliver(world.worker, world.platform)
    assert done.reached == {State.READY: 1, State.ACCEPTED: 1}
    assert sorted(world.states()) == ["accepted", *["ready"] * 5]


def test_an_error_in_one_lane_loses_no_answer_of_another(world: World) -> None:
    spread(world, lanes=2, allowed=2, permits=2)
    barrier = threading.Barrier(2)

    def die(_: SealedBatch) -> Reply:
        barrier.wait(PATIENCE_SECONDS)
        raise Crash

    def accept(batch: SealedBatch) -> Reply:
        barrier.wait(PATIENCE_SECONDS)
        return accepted(batch)

    world.connector.answers = [die, accept]
    with pytest.raises(Crash):
        deliver(world.worker, world.platform)
    assert sorted(world.states()) == ["accepted", "sending"]


def test_nothing_more_is_claimed_once_the_process_is_to_end(world: World) -> None:
    spread(world, lanes=1, allowed=1, permits=3)
    worker = world.worker

    def answer(batch: SealedBatch) -> Reply:
        worker.stopping.set()
        return accepted(batch)

    world.connector.answers = [answer] * 3
    done = deliver(worker, world.platform)
    assert (done.reached, done.unfinished) == ({State.ACCEPTED: 1}, False)
    assert world.states() == ["accepted", "ready", "ready"]
