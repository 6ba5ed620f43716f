"""Receipts against submissions: what was sent and has had no answer for too long (待回执)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import batch, submission
from xinqiao.queue.platforms import Platform
from xinqiao.queue.states import State


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for an answer of one platform.

    Attributes:
        awaiting: Submissions that the platform took and has not decided.
        in_doubt: Submissions of which nobody knows whether it took them.
        overdue: Submissions whose receipt should have come by now; a person must ask.
    """

    awaiting: int
    in_doubt: int
    overdue: tuple[int, ...]


def waiting(connection: Connection, platform: Platform, now: datetime) -> Waiting:
    """Return what waits for an answer of ``platform``."""
    counted = (
        sa.select(submission.c.state, sa.func.count())
        .where(
            submission.c.platform == platform.id,
            submission.c.state.in_([State.AWAITING_RECEIPT.value, State.IN_DOUBT.value]),
        )
        .group_by(submission.c.state)
    )
    states = {row[0]: row[1] for row in connection.execute(counted)}
    overdue = (
        sa.select(submission.c.id)
        .join(batch, batch.c.id == submission.c.batch_id)
        .where(
            submission.c.platform == platform.id,
            sa.or_(
                sa.and_(
                    submission.c.state == State.AWAITING_RECEIPT.value,
                    batch.c.sent_at < now - timedelta(seconds=platform.expected_within),
                ),
                sa.and_(
                    submission.c.state == State.HELD.value,
                    submission.c.code == "receipt_overdue",
                ),
            ),
        )
        .order_by(submission.c.id)
    )
    return Waiting(
        states.get(State.AWAITING_RECEIPT.value, 0),
        states.get(State.IN_DOUBT.value, 0),
        tuple(connection.execute(overdue).scalars()),
    )
