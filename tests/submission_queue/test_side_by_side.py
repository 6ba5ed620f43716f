"""Several workers at one queue at the same time: everything leaves, and leaves once."""

import threading
from collections import Counter
from dataclasses import replace

from tests.submission_queue.world import PATIENCE_SECONDS, World, accepted, together
from xinqiao.adapters.base import Reply, SealedBatch
from xinqiao.audit.verification.chain import verify
from xinqiao.queue.delivery import deliver
from xinqiao.queue.pace import Pace

PERMITS = 24
WORKERS = 4


def test_workers_side_by_side_send_everything_once(world: World) -> None:
    """Their first calls are under way at the same time: none waits for another's answer."""
    world.rows_per_batch = 2
    world.pace = Pace(parallel_calls=WORKERS)
    world.add(*range(1, PERMITS + 1))
    barrier = threading.Barrier(WORKERS)

    def answer_together(batch: SealedBatch) -> Reply:
        barrier.wait(PATIENCE_SECONDS)
        return accepted(batch)

    world.connector.answers = [*[answer_together] * WORKERS, *[accepted] * PERMITS]

    def work(name: str) -> None:
        with world.reopened() as own:
            deliver(replace(world.another_worker(name), database=own), world.platform)

    together(work, *(f"worker-{number}" for number in range(WORKERS)))
    sent = Counter(row.key for batch in world.connector.sent for row in batch.rows)
    assert len(sent) == PERMITS
    assert set(sent.values()) == {1}
    assert set(world.states()) == {"accepted"}
    assert all(row.closed_at is not None for row in world.duties())
    with world.database.reading() as connection:
        assert verify(connection).ok
