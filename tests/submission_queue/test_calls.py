"""What a platform allows holds for all workers together, counted in the database."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.submission_queue.mishaps import most_at_once
from tests.submission_queue.world import (
    PLATFORM,
    World,
    accepted,
    reply,
    together,
)
from tests.support import ON_POSTGRESQL, FrozenClock
from xinqiao.adapters.base import Outcome, Reply
from xinqiao.clock import SHANGHAI
from xinqiao.database.tables import platform_call
from xinqiao.queue.calls import Admission, admission, begin_call, finish_call
from xinqiao.queue.delivery import deliver
from xinqiao.queue.pace import Hours, Pace, Rate
from xinqiao.queue.platforms import note_failure, pause, resume
from xinqiao.queue.resting import note_reply
from xinqiao.queue.states import State
from xinqiao.queue.worker import Worker
from xinqiao.routing.calendar import WorkingCalendar

FREE = Admission(allowed=True)
LEASE_IS_OVER = 61


def asked(world: World, worker: Worker | None = None, *, own: int = 0) -> Admission:
    one = worker or world.worker
    with world.database.writing() as connection:
        return admission(connection, world.platform, one.cause(connection).at, own=own)


def begun(world: World, worker: Worker | None = None) -> int:
    one = worker or world.worker
    with world.database.writing() as connection:
        return begin_call(connection, world.platform, one.lease, one.cause(connection).at)


def finished(world: World, number: int) -> None:
    with world.database.writing() as connection:
        finish_call(connection, number, world.worker.cause(connection).at)


def failed(world: World, failures: int, seconds: float) -> None:
    with world.database.writing() as connection:
        until = world.clock.now() + timedelta(seconds=seconds)
        note_failure(connection, PLATFORM, failures, until)


def test_calls_under_way_are_counted_whoever_makes_them(world: World) -> None:
    world.pace = Pace(parallel_calls=2)
    first = begun(world, world.another_worker("one"))
    assert asked(world, world.another_worker("two")) == FREE
    begun(world, world.another_worker("two"))
    for name in ("one", "two", "three"):
        assert asked(world, world.another_worker(name)).why == "crowded"
    finished(world, first)
    assert asked(world, world.another_worker("three")) == FREE


def test_the_call_of_a_worker_that_died_occupies_no_place_after_its_lease(world: World) -> None:
    begun(world, world.another_worker("dead"))
    world.clock.advance(59)
    assert asked(world).why == "crowded"
    world.clock.advance(2)
    assert asked(world) == FREE


def test_a_worker_that_died_in_its_call_keeps_nobody_from_delivering(world: World) -> None:
    begun(world, world.another_worker("dead"))
    world.add(1)
    deliver(world.worker, world.platform)
    assert world.connector.sent == []
    world.clock.advance(LEASE_IS_OVER)
    world.connector.answers = [accepted]
    assert deliver(world.worker, world.platform).reached == {State.ACCEPTED: 1}


def test_a_question_is_asked_in_the_place_of_the_call_that_it_belongs_to(world: World) -> None:
    begun(world)
    assert asked(world).why == "crowded"
    assert asked(world, own=1) == FREE


def test_a_second_call_of_somebody_else_is_not_mistaken_for_ones_own(world: World) -> None:
    begun(world)
    begun(world, world.another_worker("two"))
    assert asked(world, own=1).why == "crowded"


def test_another_platforms_calls_do_not_count(world: World) -> None:
    other = replace(world.platform, id="elsewhere")
    with world.database.writing() as connection:
        begin_call(connection, other, world.worker.lease, world.clock.now())
    assert asked(world) == FREE


def test_after_a_failure_one_call_alone_tries_whether_the_platform_is_back(world: World) -> None:
    world.pace = Pace(parallel_calls=4)
    failed(world, 1, 60)
    refused = asked(world)
    assert (refused.why, refused.not_before) == (
        "resting",
        world.clock.now() + timedelta(seconds=60),
    )
    world.clock.advance(60)
    assert asked(world) == FREE
    begun(world, world.another_worker("two"))
    assert asked(world).why == "crowded"


def test_one_call_after_a_failure_and_once_it_succeeded_all_the_others_in_the_same_turn(
    world: World,
) -> None:
    world.pace, world.lanes, world.rows_per_batch = Pace(parallel_calls=3), 3, 1
    world.add(*range(1, 8))
    world.connector.answers = [reply(Outcome.RETRYABLE, code="connect_refused")] * 3
    deliver(world.worker, world.platform)
    sent = len(world.connector.sent)
    world.clock.advance(200)
    with most_at_once(world) as seen:
        assert deliver(world.worker, world.platform).reached == {State.ACCEPTED: 7}
    assert len(world.connector.sent) == sent + 7
    assert (seen[0], max(seen)) == (1, 3)


def test_workers_that_share_the_places_all_go_on_until_nothing_is_due(world: World) -> None:
    """Whoever finds all places taken while it calls itself waits for its own to be free."""
    world.pace, world.lanes, world.rows_per_batch = Pace(parallel_calls=3), 3, 1
    world.add(*range(1, 25))

    def work(name: str) -> None:
        with world.reopened() as own:
            deliver(replace(world.another_worker(name), database=own), world.platform)

    with most_at_once(world) as seen:
        together(work, "one", "two")
    assert world.states() == ["accepted"] * 24
    assert max(seen) <= 3


@pytest.mark.parametrize("seconds", [1, 60, 3600])
def test_a_rate_is_counted_across_workers_and_says_when_to_come_back(
    world: World, seconds: int
) -> None:
    world.pace = Pace(parallel_calls=9, rates=[Rate(2, seconds)])
    start = world.clock.now()
    finished(world, begun(world, world.another_worker("one")))
    world.clock.advance(seconds / 4)
    finished(world, begun(world, world.another_worker("two")))
    refused = asked(world, world.another_worker("three"))
    assert (refused.why, refused.not_before) == ("rate", start + timedelta(seconds=seconds))
    world.clock.advance(seconds * 3 / 4)
    assert asked(world, world.another_worker("three")) == FREE
    begun(world, world.another_worker("three"))
    refused = asked(world, world.another_worker("one"))
    assert refused.not_before == start + timedelta(seconds=seconds * 5 / 4)


def test_of_several_rates_all_hold(world: World) -> None:
    world.pace = Pace(parallel_calls=9, rates=[Rate(1, 1), Rate(3, 60)])
    for _ in range(3):
        assert asked(world) == FREE
        begun(world)
        assert asked(world).why == "rate"
        world.clock.advance(1)
    refused = asked(world)
    assert (refused.why, refused.not_before) == ("rate", world.clock.now() + timedelta(seconds=57))


def test_nothing_is_sent_beyond_the_rate_and_the_rest_leaves_later(world: World) -> None:
    world.pace, world.rows_per_batch = Pace(rates=[Rate(2, 60)]), 1
    world.add(1, 2, 3)
    deliver(world.worker, world.platform)
    assert len(world.connector.sent) == 2
    assert world.states() == ["awaiting_receipt", "awaiting_receipt", "ready"]
    world.clock.advance(60)
    deliver(world.another_worker("two"), world.platform)
    assert len(world.connector.sent) == 3


@ON_POSTGRESQL
@pytest.mark.parametrize("hours_off", [-1, 1])
def test_a_worker_whose_machine_has_another_time_counts_by_the_databases_clock(
    world: World, hours_off: int
) -> None:
    world.pace = Pace(rates=[Rate(2, 60)])
    wrong = FrozenClock(world.clock.now() + timedelta(hours=hours_off))
    stranger = replace(world.another_worker("two"), clock=wrong)
    start = world.clock.now()
    number = begun(world, stranger)
    (row,) = world.rows(platform_call)
    assert (row.started_at, row.until) == (start, start + timedelta(seconds=60))
    assert asked(world, stranger).why == asked(world).why == "crowded"
    finished(world, number)
    begun(world)
    world.clock.advance(30)
    for worker in (stranger, world.worker):
        refused = asked(world, worker)
        assert refused.why == "crowded"
    world.clock.advance(31)
    assert asked(world, stranger) == asked(world) == FREE


FRIDAY_EVENING = datetime(2026, 11, 20, 18, 0, tzinfo=SHANGHAI)
OFFICE = Hours([(time(8, 30), time(12)), (time(13, 30), time(17, 30))], WorkingCalendar())


def test_outside_the_hours_nothing_is_sent_and_the_first_moment_inside_is_told(
    world: World,
) -> None:
    world.pace = Pace(hours=OFFICE)
    world.add(1)
    world.clock.advance((FRIDAY_EVENING - world.clock.now()).total_seconds())
    deliver(world.worker, world.platform)
    assert (world.states(), world.connector.sent) == (["ready"], [])
    refused = asked(world)
    monday = datetime.combine(date(2026, 11, 23), time(8, 30), SHANGHAI)
    assert (refused.why, refused.not_before) == ("closed", monday)
    world.clock.advance((monday - world.clock.now()).total_seconds() - 1)
    assert asked(world).why == "closed"
    world.clock.advance(1)
    deliver(world.worker, world.platform)
    assert len(world.connector.sent) == 1


def test_a_pause_comes_before_everything_else_that_stands_in_the_way(world: World) -> None:
    world.pace = Pace(hours=OFFICE, rates=[Rate(1, 3600)])
    begun(world)
    failed(world, 3, 3600)
    with world.database.writing() as connection:
        pause(connection, PLATFORM, world.cause("平台检修"))
    assert asked(world) == Admission(allowed=False, why="paused", reason="平台检修")
    with world.database.writing() as connection:
        resume(connection, PLATFORM, world.cause("检修完毕"))
    assert asked(world).why == "crowded", "failures and rest are forgotten with the pause"


def test_calls_that_no_limit_needs_any_more_are_forgotten(world: World) -> None:
    finished(world, begun(world))
    begun(world, world.another_worker("dead"))
    world.clock.advance(3600)
    begun(world)
    assert len(world.rows(platform_call)) == 3, "an hour's rate still counts them"
    world.clock.advance(1)
    begun(world)
    started = [row.started_at for row in world.rows(platform_call)]
    assert started == [world.clock.now() - timedelta(seconds=1), world.clock.now()]


def test_a_call_is_over_the_moment_that_its_answer_is_settled(world: World) -> None:
    world.add(1)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    (row,) = world.rows(platform_call)
    assert row.finished_at == world.clock.now().astimezone(UTC)
    assert row.worker == "one"


def test_a_fault_of_a_connector_leaves_the_place_of_its_call_free(world: World) -> None:
    world.add(1)
    world.connector.answers = [KeyError("a fault of the connector")]
    with pytest.raises(KeyError):
        deliver(world.worker, world.platform)
    with world.database.reading() as connection:
        assert admission(connection, world.platform, world.clock.now()).allowed


def test_a_wait_that_the_platform_asks_for_is_not_shortened_by_calls_beside_it(
    world: World,
) -> None:
    with world.database.writing() as connection:
        cause = world.worker.cause(connection)
        for reply in (
            Reply(Outcome.RETRYABLE, "busy"),
            Reply(Outcome.RATE_LIMITED, retry_after=3600.0),
            Reply(Outcome.ACCEPTED),
        ):
            note_reply(connection, PLATFORM, reply, world.worker.backoff, cause, sent=True)
        refused = admission(connection, world.platform, cause.at)
    assert refused.not_before == world.clock.now() + timedelta(seconds=3600)


def test_a_clock_that_ran_years_ahead_closes_the_platform_for_nobody(world: World) -> None:
    with world.database.writing() as connection:
        ahead = world.clock.now() + timedelta(days=3000)
        begin_call(connection, world.platform, world.worker.lease, ahead)
    with world.database.reading() as connection:
        assert admission(connection, world.platform, world.clock.now()).allowed
