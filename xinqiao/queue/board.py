"""Reading the queue for people: the board, lists, and the story of one submission (看板)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import (
    MOVING,
    UNFIT,
    attempt,
    batch,
    batch_row,
    duty,
    holding,
    receipt,
    record,
    submission,
)
from xinqiao.errors import InputError
from xinqiao.queue.counts import read_counts
from xinqiao.queue.incidents import open_incidents
from xinqiao.queue.platforms import standing
from xinqiao.queue.refusals import count_open_refusals
from xinqiao.queue.states import State


def platform_board(
    connection: Connection, platform: str, now: datetime, due_soon_at: datetime
) -> dict[str, Any]:
    """Return the figures of one platform.

    Args:
        connection: A reading connection.
        platform: Identifier.
        now: The instant by which overdue is judged.
        due_soon_at: Open duties that end before this instant are due soon.
    """
    states = read_counts(connection, platform)
    open_duties = (duty.c.platform == platform, duty.c.closed_at.is_(None), duty.c.legal.is_(True))
    count = sa.select(sa.func.count()).select_from(duty).where(*open_duties)
    oldest = connection.execute(
        sa.select(duty.c.due_on, duty.c.provisional)
        .where(*open_duties)
        .order_by(duty.c.due_at)
        .limit(1)
    ).one_or_none()
    invalid = connection.execute(
        sa.select(sa.func.count()).select_from(holding).where(UNFIT, holding.c.platform == platform)
    ).scalar_one()
    busy = under_way(connection, platform)
    refused = count_open_refusals(connection, platform)
    stands = standing(connection, platform)
    return {
        "states": {state.value: states[state] for state in State},
        "invalid": invalid,
        "to_correct": refused,
        "overdue": connection.execute(count.where(duty.c.due_at <= now)).scalar_one(),
        "due_soon": connection.execute(
            count.where(duty.c.due_at > now, duty.c.due_at <= due_soon_at)
        ).scalar_one(),
        "oldest_due": None if oldest is None else oldest.due_on.isoformat(),
        "sending_until": busy.until.isoformat() if busy.until is not None else None,
        "oldest_due_provisional": oldest is not None and oldest.provisional,
        "paused": stands.paused_at is not None,
        "paused_reason": stands.paused_reason,
        "next_call_at": stands.next_call_at.isoformat()
        if stands.next_call_at is not None and stands.next_call_at > now
        else None,
        "last_success_at": stands.last_success_at.isoformat() if stands.last_success_at else None,
        "incidents": [
            {
                "kind": one.kind.value,
                "message": one.message,
                "opened_at": one.opened_at.isoformat(),
                "times": one.times,
            }
            for one in open_incidents(connection, platform)
        ],
    }


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Submissions that a worker holds, and when the last of their leases ends."""

    count: int
    until: datetime | None


def under_way(connection: Connection, platform: str) -> UnderWay:
    """Return what is being sent to ``platform`` by a worker that lives, or was when one died."""
    row = connection.execute(
        sa.select(sa.func.count(), sa.func.max(submission.c.lease_until)).where(
            MOVING,
            submission.c.platform == platform,
            submission.c.state == State.SENDING.value,
        )
    ).one()
    return UnderWay(row[0], row[1])


def exempt_records(connection: Connection) -> dict[str, int]:
    """Return exemption → how many records are owed to nobody because of it."""
    statement = (
        sa.select(record.c.exemption, sa.func.count())
        .where(record.c.exemption.is_not(None))
        .group_by(record.c.exemption)
        .order_by(record.c.exemption)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


_LISTED = (
    submission.c.id,
    submission.c.record_id.label("record"),
    submission.c.kind,
    submission.c.platform,
    submission.c.operation,
    submission.c.version,
    submission.c.state,
    submission.c.due_at,
    submission.c.next_attempt_at,
    submission.c.attempts,
    submission.c.code,
    submission.c.message,
)


# what went out under a key keeps it; a withdrawal is about what is held
_KEY = sa.func.coalesce(
    submission.c.platform_key,
    sa.case((submission.c.operation == "withdraw", holding.c.held_key)),
    holding.c.wanted_key,
)


def listing(
    connection: Connection,
    *,
    state: State | None,
    platform: str | None,
    record_id: str | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Return submissions, the most urgent first."""
    statement = (
        sa.select(*_LISTED, _KEY.label("document_number"))
        .join(holding, holding.c.id == submission.c.holding_id)
        .order_by(submission.c.due_at, submission.c.id)
        .limit(limit)
    )
    if state is not None:
        statement = statement.where(submission.c.state == state.value)
    if platform is not None:
        statement = statement.where(submission.c.platform == platform)
    if record_id is not None:
        # SQLite compares the beginning without regard to case, PostgreSQL with
        begins = submission.c.record_id.startswith(record_id.lower(), autoescape=True)
        statement = statement.where(begins)
    return [_plain(row) for row in connection.execute(statement)]


def story(connection: Connection, submission_id: int) -> dict[str, Any]:
    """Return everything known of one submission: itself, its duties, attempts and receipts.

    Raises:
        InputError: There is no such submission.
    """
    row = connection.execute(
        sa.select(*_LISTED, submission.c.batch_id, holding.c.held_version, holding.c.reference)
        .join(holding, holding.c.id == submission.c.holding_id)
        .where(submission.c.id == submission_id)
    ).one_or_none()
    if row is None:
        raise InputError(
            f"没有编号为 {submission_id} 的报送件；用 xinqiao queue list 查看", code="unknown"
        )
    duties = sa.select(
        duty.c.rule, duty.c.basis, duty.c.due_on, duty.c.provisional, duty.c.closed_at
    ).where(duty.c.record_id == row.record, duty.c.platform == row.platform)
    attempts = (
        sa.select(
            batch.c.number.label("batch"),
            attempt.c.purpose,
            attempt.c.request_started_at,
            attempt.c.finished_at,
            attempt.c.outcome,
            attempt.c.code,
            attempt.c.message,
        )
        .join(batch)
        .where(
            attempt.c.batch_id.in_(
                sa.select(batch_row.c.batch_id).where(batch_row.c.submission_id == submission_id)
            )
        )
        .order_by(attempt.c.id)
    )
    receipts = (
        sa.select(
            receipt.c.verdict,
            receipt.c.code,
            receipt.c.message,
            receipt.c.reference,
            receipt.c.platform_time,
            receipt.c.received_at,
        )
        .where(receipt.c.submission_id == submission_id)
        .order_by(receipt.c.id)
    )
    return {
        **_plain(row),
        "duties": [_plain(one) for one in connection.execute(duties.order_by(duty.c.id))],
        "attempts_made": [_plain(one) for one in connection.execute(attempts)],
        "receipts": [_plain(one) for one in connection.execute(receipts)],
    }


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row._mapping.items()  # noqa: SLF001 - the public name of a row's mapping
    }
