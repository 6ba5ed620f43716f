"""Receipts against submissions: what waits, and what has waited too long."""

import sqlalchemy as sa

from tests.submission_queue.world import World, reply
from xinqiao.adapters.base import Outcome
from xinqiao.database.tables import submission
from xinqiao.queue.delivery import deliver
from xinqiao.reconcile.receipts import collect
from xinqiao.reconcile.waiting import Waiting, waiting


def told(world: World) -> Waiting:
    with world.database.reading() as connection:
        return waiting(connection, world.platform, world.clock.now())


def sent(world: World, *numbers: int, outcome: Outcome = Outcome.RECEIVED) -> None:
    world.add(*numbers)
    world.connector.answers = [reply(outcome)]
    deliver(world.worker, world.platform)


def test_nothing_sent_waits_for_nothing(world: World) -> None:
    world.add(1)
    assert told(world) == Waiting(0, 0, ())


def test_what_has_no_receipt_yet_waits_and_is_not_overdue_before_its_time(world: World) -> None:
    sent(world, 1, 2)
    world.clock.advance(3600)
    assert told(world) == Waiting(2, 0, ())
    world.clock.advance(1)
    assert told(world) == Waiting(2, 0, (1, 2))


def test_what_a_person_was_asked_about_stays_overdue_until_it_is_resolved(world: World) -> None:
    sent(world, 1)
    world.clock.advance(3601)
    collect(world.worker, world.platform)
    assert world.states() == ["held"]
    assert told(world) == Waiting(0, 0, (1,))
    with world.database.writing() as connection:
        connection.execute(sa.update(submission).values(state="accepted"))
    assert told(world) == Waiting(0, 0, ())


def test_what_is_in_doubt_is_counted_by_itself(world: World) -> None:
    sent(world, 1, outcome=Outcome.IN_DOUBT)
    world.clock.advance(99_999)
    assert told(world) == Waiting(0, 1, ())
