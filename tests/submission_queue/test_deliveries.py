"""Which deliveries are listed for a person to record what the platform answered."""

from tests.reconcile.receiving import receive
from tests.submission_queue.world import PLATFORM, World, reply
from xinqiao.adapters.base import BatchProgress, Outcome, RowResult
from xinqiao.queue.deliveries import waiting_deliveries
from xinqiao.queue.delivery import deliver

TAKEN = RowResult(2, Outcome.RECEIVED, "taken")


def listed(world: World, *asked: str) -> list[tuple[int, int]]:
    """Return (waiting rows, held rows) of each delivery that is listed."""
    with world.database.reading() as connection:
        return [(one.waiting, one.held) for one in waiting_deliveries(connection, asked)]


def send(world: World) -> None:
    world.add(1, 2, 3)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    world.clock.advance(10)


def test_rows_whose_receipts_are_asked_for_wait_for_no_person(world: World) -> None:
    send(world)
    assert listed(world, PLATFORM) == []


def test_rows_whose_receipts_nobody_asks_for_wait_for_a_person(world: World) -> None:
    send(world)
    assert listed(world) == [(3, 0)]


def test_rows_that_were_taken_without_a_word_wait_for_a_person_even_where_receipts_are_asked_for(
    world: World,
) -> None:
    send(world)
    receive(world, BatchProgress.PENDING, TAKEN)
    assert listed(world, PLATFORM) == [(1, 0)]
