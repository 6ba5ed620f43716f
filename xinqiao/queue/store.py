"""Claiming work, sealing batches, and the attempts made with them: the queue's own SQL."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation, Reply, SealedBatch, SealedRow
from xinqiao.database.tables import attempt, batch, batch_row, submission
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket, read_tickets, select_tickets, tickets_by_id
from xinqiao.queue.transitions import Cause, Move, advance

_LONGEST_MESSAGE = 500
_RECOVERY_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Lease:
    """How a worker holds what it claims.

    Attributes:
        worker: Name of this very process, unique for ever.
        seconds: How long the claim lasts without word from the worker.
        deaths_before_hold: After this many claims that never came back a person decides.
    """

    worker: str
    seconds: float
    deaths_before_hold: int

    def until(self, now: datetime) -> datetime:
        """Return when a claim made now ends."""
        return now + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Sending:
    """A sealed batch on its way, as stored before the call.

    Attributes:
        batch_id: Of the stored batch.
        attempt_id: Of the attempt that was begun.
        batch: What is sent.
        tickets: Row number → submission, as claimed.
    """

    batch_id: int
    attempt_id: int
    batch: SealedBatch
    tickets: Mapping[int, Ticket]


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


def begin_sending(
    connection: Connection,
    tickets: Sequence[Ticket],
    rendered: Mapping[int, tuple[str, Mapping[str, str]]],
    edition: str,
    *,
    keys: KeyRing,
    lease: Lease,
    cause: Cause,
) -> Sending:
    """Seal a batch of ``tickets`` and record that its request begins.

    From the commit of this transaction on, a crash leaves the submissions in doubt.

    Args:
        connection: The write transaction in which ``tickets`` were read and locked.
        tickets: Submissions of one platform, kind and operation.
        rendered: Submission id → (platform's key, field code → text).
        edition: Edition of the format that rendered them.
        keys: Encrypt the sealed bytes.
        lease: How this worker holds them.
        cause: Who sends, and when.
    """
    head = tickets[0]
    sealed = SealedBatch(
        number=f"XQ{uuid.uuid4().hex}",
        platform=head.platform,
        kind=head.kind,
        operation=Operation(head.operation),
        edition=edition,
        rows=tuple(
            SealedRow(number, *rendered[ticket.id]) for number, ticket in enumerate(tickets, 1)
        ),
    )
    batch_id = _insert_batch(connection, sealed, tickets, keys, cause)
    attempt_id = begin_attempt(connection, batch_id, "send", lease, cause)
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
                "attempts": ticket.attempts + 1,
                "deaths": ticket.deaths + 1,
                "batch_id": batch_id,
                "row_number": number,
                "request_started_at": cause.at,
            },
            details={"batch": sealed.number, "row": number},
        )
        for number, ticket in enumerate(tickets, 1)
    ]
    advance(connection, moves, cause)
    claimed = {
        number: replace(
            ticket,
            state=State.SENDING,
            fence=ticket.fence + 1,
            attempts=ticket.attempts + 1,
            batch_id=batch_id,
            row_number=number,
            request_started_at=cause.at,
        )
        for number, ticket in enumerate(tickets, 1)
    }
    return Sending(batch_id, attempt_id, sealed, claimed)


def _insert_batch(
    connection: Connection,
    sealed: SealedBatch,
    tickets: Sequence[Ticket],
    keys: KeyRing,
    cause: Cause,
) -> int:
    plain = sealed.to_bytes()
    key_id, encrypted = keys.encrypt(plain, f"batch/{sealed.number}")
    statement = sa.insert(batch).returning(batch.c.id)
    batch_id: int = connection.execute(
        statement,
        {
            "number": sealed.number,
            "platform": sealed.platform,
            "kind": sealed.kind,
            "operation": sealed.operation.value,
            "edition": sealed.edition,
            "row_count": len(sealed.rows),
            "sealed": encrypted,
            "key_id": key_id,
            "sha256": hashlib.sha256(plain).hexdigest(),
            "sealed_at": cause.at,
            "sent_at": cause.at,
        },
    ).scalar_one()
    connection.execute(
        sa.insert(batch_row),
        [
            {"batch_id": batch_id, "row_number": number, "submission_id": ticket.id}
            for number, ticket in enumerate(tickets, 1)
        ],
    )
    return batch_id


def open_batch(connection: Connection, batch_id: int, keys: KeyRing) -> SealedBatch:
    """Return the batch exactly as it was sealed."""
    row = connection.execute(
        sa.select(batch.c.number, batch.c.sealed, batch.c.key_id).where(batch.c.id == batch_id)
    ).one()
    return SealedBatch.from_bytes(keys.decrypt(row.key_id, row.sealed, f"batch/{row.number}"))


def begin_attempt(
    connection: Connection, batch_id: int, purpose: str, lease: Lease, cause: Cause
) -> int:
    """Record that a call about a batch begins; ``purpose`` is send, query or poll."""
    attempt_id: int = connection.execute(
        sa.insert(attempt).returning(attempt.c.id),
        {
            "batch_id": batch_id,
            "purpose": purpose,
            "worker": lease.worker,
            "request_started_at": cause.at,
        },
    ).scalar_one()
    return attempt_id


def finish_attempt(
    connection: Connection, attempt_id: int, reply: Reply, keys: KeyRing, now: datetime
) -> None:
    """Record what a call came to, with the reply as encrypted evidence."""
    values: dict[str, Any] = {
        "finished_at": now,
        "outcome": reply.outcome.value,
        "code": reply.code,
        "message": mask_identity_numbers(reply.message)[:_LONGEST_MESSAGE],
    }
    if reply.raw:
        key_id, evidence = keys.encrypt(reply.raw, f"attempt/{attempt_id}")
        values |= {"evidence": evidence, "key_id": key_id}
    connection.execute(sa.update(attempt).where(attempt.c.id == attempt_id).values(values))


def schedule_poll(connection: Connection, batch_id: int, at: datetime | None) -> None:
    """Set when receipts of a batch are asked for next; None for never again."""
    connection.execute(sa.update(batch).where(batch.c.id == batch_id).values(next_poll_at=at))


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
