"""Claiming work (领取): leases, fences, and taking back what dead workers held."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.chain import Detail
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import MOVING, attempt, batch, submission
from xinqiao.queue.batches import schedule_poll
from xinqiao.queue.holdings import replan
from xinqiao.queue.lease import FARTHEST_LEASE, Lease
from xinqiao.queue.platforms import Platform
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket, read_tickets, select_tickets, tickets_by_id
from xinqiao.queue.transitions import Cause, Move, advance

TAKEN = "taken"
"""Waits for: the platform took the row and has not said what became of it (取走, 未确认)."""

_RECOVERY_CHUNK = 500

FREE = {"lease_owner": None, "lease_until": None}
"""Columns of a submission that no worker holds."""

UNSENT = {"batch_id": None, "row_number": None, "request_started_at": None}
"""Columns of a submission that certainly did not leave."""


@dataclass(frozen=True, slots=True)
class DueBatch:
    """A batch whose receipts are to be asked for."""

    id: int
    sent_at: datetime


def claim(connection: Connection, platform: Platform, lease: Lease, cause: Cause) -> list[Ticket]:
    """Take what is to be sent next; from the commit on it belongs to this worker until its lease.

    The claim is counted as a death until the worker comes back from it, so that a submission that
    kills whoever touches it is found out, wherever it does so.

    Returns:
        The submissions, of one kind and operation, the most urgent first; empty when nothing is
        due.
    """
    tickets = _claimable(connection, platform, cause.at)
    moves = [
        Move(
            ticket.id,
            State.READY,
            State.SENDING,
            ticket.fence,
            values={
                "fence": ticket.fence + 1,
                "lease_owner": lease.worker,
                "lease_until": lease.until(cause.at),
                "deaths": ticket.deaths + 1,
                "waits_for": "",
            },
        )
        for ticket in tickets
    ]
    made = {move.submission_id for move in advance(connection, moves, cause)}
    return [
        replace(ticket, state=State.SENDING, fence=ticket.fence + 1, deaths=ticket.deaths + 1)
        for ticket in tickets
        if ticket.id in made
    ]


def recover_expired(connection: Connection, platform: Platform, lease: Lease, cause: Cause) -> int:
    """Take back what dead workers held; part of every claim, so it can never be forgotten.

    A submission whose request had begun is in doubt, never failed; one whose request had not is
    ready again, or held once too many workers died of it.

    Returns:
        How many submissions were taken back.
    """
    statement = (
        select_tickets()
        .where(
            MOVING,
            submission.c.platform == platform.id,
            submission.c.state == State.SENDING.value,
            sa.or_(
                submission.c.lease_until < cause.at,
                submission.c.lease_until > cause.at + FARTHEST_LEASE,
            ),
        )
        .order_by(submission.c.id)
        .limit(_RECOVERY_CHUNK)
        .with_for_update(skip_locked=True)
    )
    moves = [
        _recovered(ticket, platform, lease, cause) for ticket in read_tickets(connection, statement)
    ]
    made = advance(connection, moves, cause)
    _replan_ready(connection, made, cause)
    return len(made)


def _recovered(ticket: Ticket, platform: Platform, lease: Lease, cause: Cause) -> Move:
    after = State.READY
    values: dict[str, Any] = {**FREE, "next_attempt_at": cause.at}
    if ticket.request_started_at is not None:
        after = State.IN_DOUBT
        # nobody knows when it was sent, only that it was not after the lease: an absence counts
        # from there on
        ended = ticket.lease_until or cause.at
        values |= {"request_started_at": min(ended, cause.at)}
    elif ticket.deaths >= lease.deaths_before_hold:
        after = State.HELD
        values |= {"code": "deadly", "message": deadly(ticket.deaths)}
    else:
        values |= isolation(ticket, platform, lease)
    details: dict[str, Detail] = {"why": "lease_expired", "deaths": ticket.deaths}
    return Move(ticket.id, State.SENDING, after, ticket.fence, values=values, details=details)


def deadly(deaths: int) -> str:
    """Return what a person is told of a submission that workers died of."""
    return f"报送它的程序已意外中止 {deaths} 次，须人工查明原因后再放行"


def isolation(ticket: Ticket, platform: Platform, lease: Lease) -> dict[str, Any]:
    """Return the columns that make a submission at which a worker died travel in smaller company.

    The one that kills is so found before the others in its batch are held with it: with the last
    death that is allowed, each of them goes alone.
    """
    if ticket.deaths == 0:
        return {}
    alone = ticket.deaths >= lease.deaths_before_hold - 1
    smaller = 1 if alone else max(1, platform.rows_per_batch // 10)
    return {"batch_limit": min(smaller, ticket.batch_limit or smaller), "waits_for": "isolated"}


def _claimable(connection: Connection, platform: Platform, now: datetime) -> list[Ticket]:
    """Return the submissions to send next, locked: most urgent first, of one kind and operation.

    Kinds that the platform's profile has no form for are passed over. The kind, operation and batch
    limit of the most urgent one decide; others follow in a later batch.
    """
    due = (
        MOVING,
        submission.c.platform == platform.id,
        submission.c.state == State.READY.value,
        submission.c.next_attempt_at <= now,
        sa.true() if platform.kinds is None else submission.c.kind.in_(sorted(platform.kinds)),
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
        .limit(min(platform.rows_per_batch, head.batch_limit or platform.rows_per_batch))
        .with_for_update(skip_locked=True)
    )
    return read_tickets(connection, statement)


def give_back(connection: Connection, tickets: Sequence[Ticket], cause: Cause) -> None:
    """Return unsent submissions of a living worker; that counts neither as attempt nor death.

    The beginning of their request may be stored all the same: a commit may have counted although
    its answer was lost. It is taken back with the rest.
    """
    moves = [
        Move(
            ticket.id,
            State.SENDING,
            State.READY,
            ticket.fence,
            values={
                **FREE,
                **UNSENT,
                "attempts": ticket.attempts,
                "deaths": ticket.deaths - 1,
            },
            details={"why": "given_back"},
        )
        for ticket in tickets
    ]
    _replan_ready(connection, advance(connection, moves, cause), cause)


def _replan_ready(connection: Connection, made: Sequence[Move], cause: Cause) -> None:
    """Replace what was overtaken or withdrawn while a worker held it, and never left."""
    ready = [move.submission_id for move in made if move.after is State.READY]
    places = [(one.record_id, one.platform) for one in tickets_by_id(connection, ready).values()]
    replan(connection, places, cause)


def renew(connection: Connection, tickets: Sequence[Ticket], lease: Lease, now: datetime) -> bool:
    """Extend the lease on ``tickets``; return whether all of them still belong to this worker."""
    still = connection.execute(
        sa.update(submission)
        .where(
            submission.c.id == sa.bindparam("which"),
            submission.c.fence == sa.bindparam("its_fence"),
            submission.c.state == sa.bindparam("its_state"),
            submission.c.lease_owner == lease.worker,
        )
        .values(lease_until=lease.until(now)),
        [
            {"which": one.id, "its_fence": one.fence, "its_state": one.state.value}
            for one in tickets
        ],
    )
    return still.rowcount == len(tickets)


def claim_poll(
    connection: Connection, platform: str, due_by: datetime, again_at: datetime
) -> DueBatch | None:
    """Take one batch whose receipts were due by then; others leave it until ``again_at``."""
    row = connection.execute(
        sa.select(batch.c.id, batch.c.sent_at)
        .where(batch.c.platform == platform, batch.c.next_poll_at <= due_by)
        .order_by(batch.c.next_poll_at, batch.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    schedule_poll(connection, row.id, again_at)
    return DueBatch(row.id, row.sent_at)


def note_taken(connection: Connection, taken: Sequence[Ticket]) -> None:
    """Note of submissions that the platform took them without deciding; their state stays."""
    if not taken:
        return
    connection.execute(
        sa.update(submission)
        .where(
            submission.c.id == sa.bindparam("which"),
            submission.c.fence == sa.bindparam("its_fence"),
            submission.c.state == State.AWAITING_RECEIPT.value,
        )
        .values(waits_for=TAKEN),
        [{"which": one.id, "its_fence": one.fence} for one in taken],
    )


def claim_in_doubt(
    connection: Connection, platform: str, lease: Lease, now: datetime, due_by: datetime
) -> tuple[int, list[Ticket]] | None:
    """Take the submissions in doubt of one batch, under a lease; return (batch id, them).

    The first that is due takes the others of its batch along: they were sent together, and only
    together may they be sent again as they are.
    """
    doubtful = (
        MOVING,
        submission.c.platform == platform,
        submission.c.state == State.IN_DOUBT.value,
        sa.or_(
            submission.c.lease_until.is_(None),
            submission.c.lease_until < now,
            submission.c.lease_until > now + FARTHEST_LEASE,
        ),
    )
    batch_id = connection.execute(
        sa.select(submission.c.batch_id)
        .where(*doubtful, submission.c.next_attempt_at <= due_by)
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
    connection.execute(
        sa.update(submission)
        .where(
            submission.c.id == sa.bindparam("which"),
            submission.c.fence == sa.bindparam("its_fence"),
        )
        .values(
            fence=submission.c.fence + 1,
            lease_owner=lease.worker,
            lease_until=lease.until(now),
        ),
        [{"which": one.id, "its_fence": one.fence} for one in tickets],
    )
    return batch_id, [replace(one, fence=one.fence + 1) for one in tickets]


def sent_again(connection: Connection, tickets: Sequence[Ticket], now: datetime) -> set[int]:
    """Return those of ``tickets`` in doubt that are being sent again as they are at this moment.

    Nobody else may have them sent anew meanwhile, whatever is known of the first delivery.
    """
    held = [
        one
        for one in tickets
        if one.state is State.IN_DOUBT
        and one.lease_until is not None
        and now <= one.lease_until <= now + FARTHEST_LEASE
    ]
    found: set[int] = set()
    for chunk in in_chunks([one.id for one in held]):
        again = sa.exists().where(
            attempt.c.batch_id == submission.c.batch_id,
            attempt.c.purpose == "send",
            attempt.c.request_started_at > submission.c.request_started_at,
        )
        statement = sa.select(submission.c.id).where(
            submission.c.id.in_(chunk), again.correlate(submission)
        )
        found.update(connection.execute(statement).scalars())
    return found


def postpone(
    connection: Connection,
    waiting: Iterable[tuple[Ticket, datetime, int, str]],
) -> None:
    """Give up the lease on submissions in doubt and ask again later; their state stays.

    Args:
        connection: The transaction.
        waiting: (submission, when to ask again, unanswered questions so far, why it waits).
    """
    rows = [
        {
            "which": ticket.id,
            "its_fence": ticket.fence,
            "again_at": again_at,
            "asked": questions,
            "why": why,
        }
        for ticket, again_at, questions, why in waiting
    ]
    if not rows:
        return
    connection.execute(
        sa.update(submission)
        .where(
            submission.c.id == sa.bindparam("which"),
            submission.c.fence == sa.bindparam("its_fence"),
        )
        .values(
            next_attempt_at=sa.bindparam("again_at"),
            questions=sa.bindparam("asked"),
            waits_for=sa.bindparam("why"),
            **FREE,
        ),
        rows,
    )
