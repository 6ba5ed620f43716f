"""What is wrong with a platform is opened once, counted while it lasts, and closed once."""

import threading

from tests.submission_queue.world import PATIENCE_SECONDS, PLATFORM, World, accepted, reply
from xinqiao.adapters.base import Outcome, Reply, SealedBatch
from xinqiao.audit.review import Filter, entries
from xinqiao.database.tables import incident, platform_state
from xinqiao.queue.delivery import deliver
from xinqiao.queue.incidents import Incident, IncidentKind, open_incidents
from xinqiao.queue.pace import Pace
from xinqiao.queue.platforms import resume
from xinqiao.queue.resting import FAILURES_BEFORE_INCIDENT

AN_HOUR_AND_A_QUARTER = 4600
"""Longer than the longest rest with its jitter."""


def fail(world: World, times: int, outcome: Outcome = Outcome.RETRYABLE, message: str = "") -> None:
    """Let so many deliveries fail, each after the rest that the one before brought about."""
    for _ in range(times):
        world.connector.answers = [reply(outcome, code="x", message=message)]
        deliver(world.worker, world.platform)
        world.clock.advance(AN_HOUR_AND_A_QUARTER)


def opened(world: World) -> list[Incident]:
    with world.database.reading() as connection:
        return open_incidents(connection, PLATFORM)


def told(world: World) -> list[str]:
    return [action for action in world.audited() if action.startswith("incident.")]


def test_a_few_failures_are_no_incident(world: World) -> None:
    world.add(1)
    fail(world, FAILURES_BEFORE_INCIDENT - 1)
    assert (opened(world), told(world)) == ([], [])


def test_an_outage_is_one_incident_however_long_it_lasts(world: World) -> None:
    world.add(1)
    fail(world, FAILURES_BEFORE_INCIDENT + 4, message="维护中")
    (one,) = opened(world)
    assert (one.kind, one.times, one.message) == (IncidentKind.UNUSABLE, 5, "维护中")
    assert one.last_at > one.opened_at
    assert told(world) == ["incident.opened"]


def test_a_success_closes_it_once_and_the_log_says_how_often_it_was_met(world: World) -> None:
    world.rows_per_batch = 1
    world.add(1, 2)
    fail(world, FAILURES_BEFORE_INCIDENT + 1)
    world.connector.answers = [accepted, accepted]
    deliver(world.worker, world.platform)
    assert opened(world) == []
    assert told(world) == ["incident.opened", "incident.closed"]
    (row,) = world.rows(incident)
    assert (row.times, row.closed_at) == (2, world.clock.now())


def test_the_next_outage_is_an_incident_of_its_own(world: World) -> None:
    world.rows_per_batch = 1
    world.add(1, 2, 3)
    fail(world, FAILURES_BEFORE_INCIDENT)
    world.connector.answers = [accepted, reply(Outcome.RETRYABLE)]
    deliver(world.worker, world.platform)
    world.clock.advance(AN_HOUR_AND_A_QUARTER)
    fail(world, FAILURES_BEFORE_INCIDENT)
    assert told(world) == ["incident.opened", "incident.closed", "incident.opened"]
    assert len(world.rows(incident)) == 2


def test_a_platform_that_asks_to_slow_down_is_no_incident(world: World) -> None:
    world.add(1)
    fail(world, FAILURES_BEFORE_INCIDENT + 3, Outcome.RATE_LIMITED)
    assert (opened(world), told(world)) == ([], [])


def test_refused_credentials_are_an_incident_until_a_person_resumes(world: World) -> None:
    world.add(1)
    fail(world, 1, Outcome.AUTH, "密钥错误")
    (one,) = opened(world)
    assert (one.kind, one.message) == (IncidentKind.CREDENTIALS, "密钥错误")
    deliver(world.worker, world.platform)
    assert len(world.connector.sent) == 1, "it is paused"
    assert len(opened(world)) == 1
    with world.database.writing() as connection:
        resume(connection, PLATFORM, world.cause("换了密钥"))
    assert opened(world) == []
    assert told(world) == ["incident.opened", "incident.closed"]
    with world.database.reading() as connection:
        (closed,) = entries(connection, Filter(action="incident.closed"), 9)
    assert (closed["actor"], closed["reason"]) == ("张科员", "换了密钥")


def test_an_identity_number_in_the_platforms_words_is_masked(world: World) -> None:
    world.add(1)
    fail(world, FAILURES_BEFORE_INCIDENT, message="370323190806133086 处理失败")
    (one,) = opened(world)
    assert "370323190806133086" not in one.message


def test_calls_that_fail_at_the_same_time_tell_of_one_outage(world: World) -> None:
    world.pace, world.lanes, world.rows_per_batch = Pace(parallel_calls=4), 4, 1
    world.add(1, 2, 3, 4)
    barrier = threading.Barrier(4)

    def refuse(_: SealedBatch) -> Reply:
        barrier.wait(PATIENCE_SECONDS)
        return reply(Outcome.RETRYABLE, code="connect_refused")

    world.connector.answers = [refuse] * 4
    deliver(world.worker, world.platform)
    (stands,) = world.rows(platform_state)
    assert stands.failures == 1
    assert opened(world) == []
    assert {row.next_attempt_at for row in world.submissions()} == {stands.next_call_at}
