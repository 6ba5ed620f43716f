"""Batches and attempts (批次与尝试): sealed before the first send, with evidence after it."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation, Outcome, Reply, SealedBatch, SealedRow, SentBatch
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.tables import OPEN, attempt, batch, batch_row, submission
from xinqiao.errors import DamageError
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.lease import Lease
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.transitions import Cause

_LONGEST_MESSAGE = 500

_NOT_DELIVERED = (Outcome.RETRYABLE.value, Outcome.RATE_LIMITED.value, Outcome.AUTH.value)
"""Outcomes of a send that certainly brought nothing to the platform."""


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
class Sealed:
    """A batch as it will be sent, and how it is stored.

    Attributes:
        batch: What is sent.
        platform_keys: Row number → everything by which the platform knows the record.
        sha256: Over the canonical bytes (64 hex digits).
        key_id: Key under which they are encrypted.
        encrypted: The bytes as they are stored.
        way_digest: Of what decides where it goes and is looked for.
    """

    batch: SealedBatch
    platform_keys: Mapping[int, str]
    sha256: str
    key_id: str
    encrypted: bytes
    way_digest: str


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


class LostClaimError(Exception):
    """Submissions that this worker had claimed belong to another one now."""


def seal(
    tickets: Sequence[Ticket],
    rendered: Mapping[int, Rendered],
    *,
    operation: Operation,
    edition: str,
    sealed_at: datetime,
    keys: KeyRing,
    way_digest: str,
) -> Sealed:
    """Return ``tickets`` as one batch that never changes again; touches no database.

    Args:
        tickets: Submissions of one platform, kind and operation.
        rendered: Submission id → the row.
        operation: What is asked of the platform; a withdrawal may go out as an update.
        edition: Edition of the format that rendered them.
        sealed_at: The present instant.
        keys: Encrypt the sealed bytes.
        way_digest: As the platform has it now.
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
        sealed_at=sealed_at,
    )
    plain = sealed.to_bytes()
    key_id, encrypted = keys.encrypt(plain, f"batch/{sealed.number}")
    platform_keys = {number: rendered[one.id].key for number, one in enumerate(tickets, 1)}
    sha256 = hashlib.sha256(plain).hexdigest()
    return Sealed(sealed, platform_keys, sha256, key_id, encrypted, way_digest)


def begin_sending(
    connection: Connection,
    tickets: Sequence[Ticket],
    sealed: Sealed,
    *,
    lease: Lease,
    cause: Cause,
) -> Sending:
    """Store a sealed batch and record that its request begins.

    From the commit of this transaction on, a crash leaves the submissions in doubt.

    Args:
        connection: A write transaction.
        tickets: The claimed submissions, in the order of the batch's rows.
        sealed: The batch.
        lease: How this worker holds them; begins anew.
        cause: Who sends, and when.

    Raises:
        LostClaimError: Not all of them belong to this worker any more; nothing may be sent.
    """
    batch_id = _insert_batch(connection, sealed, tickets, cause)
    begun = connection.execute(
        sa.update(submission)
        .where(
            submission.c.id == sa.bindparam("which"),
            submission.c.fence == sa.bindparam("its_fence"),
            submission.c.state == State.SENDING.value,
        )
        .values(
            lease_until=lease.until(cause.at),
            attempts=submission.c.attempts + 1,
            batch_id=batch_id,
            row_number=sa.bindparam("its_row"),
            platform_key=sa.bindparam("its_key"),
            request_started_at=cause.at,
        ),
        [
            {
                "which": ticket.id,
                "its_fence": ticket.fence,
                "its_row": number,
                "its_key": sealed.platform_keys[number],
            }
            for number, ticket in enumerate(tickets, 1)
        ],
    )
    if begun.rowcount < len(tickets):
        raise LostClaimError
    attempt_id = begin_attempt(connection, batch_id, "send", lease, cause)
    entry = Entry(
        "batch.sealed",
        platform=sealed.batch.platform,
        details={
            "batch": sealed.batch.number,
            "sha256": sealed.sha256,
            "rows": len(tickets),
            "submissions": " ".join(str(ticket.id) for ticket in tickets),
        },
    )
    append(connection, [entry], actor=cause.actor, at=cause.at)
    claimed = {
        number: replace(
            ticket,
            attempts=ticket.attempts + 1,
            batch_id=batch_id,
            row_number=number,
            platform_key=sealed.platform_keys[number],
            request_started_at=cause.at,
        )
        for number, ticket in enumerate(tickets, 1)
    }
    return Sending(batch_id, attempt_id, sealed.batch, claimed)


def _insert_batch(
    connection: Connection, sealed: Sealed, tickets: Sequence[Ticket], cause: Cause
) -> int:
    statement = sa.insert(batch).returning(batch.c.id)
    batch_id: int = connection.execute(
        statement,
        {
            "number": sealed.batch.number,
            "platform": sealed.batch.platform,
            "kind": sealed.batch.kind,
            "operation": sealed.batch.operation.value,
            "edition": sealed.batch.edition,
            "row_count": len(sealed.batch.rows),
            "sealed": sealed.encrypted,
            "key_id": sealed.key_id,
            "sha256": sealed.sha256,
            "sealed_at": cause.at,
            "sent_at": cause.at,
            "way_digest": sealed.way_digest,
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


def open_batch(connection: Connection, batch_id: int, keys: KeyRing) -> SentBatch:
    """Return the batch exactly as it was sealed, with what is known of its delivery.

    Raises:
        DamageError: Its bytes are gone: pruned, although somebody still needs them.
    """
    departed = (
        sa.select(
            sa.func.max(
                sa.func.coalesce(
                    attempt.c.finished_at, attempt.c.until, attempt.c.request_started_at
                )
            )
        )
        .where(
            attempt.c.batch_id == batch_id,
            attempt.c.purpose == "send",
            sa.or_(attempt.c.outcome.is_(None), attempt.c.outcome.not_in(_NOT_DELIVERED)),
        )
        .scalar_subquery()
    )
    row = connection.execute(
        sa.select(
            batch.c.number,
            batch.c.sealed,
            batch.c.key_id,
            batch.c.serial,
            batch.c.sent_at,
            departed.label("departed_at"),
        ).where(batch.c.id == batch_id)
    ).one()
    if row.sealed is None:
        raise DamageError(
            f"批次 {row.number} 的报文已清理，不能再据以核实；请到平台核实各条，"
            "再用 xinqiao queue resolve 登记结果",
            code="batch_pruned",
        )
    sealed = keys.decrypt(row.key_id, row.sealed, f"batch/{row.number}")
    before = _delivered_before(connection, batch_id)
    batch_as_sealed = SealedBatch.from_bytes(sealed)
    return SentBatch(batch_as_sealed, row.serial, row.departed_at, row.sent_at, before)


def _delivered_before(connection: Connection, batch_id: int) -> frozenset[int]:
    """Return the rows whose record or key an earlier submission brought to the platform.

    One that was refused left nothing there.
    """
    earlier = submission.alias("earlier")
    # one column at a time: each has an index, and an alternative of both has none
    found = sa.union(
        *(
            sa.select(batch_row.c.row_number)
            .join(submission, submission.c.id == batch_row.c.submission_id)
            .join(earlier, earlier.c[column] == submission.c[column])
            .where(
                batch_row.c.batch_id == batch_id,
                earlier.c.platform == submission.c.platform,
                earlier.c.id < submission.c.id,
                earlier.c.platform_key.is_not(None),
                earlier.c.state != State.REJECTED,
            )
            for column in ("record_id", "platform_key")
        )
    )
    return frozenset(connection.execute(found).scalars())


def went_elsewhere(connection: Connection, batch_id: int, way_digest: str) -> bool:
    """Tell whether a batch was sent in another way than its platform has now.

    One sealed before that was noted counts as sent in the present way.
    """
    then = connection.execute(
        sa.select(batch.c.way_digest).where(batch.c.id == batch_id)
    ).scalar_one()
    return then is not None and then != way_digest


def open_under_another(connection: Connection, platform: str, way_digest: str) -> int:
    """Return how many batches with undecided rows were sent in another way than ``way_digest``."""
    statement = (
        sa.select(sa.func.count(sa.distinct(batch.c.id)))
        .join(submission, submission.c.batch_id == batch.c.id)
        .where(OPEN, submission.c.platform == platform, batch.c.way_digest != way_digest)
    )
    count: int = connection.execute(statement).scalar_one()
    return count


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
            "until": lease.until(cause.at),
        },
    ).scalar_one()
    return attempt_id


def end_attempts(connection: Connection, batch_id: int, now: datetime) -> None:
    """Note that no call about a batch is under way at ``now``.

    One that never came back ended with its lease; a lease that a clock wrote which ran ahead ends
    now.
    """
    connection.execute(
        sa.update(attempt)
        .where(
            attempt.c.batch_id == batch_id,
            attempt.c.finished_at.is_(None),
            attempt.c.until > now,
        )
        .values(until=now)
    )


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


def open_evidence(kept: Any, keys: KeyRing) -> bytes:
    """Return the reply of a call as it came; empty when there was none.

    Args:
        kept: A row of the table of attempts with ``id``, ``key_id`` and ``evidence``.
        keys: The workspace's keys.

    Raises:
        SettingsError: Its key is not in the key file.
        DamageError: It was changed.
    """
    if kept.evidence is None:
        return b""
    return keys.decrypt(kept.key_id, kept.evidence, f"attempt/{kept.id}")


def schedule_poll(connection: Connection, batch_id: int, at: datetime | None) -> None:
    """Set when receipts of a batch are asked for next; None for never again."""
    connection.execute(sa.update(batch).where(batch.c.id == batch_id).values(next_poll_at=at))
