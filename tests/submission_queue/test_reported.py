"""Duties are closed with the moment that counts, and with what tells it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.submission_queue.world import World, decided, reply, with_capabilities
from xinqiao.adapters.base import (
    BatchProgress,
    CountsFrom,
    Outcome,
    Reply,
    RowResult,
    SealedBatch,
)
from xinqiao.clock import start_of
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue.delivery import deliver
from xinqiao.queue.moments import MomentRule
from xinqiao.queue.operations import (
    Evidence,
    Proven,
    Resolution,
    proven_on,
    resolving,
)
from xinqiao.queue.platforms import Platform
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.states import State
from xinqiao.queue.story import story
from xinqiao.queue.verbs import carry_out
from xinqiao.reconcile.receipts import collect

EVIDENCE = Evidence("平台回函.pdf", "a" * 64)


def counting(world: World, counts_from: CountsFrom) -> Platform:
    world.moment = MomentRule(counts_from)
    return world.platform


def report(world: World, platform: Platform, told: datetime | None) -> None:
    """Send one permit, and have it accepted by a receipt an hour later."""
    world.add(1)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, platform)
    world.clock.advance(3600)
    rows = [RowResult(1, Outcome.ACCEPTED, "0000", at=told)]
    world.connector.reports = [decided(BatchProgress.COMPLETE, rows)]
    collect(world.worker, platform)
    assert world.states() == ["accepted"]


def closed(world: World) -> tuple[Any, Any]:
    (duty,) = world.duties()
    return duty.reported_at, duty.reported_by


def test_the_platforms_own_time_counts(world: World) -> None:
    told = world.clock.now() + timedelta(minutes=10)
    report(world, counting(world, CountsFrom.PLATFORM_TIME), told)
    assert closed(world) == (told, "platform_time")


def test_without_it_the_arrival_of_the_receipt_counts(world: World) -> None:
    report(world, counting(world, CountsFrom.PLATFORM_TIME), None)
    assert closed(world) == (world.clock.now(), "receipt")


def test_a_profile_may_count_from_the_receipt(world: World) -> None:
    told = world.clock.now() + timedelta(minutes=10)
    report(world, counting(world, CountsFrom.RECEIPT), told)
    assert closed(world) == (world.clock.now(), "receipt")


def test_a_profile_may_count_from_the_send(world: World) -> None:
    sent = world.clock.now()
    report(world, counting(world, CountsFrom.SENT), None)
    assert closed(world) == (sent, "sent")


@pytest.mark.parametrize("off", [timedelta(days=-2), timedelta(days=2)])
def test_a_time_that_cannot_be_is_told_and_does_not_count(world: World, off: timedelta) -> None:
    told = world.clock.now() + off
    report(world, world.platform, told)
    assert closed(world) == (world.clock.now(), "receipt")
    (sent,) = world.submissions()
    with world.database.reading() as connection:
        (duty,) = story(connection, sent.id, world.clock.now())["duties"]
    assert duty["time_not_believed"] == told.isoformat()


def test_a_time_after_an_earlier_send_of_the_same_row_is_believed(world: World) -> None:
    world.add(1)
    with_capabilities(world, poll=False, visible_after=0)
    world.connector.answers = [reply(Outcome.IN_DOUBT)]
    deliver(world.worker, world.platform)
    told = world.clock.now() + timedelta(minutes=1)
    # it does not show the record, and the row is sent again two days later
    world.clock.advance(2 * 86400)
    resolve_doubts(world.worker, world.platform)

    def taken_then(batch: SealedBatch) -> Reply:
        row = RowResult(batch.rows[0].number, Outcome.ACCEPTED, "0000", at=told)
        return reply(Outcome.ACCEPTED, row)

    world.connector.answers = [taken_then]
    deliver(world.worker, world.platform)
    assert closed(world) == (told, "platform_time")


def held(world: World) -> int:
    world.add(1)
    world.connector.answers = [reply(Outcome.IN_DOUBT)]
    deliver(world.worker, world.platform)
    world.clock.advance(5 * 86400)
    (one,) = world.submissions()
    return int(one.id)


def resolve(world: World, number: int, day: date | None, **rules: CountsFrom) -> None:
    proven = Proven(day, {name: MomentRule(one) for name, one in rules.items()})
    verb = resolving(Resolution.ACCEPTED, EVIDENCE, proven)
    with world.database.writing() as connection:
        carry_out(connection, verb, [number], world.cause("电话核实"))


def test_a_person_may_prove_the_day(world: World) -> None:
    number = held(world)
    resolve(world, number, date(2026, 11, 23), credit_shandong=CountsFrom.SENT)
    assert closed(world) == (start_of(date(2026, 11, 23)), "person")


def test_the_day_of_the_send_counts_from_the_send(world: World) -> None:
    sent = world.clock.now()
    resolve(world, held(world), date(2026, 11, 20))
    assert closed(world) == (sent, "person")


def test_without_a_day_what_a_person_found_counts_from_then_or_as_the_profile_says(
    world: World,
) -> None:
    sent = world.clock.now()
    number = held(world)
    resolve(world, number, None, credit_shandong=CountsFrom.SENT)
    assert closed(world) == (sent, "sent")


def test_a_day_before_the_send_is_refused(world: World) -> None:
    number = held(world)
    with pytest.raises(RefusedError, match="不可能已入库"):
        resolve(world, number, date(2026, 11, 19))
    assert world.duties()[0].closed_at is None


def test_a_day_that_is_not_over_is_refused() -> None:
    with pytest.raises(InputError, match="还没有到"):
        proven_on(date(2026, 11, 21), date(2026, 11, 20))


def test_who_settles_a_conflict_confirms_the_platforms_first_word(world: World) -> None:
    told = world.clock.now() + timedelta(minutes=10)
    report(world, world.platform, told)
    world.clock.advance(4000)
    rows = [RowResult(1, Outcome.REJECTED, "E1", "退回")]
    world.connector.reports = [decided(BatchProgress.COMPLETE, rows)]
    collect(world.worker, world.platform)
    if world.states() != [State.CONFLICT.value]:
        world.force(State.CONFLICT)
    world.clock.advance(86400)
    (one,) = world.submissions()
    with world.database.writing() as connection:
        carry_out(connection, resolving(Resolution.ABSENT, EVIDENCE), [one.id], world.cause("没有"))
    assert closed(world) == (None, None)
    world.force(State.CONFLICT, batch_id=one.batch_id, row_number=one.row_number)
    resolve(world, one.id, None)
    assert closed(world) == (told, "platform_time")
