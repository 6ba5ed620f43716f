"""A platform whose receipts cannot be asked for: the time counts, and nobody is called for it."""

from datetime import timedelta

import pytest

from tests.submission_queue.world import World, reply, with_capabilities
from xinqiao.adapters.base import Outcome, ReceiptMode
from xinqiao.database.tables import batch, incident
from xinqiao.passes import make_pass
from xinqiao.queue.delivery import deliver
from xinqiao.queue.platforms import note_failure, pause
from xinqiao.queue.states import State
from xinqiao.reconcile.unanswered import hold_unanswered

MODES = {ReceiptMode.MANUAL: "confirm-delivery", ReceiptMode.NONE: "对账"}


def sent(world: World, *numbers: int, mode: ReceiptMode = ReceiptMode.MANUAL) -> None:
    with_capabilities(world, poll=False, query=False, receipts=mode)
    world.add(*numbers)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)


def look(world: World) -> None:
    hold_unanswered(world.worker, world.platform)


def test_before_the_time_is_over_nothing_is_held_and_the_next_look_is_at_its_end(
    world: World,
) -> None:
    sent(world, 1)
    world.clock.advance(3599)
    look(world)
    (one,) = world.rows(batch)
    assert world.states() == ["awaiting_receipt"]
    assert one.next_poll_at == one.sent_at + timedelta(hours=1)


@pytest.mark.parametrize("mode", MODES)
def test_after_the_time_it_waits_for_a_person_with_the_way_on(
    world: World, mode: ReceiptMode
) -> None:
    sent(world, 1, 2, mode=mode)
    world.clock.advance(3600)
    look(world)
    assert world.states() == ["held", "held"]
    (held, _) = world.submissions()
    assert held.code == "receipt_overdue"
    assert MODES[mode] in held.message
    assert world.rows(batch)[0].next_poll_at is None


def test_nobody_is_called_and_it_is_no_incident_of_the_platform(world: World) -> None:
    sent(world, 1)
    world.clock.advance(3600)
    make_pass(world.worker, world.platform)
    assert world.states() == ["held"]
    assert (world.connector.polled, world.connector.asked) == ([], [])
    assert world.rows(incident) == []


@pytest.mark.parametrize("hindrance", ["paused", "resting"])
def test_a_platform_that_may_not_be_called_keeps_nobody_waiting_longer(
    world: World, hindrance: str
) -> None:
    sent(world, 1)
    world.clock.advance(3600)
    with world.database.writing() as connection:
        if hindrance == "paused":
            pause(connection, world.platform.id, world.cause("停"))
        else:
            note_failure(connection, world.platform.id, 2, world.clock.now() + timedelta(hours=9))
    make_pass(world.worker, world.platform)
    assert world.states() == ["held"]


def test_many_deliveries_are_held_in_one_look(world: World) -> None:
    world.rows_per_batch = 1
    with_capabilities(world, poll=False, query=False, receipts=ReceiptMode.MANUAL)
    world.add(*range(1, 61))
    deliver(world.worker, world.platform)
    world.clock.advance(3600)
    look(world)
    assert set(world.states()) == {"held"}


def test_what_was_decided_meanwhile_stays_decided(world: World) -> None:
    sent(world, 1)
    world.force(State.ACCEPTED)
    world.clock.advance(3600)
    look(world)
    assert world.states() == ["accepted"]


def test_a_platform_that_can_be_asked_is_asked_first(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    world.clock.advance(7200)
    look(world)
    assert world.states() == ["awaiting_receipt"]
