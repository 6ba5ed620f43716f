"""Taking back what an acceptance had us believe, once it turns out not to stand (入库不成立)."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import REMOVALS, Operation
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import holding, submission
from xinqiao.queue.duties import reopen_reported
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.transitions import Cause

EVERY_VERSION = 2**31 - 1
"""Up to which version a removal fulfils what is owed."""

_ONCE_ACCEPTED = frozenset({State.CONFLICT, State.HELD})
"""States of a submission that may have been accepted before."""


def is_removal(ticket: Ticket) -> bool:
    """Tell whether a submission asks the platform to let go of a record, or to show it no more."""
    return ticket.operation in REMOVALS


def disbelieve(connection: Connection, tickets: Sequence[Ticket], cause: Cause) -> None:
    """Believe again what was believed before ``tickets`` were accepted, and owe what they closed.

    Those that never were accepted are left alone: of them nothing is believed.

    Args:
        connection: The write transaction in which they left their states.
        tickets: Submissions that the platform does not hold after all, as they had been read.
        cause: Who says so.
    """
    doubtful = [one for one in tickets if one.state in _ONCE_ACCEPTED]
    held = _held_versions(connection, doubtful)
    for ticket in doubtful:
        believed = None if is_removal(ticket) else ticket.version
        if held[ticket.holding_id] == believed:
            _take_back(connection, ticket, cause)


def _held_versions(connection: Connection, tickets: Sequence[Ticket]) -> dict[int, int | None]:
    held: dict[int, int | None] = {}
    for chunk in in_chunks([one.holding_id for one in tickets]):
        statement = sa.select(holding.c.id, holding.c.held_version).where(holding.c.id.in_(chunk))
        held.update((row[0], row[1]) for row in connection.execute(statement))
    return held


def _take_back(connection: Connection, ticket: Ticket, cause: Cause) -> None:
    earlier = _accepted_before(connection, ticket)
    version = key = stays = None
    if earlier:
        last = earlier[-1]
        if last.operation not in REMOVALS:
            version, key = last.version, last.platform_key or ticket.platform_key
        elif last.operation == Operation.WITHDRAW:
            stays = last.platform_key
    connection.execute(
        sa.update(holding)
        .where(holding.c.id == ticket.holding_id)
        .values(
            held_version=version,
            # what is shown no more is not marked: it is gone from the page
            held_key=key if stays is None else sa.case((holding.c.leaves_key, stays)),
            updated_at=cause.at,
        )
    )
    reported = [one.version for one in earlier if one.operation not in REMOVALS]
    up_to = EVERY_VERSION if is_removal(ticket) else ticket.version
    closed = range(max(reported, default=0) + 1, up_to + 1)
    reopen_reported(connection, ticket.record_id, ticket.platform, closed, cause)


def _accepted_before(connection: Connection, ticket: Ticket) -> Sequence[Any]:
    """Return what else was accepted of a holding, oldest first."""
    statement = (
        sa.select(submission.c.operation, submission.c.version, submission.c.platform_key)
        .where(
            # by record, which has an index of its own; finished ones of a holding have none
            submission.c.record_id == ticket.record_id,
            submission.c.holding_id == ticket.holding_id,
            submission.c.state == State.ACCEPTED.value,
        )
        .order_by(submission.c.id)
    )
    return connection.execute(statement).all()
