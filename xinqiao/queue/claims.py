"""Claiming work (领取): leases, fences, and taking back what dead workers held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import batch, submission
from xinqiao.queue.batches import schedule_poll
from xinqiao.queue.lease import Lease
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket, read_tickets, select_tickets, tickets_by_id
from xinqiao.queue.transitions import Cause, Move, advance

_RECOVERY_CHUNK = 500


@dataclass(frozen=True, slots=True)
class DueBatch:
    """A batch whose receipts are to be asked for."""

    id: int
    sent_at: datetime


def recover_expired(connection: Connection, platform: str, lease: Lease, cause: Cause) -> int:
    """Take back what dead workers held; part of every claim, so it can never be forgotten.

    A submission whose request had begun is in doubt, never failed; one whose request had not is
    ready again, or held once too many workers died of it.

    Returns:
        How many submissions were taken back.
    """
    statement = (
        select_tickets()
        .where(
            submission.c.platform == platform,
            submission.c.state == State.SENDING.value,
            submission.c.lease_until < cause.at,
        )
        .order_by(submission.c.id)
        .limit(_RECOVERY_CHUNK)
        .with_for_update(skip_locked=True)
    )
    free = {"lease_owner": None, "lease_until": None, "next_attempt_at": cause.at}
    moves = []
    for ticket in read_tickets(connection, statement):
        after = State.READY
        if ticket.request_started_at is not None:
            after = State.IN_DOUBT
        elif ticket.deaths >= lease.deaths_before_hold:
            after = State.HELD
        moves.append(
            Move(
                ticket.id,
                State.SENDING,
                after,
                ticket.fence,
                values=free,
                details={"why": "lease_expired", "deaths": ticket.deaths},
            )
        )
    return len(advance(connection, moves, cause))


def claimable(connection: Connection, platform: str, limit: int, now: datetime) -> list[Ticket]:
    """Return the submissions to send next, locked: most urgent first, of one kind and operation.

    The kind, operation and batch limit of the most urgent one decide; others follow in a later
    batch.
    """
    due = (
        submission.c.platform == platform,
        submission.c.state == State.READY.value,
        submission.c.next_attempt_at <= now,
    )
    urgency = (submission.c.due_at, submission.c.id)
    first = read_tickets(connection, select_tickets().where(*due).order_by(*urgency).limit(1))
    if not first:
        return []
    head = first[0]
    same_limit = (
        submission.c.batch_limit.is_(None)
        if head.batch_limit is None
        else submission.c.batch_limit == head.batch_limit
    )
    statement = (
        select_tickets()
        .where(
            *due,
            submission.c.kind == head.kind,
            submission.c.operation == head.operation,
            same_limit,
        )
        .order_by(*urgency)
        .limit(min(limit, head.batch_limit or limit))
        .with_for_update(skip_locked=True)
    )
    return read_tickets(connection, statement)


def claim_poll(
    connection: Connection, platform: str, now: datetime, again_at: datetime
) -> DueBatch | None:
    """Take one batch whose receipts are due; others leave it alone until ``again_at``."""
    row = connection.execute(
        sa.select(batch.c.id, batch.c.sent_at)
        .where(batch.c.platform == platform, batch.c.next_poll_at <= now)
        .order_by(batch.c.next_poll_at, batch.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    schedule_poll(connection, row.id, again_at)
    return DueBatch(row.id, row.sent_at)


def claim_in_doubt(
    connection: Connection, platform: str, lease: Lease, now: datetime
) -> tuple[int, list[Ticket]] | None:
    """Take all due submissions in doubt of one batch, under a lease; return (batch id, them)."""
    doubtful = (
        submission.c.platform == platform,
        submission.c.state == State.IN_DOUBT.value,
        submission.c.next_attempt_at <= now,
        sa.or_(submission.c.lease_until.is_(None), submission.c.lease_until < now),
    )
    batch_id = connection.execute(
        sa.select(submission.c.batch_id)
        .where(*doubtful)
        .order_by(submission.c.due_at, submission.c.id)
        .limit(1)
    ).scalar_one_or_none()
    if batch_id is None:
        return None
    statement = (
        select_tickets()
        .where(*doubtful, submission.c.batch_id == batch_id)
        .order_by(submission.c.row_number)
        .with_for_update(skip_locked=True)
    )
    tickets = read_tickets(connection, statement)
    ids = [ticket.id for ticket in tickets]
    connection.execute(
        sa.update(submission)
        .where(submission.c.id.in_(ids))
        .values(
            fence=submission.c.fence + 1,
            lease_owner=lease.worker,
            lease_until=lease.until(now),
        )
    )
    return batch_id, list(tickets_by_id(connection, ids).values())


def postpone(
    connection: Connection, tickets: Sequence[Ticket], next_attempt_at: datetime, **values: Any
) -> None:
    """Give up the lease on ``tickets`` and try them again later; their state stays."""
    for ticket in tickets:
        connection.execute(
            sa.update(submission)
            .where(submission.c.id == ticket.id, submission.c.fence == ticket.fence)
            .values(next_attempt_at=next_attempt_at, lease_owner=None, lease_until=None, **values)
        )
