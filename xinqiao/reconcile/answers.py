"""Keeping what a platform answered when it was asked for receipts (取回执的原始答复).

An answer is kept as it came, encrypted, when it says something new. A platform that says for days
that it has not decided yet is kept once.
"""

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Reply
from xinqiao.database.tables import attempt
from xinqiao.errors import DamageError, SettingsError
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue import batches
from xinqiao.queue.transitions import Cause
from xinqiao.queue.worker import Worker


def keep_answer(
    connection: Connection,
    worker: Worker,
    batch_id: int,
    reply: Reply,
    *,
    asked_at: datetime,
    cause: Cause,
    decided: bool,
) -> None:
    """Keep an answer about a batch as an attempt that is over, unless it repeats the last one.

    Args:
        connection: The transaction in which the answer is settled.
        worker: Who asked, with the keys.
        batch_id: Of the stored batch.
        reply: What the platform answered.
        asked_at: When the question began.
        cause: The worker, and the instant of the answer.
        decided: Whether it decided a row: then it is kept, even if it repeats the last one.
    """
    if decided or _is_news(connection, batch_id, reply, worker.keys):
        begun = replace(cause, at=asked_at)
        kept = batches.begin_attempt(connection, batch_id, "poll", worker.lease, begun)
        batches.finish_attempt(connection, kept, reply, worker.keys, cause.at)


def _is_news(connection: Connection, batch_id: int, reply: Reply, keys: KeyRing) -> bool:
    last = connection.execute(
        sa.select(
            attempt.c.id,
            attempt.c.outcome,
            attempt.c.code,
            attempt.c.evidence,
            attempt.c.key_id,
        )
        .where(attempt.c.batch_id == batch_id, attempt.c.purpose == "poll")
        .order_by(attempt.c.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return True
    if (last.outcome, last.code) != (reply.outcome.value, mask_identity_numbers(reply.code)):
        return True
    try:
        return batches.open_evidence(last, keys) != reply.raw
    except (DamageError, SettingsError):
        # nobody can tell what it was: kept anew, under the present key
        return True
