"""What platforms said of first reports (首次报送的结论): one row per holding, made by the database.

A refusal is one of the row itself: of a delivery that is refused whole without naming a row, the
rows are sent again in smaller ones, and none of them was refused. So it is when nothing arrived.
"""

from typing import Any

import sqlalchemy as sa

from xinqiao.adapters.base import Operation, Outcome
from xinqiao.database.tables import receipt, submission
from xinqiao.queue.states import State

_DECIDED = (Outcome.ACCEPTED.value, Outcome.REJECTED.value)

_LEFT = (
    State.AWAITING_RECEIPT.value,
    State.IN_DOUBT.value,
    State.CONFLICT.value,
    State.ACCEPTED.value,
    State.REJECTED.value,
)
"""States of what may have reached the platform."""


def _coded(number: sa.ColumnElement[Any], refused: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """Return a number whose least says what came first, and whether that was a refusal.

    The smallest of ``2 × number + refused`` belongs to the smallest number, and is odd for a
    refusal: one aggregate instead of a search for the first row of every group.
    """
    return number * 2 + sa.case((refused, 1), else_=0)


def _said() -> sa.Subquery:
    """Return, for each submission with receipts of its row, the first verdict and any repeat."""
    verdict = receipt.c.verdict
    first = sa.case(
        (verdict.in_(_DECIDED), _coded(receipt.c.id, verdict == Outcome.REJECTED.value))
    )
    return (
        sa.select(
            receipt.c.submission_id,
            sa.func.min(first).label("first"),
            sa.func.max(sa.case((verdict == Outcome.DUPLICATE.value, 1), else_=0)).label(
                "repeated"
            ),
        )
        .group_by(receipt.c.submission_id)
        .subquery("said")
    )


def submitted() -> sa.Subquery:
    """Return, for each holding that had an insert: ``first``, ``stored``, ``sent``, ``repeated``.

    ``first`` is null while nothing was decided, 0 for an acceptance and 1 for a refusal, of the
    first insert that the platform decided; the others are 0 or 1. Where a platform decided without
    naming the row, such as by accepting a whole delivery, the state of the submission tells. What
    a platform called a duplicate and turned out to be what we had sent is accepted, not repeated.
    """
    said = _said()
    state = submission.c.state
    first = sa.case(
        (said.c.first.is_not(None), _coded(submission.c.id, said.c.first % 2 == 1)),
        (state.in_(_DECIDED), _coded(submission.c.id, state == State.REJECTED.value)),
    )
    repeated = sa.and_(said.c.repeated == 1, state != State.ACCEPTED.value)
    left = sa.or_(submission.c.request_started_at.is_not(None), state.in_(_LEFT))
    return (
        sa.select(
            submission.c.holding_id,
            (sa.func.min(first) % 2).label("first"),
            sa.func.max(sa.case((state == State.ACCEPTED.value, 1), else_=0)).label("stored"),
            sa.func.max(sa.case((left, 1), else_=0)).label("sent"),
            sa.func.max(sa.case((repeated, 1), else_=0)).label("repeated"),
        )
        .join(said, said.c.submission_id == submission.c.id, isouter=True)
        .where(submission.c.operation == Operation.INSERT.value)
        .group_by(submission.c.holding_id)
        .subquery("submitted")
    )
