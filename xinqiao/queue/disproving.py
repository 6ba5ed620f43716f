"""What a platform's ledger proves against what we believe it holds (凭台账更正持有).

A person decides each time; see :mod:`xinqiao.reconcile.differences.acting`. What follows is planned
like anything else: at most one submission is under way for a record at a platform.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import REMOVALS
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.audit.holdings import noted
from xinqiao.database.tables import holding, submission
from xinqiao.queue.beliefs import EVERY_VERSION
from xinqiao.queue.duties import reopen_reported
from xinqiao.queue.holdings import Holding, replan
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket, read_tickets, select_tickets
from xinqiao.queue.transitions import Cause, Move, advance

NOT_IN_LEDGER = "not_in_ledger"
"""Code of an acceptance that a ledger, read to its end, does not show."""

_MESSAGE = "台账读全，其中没有这一条：入库不成立"


def report_again(connection: Connection, row: Holding, cause: Cause) -> None:
    """Believe no more that a platform holds a record, and report it again.

    The acceptances that said so are given up, so that none of them is counted as a report any more;
    the duties that they had closed are open again.

    Args:
        connection: A write transaction.
        row: The holding; nothing about it is under way.
        cause: Who decided so, when and why.
    """
    for ticket in _accepted(connection, row):
        # one after the other: of one holding only one submission may be undecided
        doubted = Move(
            ticket.id,
            State.ACCEPTED,
            State.CONFLICT,
            ticket.fence,
            values={"code": NOT_IN_LEDGER, "message": _MESSAGE},
            details={"why": NOT_IN_LEDGER},
        )
        given_up = Move(
            ticket.id,
            State.CONFLICT,
            State.CANCELLED,
            ticket.fence,
            details={"why": NOT_IN_LEDGER},
        )
        advance(connection, [doubted], cause)
        advance(connection, [given_up], cause)
    # what was taken over as held is disproved too, and nothing falls back to it any more
    nothing = ("held_version", "held_key", "adopted_at", "adopted_version", "adopted_key")
    values = dict.fromkeys((*nothing, "taken_in_at"))
    _change(connection, row, "holding.disproved", cause, **values)
    versions = range(1, (row.held_version or 0) + 1)
    reopen_reported(connection, row.record_id, row.platform, versions, cause)
    _follow(connection, row, cause)


def send_over(connection: Connection, row: Holding, cause: Cause) -> None:
    """Send the version that should be held once more, over something else that is shown there.

    Args:
        connection: A write transaction.
        row: The holding; nothing about it is under way.
        cause: Who decided so, when and why.
    """
    _change(connection, row, "holding.differs", cause, differs=True)
    _follow(connection, row, cause)


def believe_shown(
    connection: Connection, row: Holding, key: str, reference: str, version: int, cause: Cause
) -> None:
    """Believe that a platform holds what we believed it did not, and have that put right.

    What should be there goes over it; what should not is asked to be removed once more, and what
    was closed by the removal that does not stand is owed again.

    Args:
        connection: A write transaction.
        row: The holding; nothing about it is under way.
        key: The platform's key of what is shown.
        reference: The platform's id of it.
        version: The version that was last sent under that key.
        cause: Who decided so, when and why.
    """
    _change(
        connection,
        row,
        "holding.shown",
        cause,
        held_version=version,
        held_key=key,
        reference=reference,
        differs=row.wanted_version is not None,
    )
    if row.wanted_version is None:
        after = range(version + 1, EVERY_VERSION)
        reopen_reported(connection, row.record_id, row.platform, after, cause)
    _follow(connection, row, cause)


def _accepted(connection: Connection, row: Holding) -> Sequence[Ticket]:
    statement = (
        select_tickets()
        .where(
            # by record, which has an index of its own; finished ones of a holding have none
            submission.c.record_id == row.record_id,
            submission.c.holding_id == row.id,
            submission.c.state == State.ACCEPTED.value,
            submission.c.operation.not_in(sorted(REMOVALS)),
        )
        .order_by(submission.c.id)
    )
    return read_tickets(connection, statement)


def _change(
    connection: Connection, row: Holding, action: str, cause: Cause, **values: object
) -> None:
    with noted(connection, [holding.c.id == row.id], cause):
        connection.execute(
            sa.update(holding).where(holding.c.id == row.id).values(updated_at=cause.at, **values)
        )
    entry = Entry(
        action,
        record_id=row.record_id,
        platform=row.platform,
        reason=cause.reason,
        details={"held_before": row.held_version, "wanted": row.wanted_version},
    )
    append(connection, [entry], actor=cause.actor, at=cause.at)


def _follow(connection: Connection, row: Holding, cause: Cause) -> None:
    place = (row.record_id, row.platform)
    replan(connection, [place], cause, decided=[place])
