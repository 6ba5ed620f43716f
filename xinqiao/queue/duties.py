"""Opening duties (报送义务): what is owed, by when, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import end_of
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import duty, record
from xinqiao.queue.downtime import Downtime, read_downtime
from xinqiao.queue.transitions import Cause
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting, due


@dataclass(frozen=True, slots=True)
class Owed:
    """One duty that is to be opened.

    Attributes:
        record_id: Which record.
        platform: Which platform.
        rule: Identifier of the deadline rule.
        version: Record version that opened it.
        starts_on: The day on which the clock starts.
    """

    record_id: str
    platform: str
    rule: str
    version: int
    starts_on: date


def open_duties(
    connection: Connection,
    owed: Sequence[Owed],
    counting: Counting,
    calendar: WorkingCalendar,
    cause: Cause,
) -> None:
    """Open duties, audited.

    The version number of an undone withdrawal may come again with a correction: what was waived of
    it is owed anew, counted from the new start.
    """
    if not owed:
        return
    downtime = read_downtime(connection, calendar)
    rows = [_values(one, counting, calendar, downtime, cause) for one in owed]
    # no withdrawal bears the first number, and most of an import does
    fresh = [row for row in rows if row["version"] == 1 or not _opened_anew(connection, row)]
    if fresh:
        connection.execute(sa.insert(duty), fresh)
    entries = [
        Entry(
            action="duty.opened",
            record_id=row["record_id"],
            platform=row["platform"],
            details={
                "rule": row["rule"],
                "due_on": row["due_on"].isoformat(),
                "provisional": row["provisional"],
            },
        )
        for row in rows
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)


def _opened_anew(connection: Connection, row: Mapping[str, Any]) -> bool:
    names = ("record_id", "platform", "rule", "version")
    same = [duty.c[name] == row[name] for name in names]
    anew = {**row, "closed_at": None, "closed_by": None}
    done = connection.execute(
        sa.update(duty).where(*same, duty.c.closed_by == "waived").values(anew)
    )
    return done.rowcount > 0


def reopen_waived(
    connection: Connection,
    record_ids: Sequence[str],
    cause: Cause,
    platforms: Sequence[str] | None = None,
) -> None:
    """Open again what was waived of records that are owed after all; due times stay.

    Args:
        connection: The transaction.
        record_ids: Which records.
        cause: Who, and when.
        platforms: Only what is owed to these; None for all.
    """
    at = () if platforms is None else (duty.c.platform.in_(platforms),)
    last_version = (
        sa.select(record.c.current_version).where(record.c.id == duty.c.record_id).scalar_subquery()
    )
    for chunk in in_chunks(record_ids):
        reopened = connection.execute(
            sa.update(duty)
            .where(
                duty.c.record_id.in_(chunk),
                duty.c.closed_by == "waived",
                # above the last version stands only what an undone withdrawal asked for
                duty.c.version <= last_version,
                *at,
            )
            .values(closed_at=None, closed_by=None)
            .returning(duty.c.record_id, duty.c.platform, duty.c.rule)
        )
        entries = [
            Entry(
                "duty.reopened",
                record_id=row.record_id,
                platform=row.platform,
                reason=cause.reason,
                details={"rule": row.rule},
            )
            for row in reopened
        ]
        append(connection, entries, actor=cause.actor, at=cause.at)


def reopen_reported(
    connection: Connection,
    record_id: str,
    platform: str,
    versions: range,
    cause: Cause,
) -> None:
    """Open again what an acceptance or an adoption had closed that does not stand; due times stay.

    Args:
        connection: The transaction.
        record_id: Which record.
        platform: Which platform.
        versions: Of the duties that this very acceptance had closed.
        cause: Who, and when.
    """
    reopened = connection.execute(
        sa.update(duty)
        .where(
            duty.c.record_id == record_id,
            duty.c.platform == platform,
            duty.c.version.between(versions.start, versions.stop - 1),
            duty.c.closed_by.in_(["accepted", "adopted"]),
        )
        .values(closed_at=None, closed_by=None, reported_at=None, reported_by=None)
        .returning(duty.c.rule)
    ).scalars()
    entries = [
        Entry(
            "duty.reopened",
            record_id=record_id,
            platform=platform,
            reason=cause.reason,
            details={"rule": rule, "why": "acceptance_refuted"},
        )
        for rule in reopened
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)


def waive(
    connection: Connection,
    record_id: str,
    platform: str,
    why: str,
    cause: Cause,
    *,
    after: int = 0,
) -> None:
    """Close what is still owed of a record without a report.

    Args:
        connection: The transaction.
        record_id: Which record.
        platform: Which platform.
        why: English word for the audit log.
        cause: Who, and when.
        after: Only duties that a version above this one opened.
    """
    closed = connection.execute(
        sa.update(duty)
        .where(
            duty.c.record_id == record_id,
            duty.c.platform == platform,
            duty.c.version > after,
            duty.c.closed_at.is_(None),
        )
        .values(closed_at=cause.at, closed_by="waived")
        .returning(duty.c.rule)
    ).scalars()
    entries = [
        Entry(
            "duty.waived",
            record_id=record_id,
            platform=platform,
            reason=cause.reason,
            details={"rule": rule, "why": why},
        )
        for rule in closed
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)


def _values(
    owed: Owed,
    counting: Counting,
    calendar: WorkingCalendar,
    downtime: Downtime,
    cause: Cause,
) -> Mapping[str, Any]:
    lost = downtime.lost(owed.platform, owed.rule)
    deadline = due(owed.rule, owed.starts_on, counting, calendar, lost)
    return {
        "record_id": owed.record_id,
        "platform": owed.platform,
        "rule": owed.rule,
        "version": owed.version,
        "basis": deadline.basis,
        "starts_on": owed.starts_on,
        "due_on": deadline.due_on,
        "due_at": end_of(deadline.due_on),
        "counted_on": deadline.counted_on,
        "counting": deadline.counting.value,
        "calendar": deadline.calendar,
        "provisional": deadline.provisional,
        "legal": deadline.legal,
        "opened_at": cause.at,
    }
