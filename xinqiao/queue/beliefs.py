"""Taking back what an acceptance had us believe, once it turns out not to stand (入库不成立)."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import REMOVALS, Operation
from xinqiao.audit.holdings import noted
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
    adopted = _adopted(connection, ticket)
    earlier = _accepted_before(connection, ticket, adopted)
    # what was taken over as held is held still, whatever became of what was sent since
    version, key = (None, None) if adopted is None else (adopted.version, adopted.key)
    stays = None
    if earlier:
        version = key = None
        last = earlier[-1]
        if last.operation not in REMOVALS:
            version, key = last.version, last.platform_key or ticket.platform_key
        elif last.operation == Operation.WITHDRAW:
            stays = last.platform_key
    with noted(connection, [holding.c.id == ticket.holding_id], cause):
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
    reported += [] if adopted is None else [adopted.version]
    up_to = EVERY_VERSION if is_removal(ticket) else ticket.version
    closed = range(max(reported, default=0) + 1, up_to + 1)
    reopen_reported(connection, ticket.record_id, ticket.platform, closed, cause)


def _adopted(connection: Connection, ticket: Ticket) -> Any:
    """Return when, as which version and under which key a holding was taken over as held."""
    return connection.execute(
        sa.select(
            holding.c.adopted_at.label("at"),
            holding.c.adopted_version.label("version"),
            holding.c.adopted_key.label("key"),
        ).where(holding.c.id == ticket.holding_id, holding.c.adopted_at.is_not(None))
    ).one_or_none()


def _accepted_before(connection: Connection, ticket: Ticket, adopted: Any) -> Sequence[Any]:
    """Return what else was accepted of a holding since it was taken over, oldest first."""
    since = () if adopted is None else (submission.c.created_at >= adopted.at,)
    statement = (
        sa.select(submission.c.operation, submission.c.version, submission.c.platform_key)
        .where(
            # by record, which has an index of its own; finished ones of a holding have none
            submission.c.record_id == ticket.record_id,
            submission.c.holding_id == ticket.holding_id,
            submission.c.state == State.ACCEPTED.value,
            *since,
        )
        .order_by(submission.c.id)
    )
    return connection.execute(statement).all()
