"""What was missing at a platform and is believed to be held there no more (不再算平台缺)."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import holding
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.differences.store import GONE, Sides, close, unseen
from xinqiao.reconcile.key_hash import hash_of_key

_MISSING = "missing_at_platform"


def close_found_again(worker: Worker, sides: Sides, window: tuple[date, date]) -> None:
    """Close what was missing where we ourselves no longer believe that it is there under its key.

    What still should be there stays open, also while something about it is under way: that a whole
    reading did not call it missing proves nothing then.
    """
    after = 0
    while True:
        with worker.database.writing() as connection:
            rows = unseen(connection, sides, [_MISSING], window, after)
            if not rows:
                return
            after = rows[-1].id
            believed = _believed(connection, worker, sides, [one.record_id for one in rows])
            over = [one.id for one in rows if believed.get(one.record_id) != one.key_hash]
            close(connection, over, GONE, worker.cause(connection))


def _believed(
    connection: Connection, worker: Worker, sides: Sides, record_ids: list[str]
) -> dict[str, str]:
    """Return record → hash of the key under which the platform is believed to hold it."""
    found: dict[str, str] = {}
    for chunk in in_chunks(record_ids):
        statement = sa.select(holding.c.record_id, holding.c.held_key).where(
            holding.c.record_id.in_(chunk),
            holding.c.platform == sides.platform,
            holding.c.held_version.is_not(None),
        )
        for record_id, key in connection.execute(statement):
            found[record_id] = hash_of_key(worker.keys, sides.platform, sides.kind, key or "")
    return found
