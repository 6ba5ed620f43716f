"""The whole story of one submission: what it carries, what was tried, said and done (来龙去脉)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.review import history
from xinqiao.database.tables import (
    attempt,
    batch,
    batch_row,
    duty,
    holding,
    import_run,
    receipt,
    record,
    record_version,
    review,
    submission,
    take_down,
    withdrawal,
)
from xinqiao.errors import InputError
from xinqiao.queue.chronicle import in_order_of_time
from xinqiao.queue.listing import DOCUMENT_NUMBER, SUMMARY, named, plain
from xinqiao.queue.platforms import standing
from xinqiao.queue.selection import NUMBERS
from xinqiao.queue.targets import open_objections


def story(connection: Connection, submission_id: int, now: datetime) -> dict[str, Any]:
    """Return everything known of one submission, as ``--json`` shows it.

    Args:
        connection: A reading connection.
        submission_id: Its number.
        now: The instant by which it is judged what is still to come.

    Returns:
        The submission's own columns; ``versions`` of its record, ``duties``, ``attempts_made``,
        ``receipts``, ``actions`` (its audit entries), the record's ``reviews`` and ``withdrawal``;
        the same in one list, ``events``, in the order of time; and how its platform stands.

    Raises:
        InputError: There is no such submission.
    """
    row = _own(connection, submission_id)
    (own,) = named(connection, [plain(row)])
    actions = history(connection, submission_id)
    told = {
        **own,
        "as_of": now.isoformat(),
        "next_poll_at": _next_poll(connection, submission_id, row.state),
        "versions": _versions(connection, row.record, row.version),
        "withdrawal": _withdrawal(connection, row.record),
        "take_down": _take_down(connection, row.record),
        "reviews": _reviews(connection, row.record),
        "objections": [
            one.number for one in open_objections(connection, [row.record]).get(row.record, ())
        ],
        "duties": _duties(connection, row.record, row.platform, _doubted(actions)),
        "attempts_made": _attempts(connection, submission_id),
        "receipts": _receipts(connection, submission_id),
        "actions": actions,
        "platform_standing": _standing(connection, row.platform),
    }
    return {**told, "events": in_order_of_time(told)}


def _own(connection: Connection, submission_id: int) -> Any:
    statement = (
        sa.select(
            *SUMMARY,
            DOCUMENT_NUMBER,
            submission.c.questions,
            submission.c.deaths,
            submission.c.lease_owner,
            submission.c.lease_until,
            submission.c.request_started_at,
            submission.c.created_at,
            submission.c.changed_at,
            record.c.department,
            holding.c.wanted_version,
            holding.c.held_version,
            holding.c.reference,
        )
        .join(holding, holding.c.id == submission.c.holding_id)
        .join(record, record.c.id == submission.c.record_id)
        .where(submission.c.id == submission_id)
    )
    row = connection.execute(statement).one_or_none() if submission_id in NUMBERS else None
    if row is None:
        raise InputError(
            f"没有编号为 {submission_id} 的报送件；用 xinqiao queue list 查看", code="unknown"
        )
    return row


def _versions(connection: Connection, record_id: str, carried: int) -> list[dict[str, Any]]:
    statement = (
        sa.select(
            record_version.c.version,
            record_version.c.created_at,
            record_version.c.valid,
            record_version.c.findings,
            import_run.c.file_name.label("file"),
            record_version.c.source_row.label("row"),
            import_run.c.actor,
        )
        .join(import_run, import_run.c.id == record_version.c.import_run_id)
        .where(record_version.c.record_id == record_id)
        .order_by(record_version.c.version)
    )
    return [
        {**plain(row), "findings": len(row.findings), "carried": row.version == carried}
        for row in connection.execute(statement)
    ]


def _withdrawal(connection: Connection, record_id: str) -> dict[str, Any] | None:
    row = connection.execute(
        sa.select(
            withdrawal.c.at,
            withdrawal.c.actor,
            withdrawal.c.reason,
            withdrawal.c.decided_on,
            withdrawal.c.document,
        ).where(withdrawal.c.record_id == record_id)
    ).one_or_none()
    return None if row is None else plain(row)


def _take_down(connection: Connection, record_id: str) -> dict[str, Any] | None:
    row = connection.execute(
        sa.select(
            take_down.c.at,
            take_down.c.actor,
            take_down.c.why,
            take_down.c.reason,
            take_down.c.document,
        ).where(take_down.c.record_id == record_id)
    ).one_or_none()
    return None if row is None else plain(row)


def _reviews(connection: Connection, record_id: str) -> list[dict[str, Any]]:
    statement = (
        sa.select(review.c.version, review.c.approved, review.c.reason, review.c.actor, review.c.at)
        .where(review.c.record_id == record_id)
        .order_by(review.c.id)
    )
    return [plain(row) for row in connection.execute(statement)]


def _doubted(actions: Sequence[Mapping[str, Any]]) -> dict[datetime, str]:
    """Return instant of an acceptance → what the platform said of its time, and nobody believed."""
    return {
        datetime.fromisoformat(one["at"]): one["details"]["time_not_believed"]
        for one in actions
        if "time_not_believed" in one["details"]
    }


def _duties(
    connection: Connection, record_id: str, platform: str, doubted: Mapping[datetime, str]
) -> list[dict[str, Any]]:
    statement = (
        sa.select(
            duty.c.rule,
            duty.c.version,
            duty.c.basis,
            duty.c.due_on,
            duty.c.provisional,
            duty.c.legal,
            duty.c.opened_at,
            duty.c.closed_at,
            duty.c.closed_by,
            duty.c.reported_at,
            duty.c.reported_by,
            duty.c.counted_on,
        )
        .where(duty.c.record_id == record_id, duty.c.platform == platform)
        .order_by(duty.c.id)
    )
    return [
        {**plain(row), "time_not_believed": doubted.get(row.closed_at)}
        for row in connection.execute(statement)
    ]


def _attempts(connection: Connection, submission_id: int) -> list[dict[str, Any]]:
    statement = (
        sa.select(
            batch.c.number.label("batch"),
            batch_row.c.row_number.label("row"),
            batch.c.row_count.label("rows"),
            batch.c.serial,
            attempt.c.purpose,
            attempt.c.worker,
            attempt.c.request_started_at,
            attempt.c.finished_at,
            attempt.c.outcome,
            attempt.c.code,
            attempt.c.message,
        )
        .join(batch, batch.c.id == attempt.c.batch_id)
        .join(batch_row, batch_row.c.batch_id == batch.c.id)
        .where(batch_row.c.submission_id == submission_id)
        .order_by(attempt.c.id)
    )
    return [{**plain(row), "seconds": _seconds(row)} for row in connection.execute(statement)]


def _seconds(row: Any) -> float | None:
    if row.finished_at is None:
        return None
    took: timedelta = row.finished_at - row.request_started_at
    return round(took.total_seconds(), 3)


def _receipts(connection: Connection, submission_id: int) -> list[dict[str, Any]]:
    statement = (
        sa.select(
            batch.c.number.label("batch"),
            receipt.c.verdict,
            receipt.c.code,
            receipt.c.message,
            receipt.c.reference,
            receipt.c.platform_time,
            receipt.c.received_at,
        )
        .join(batch, batch.c.id == receipt.c.batch_id)
        .where(receipt.c.submission_id == submission_id)
        .order_by(receipt.c.id)
    )
    return [plain(row) for row in connection.execute(statement)]


def _next_poll(connection: Connection, submission_id: int, state: str) -> str | None:
    if state != "awaiting_receipt":
        return None
    at: datetime | None = connection.execute(
        sa.select(batch.c.next_poll_at)
        .join(submission, submission.c.batch_id == batch.c.id)
        .where(submission.c.id == submission_id)
    ).scalar_one_or_none()
    return None if at is None else at.isoformat()


def _standing(connection: Connection, platform: str) -> dict[str, Any]:
    stands = standing(connection, platform)
    return {
        "paused_at": None if stands.paused_at is None else stands.paused_at.isoformat(),
        "paused_reason": stands.paused_reason,
        "next_call_at": None if stands.next_call_at is None else stands.next_call_at.isoformat(),
        # whoever knows the platform's profile fills it in
        "opens_at": None,
        "receipts": None,
    }
