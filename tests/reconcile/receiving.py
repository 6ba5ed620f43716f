"""Sending to a platform that answers later, and letting its receipts come."""

from tests.submission_queue.world import World, decided, reply
from xinqiao.adapters.base import BatchProgress, Outcome, RowResult
from xinqiao.database.tables import batch
from xinqiao.queue.delivery import deliver
from xinqiao.reconcile.receipts import collect


def sent(world: World, *numbers: int) -> None:
    """Import permits and have the platform take them without deciding."""
    world.add(*numbers)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    world.clock.advance(10)


def receive(world: World, progress: BatchProgress, *rows: RowResult) -> None:
    """Let one poll bring ``rows``."""
    world.connector.reports = [decided(progress, rows)]
    collect(world.worker, world.platform)
    world.clock.advance(10)


def again(world: World) -> None:
    """Let the batch be asked about once more, as a later run would."""
    with world.database.writing() as connection:
        connection.execute(batch.update().values(next_poll_at=world.clock.now()))
