"""Batches and attempts (批次与尝试): sealed before the first send, with evidence after it."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation, Reply, SealedBatch, SealedRow
from xinqiao.database.tables import attempt, batch, batch_row
from xinqiao.errors import DamageError
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.lease import Lease
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.transitions import Cause, Move, advance

_LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Rendered:
    """One submission in the form of its platform.

    Attributes:
        asked_by: What the platform can be asked for the record by (文书号).
        key: Everything by which the platform knows the record.
        values: Field code → text.
    """

    asked_by: str
    key: str
    values: Mapping[str, str]


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


def begin_sending(
    connection: Connection,
    tickets: Sequence[Ticket],
    rendered: Mapping[int, Rendered],
    *,
    operation: Operation,
    edition: str,
    keys: KeyRing,
    lease: Lease,
    cause: Cause,
) -> Sending:
    """Seal a batch of ``tickets`` and record that its request begins.

    From the commit of this transaction on, a crash leaves the submissions in doubt.

    Args:
        connection: The write transaction in which ``tickets`` were read and locked.
        tickets: Submissions of one platform, kind and operation.
        rendered: Submission id → the row.
        operation: What is asked of the platform; a withdrawal may go out as an update.
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
        operation=operation,
        edition=edition,
        rows=tuple(
            SealedRow(number, rendered[ticket.id].asked_by, rendered[ticket.id].values)
            for number, ticket in enumerate(tickets, 1)
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
                "platform_key": rendered[ticket.id].key,
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
            platform_key=rendered[ticket.id].key,
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
    """Return the batch exactly as it was sealed.

    Raises:
        DamageError: Its bytes are gone: pruned, although somebody still needs them.
    """
    row = connection.execute(
        sa.select(batch.c.number, batch.c.sealed, batch.c.key_id).where(batch.c.id == batch_id)
    ).one()
    if row.sealed is None:
        raise DamageError(
            f"批次 {row.number} 的报文已清理，不能再据以核实；请到平台核实各条，"
            "再用 xinqiao queue resolve 登记结果",
            code="batch_pruned",
        )
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
        "code": mask_identity_numbers(reply.code),
        "message": mask_identity_numbers(reply.message)[:_LONGEST_MESSAGE],
    }
    if reply.raw:
        key_id, evidence = keys.encrypt(reply.raw, f"attempt/{attempt_id}")
        values |= {"evidence": evidence, "key_id": key_id}
    connection.execute(sa.update(attempt).where(attempt.c.id == attempt_id).values(values))


def schedule_poll(connection: Connection, batch_id: int, at: datetime | None) -> None:
    """Set when receipts of a batch are asked for next; None for never again."""
    connection.execute(sa.update(batch).where(batch.c.id == batch_id).values(next_poll_at=at))
