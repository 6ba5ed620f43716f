"""Records that a platform refused and that nobody has corrected yet (被退回待更正)."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import UNFULFILLED, holding, submission
from xinqiao.queue.states import State


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last word of a platform about the version that it should hold.

    Attributes:
        record_id: Which record.
        platform: Which platform.
        kind: The record's kind.
        submission_id: The submission that was refused.
        operation: What was asked for.
        code: The platform's code.
        message: The platform's words, masked.
    """

    record_id: str
    platform: str
    kind: str
    submission_id: int
    operation: str
    code: str
    message: str


def open_refusals(connection: Connection, platform: str | None = None) -> list[Refusal]:
    """Return the refusals that still wait for a correction, oldest first."""
    statement = (
        sa.select(
            submission.c.record_id,
            submission.c.platform,
            submission.c.kind,
            submission.c.id,
            submission.c.operation,
            submission.c.code,
            submission.c.message,
        )
        .join(holding, holding.c.id == submission.c.holding_id)
        # few, whatever was reported before: what was refused is not held as it should be
        .where(UNFULFILLED, *_unanswered())
        .order_by(submission.c.id)
    )
    if platform is not None:
        statement = statement.where(holding.c.platform == platform)
    return [Refusal(*row) for row in connection.execute(statement)]


def count_open_refusals(connection: Connection, platform: str) -> int:
    """Return how many refusals of ``platform`` still wait for a correction.

    Asked for holding by holding: a join would leave PostgreSQL free to begin with the submissions,
    and it would read every one of them, finished ones too.
    """
    of_holding = (
        sa.select(sa.func.count())
        .select_from(submission)
        .where(submission.c.holding_id == holding.c.id, *_unanswered())
        .correlate(holding)
        .scalar_subquery()
    )
    together = sa.cast(sa.func.coalesce(sa.func.sum(of_holding), 0), sa.BigInteger)
    count: int = connection.execute(
        sa.select(together).where(UNFULFILLED, holding.c.platform == platform)
    ).scalar_one()
    return count


def _unanswered() -> list[sa.ColumnElement[bool]]:
    """Return what makes a submission of a holding a refusal that nothing followed."""
    later = submission.alias("later")
    answered = sa.exists().where(
        # asked for by record, which is indexed
        later.c.record_id == submission.c.record_id,
        later.c.holding_id == submission.c.holding_id,
        later.c.id > submission.c.id,
    )
    return [
        submission.c.record_id == holding.c.record_id,
        submission.c.state == State.REJECTED.value,
        ~answered,
        # a corrected version that has errors of its own waits as an invalid record instead
        sa.or_(
            submission.c.version == holding.c.wanted_version, holding.c.wanted_version.is_(None)
        ),
    ]
