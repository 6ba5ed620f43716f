"""Counting open duties anew after the working calendar changed (重算期限)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import end_of
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import duty, holding, submission
from xinqiao.queue.states import OPEN
from xinqiao.queue.transitions import Cause
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting, due

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class MovedDuty:
    """An open duty whose last day moved.

    Attributes:
        record_id: Which record.
        document_number: Its number at the platform, or empty.
        platform: Which platform.
        rule: Identifier of the deadline rule.
        before: Last day by the calendar until now.
        after: Last day from now on.
        legal: Whether it is a legal limit.
        overdue: Whether it is overdue by the new date and was not by the old one.
    """

    record_id: str
    document_number: str
    platform: str
    rule: str
    before: date
    after: date
    legal: bool
    overdue: bool


def recount_open_duties(
    connection: Connection, calendar: WorkingCalendar, cause: Cause
) -> list[MovedDuty]:
    """Count every open duty by ``calendar``; return those that moved, by new date.

    Each keeps the way of counting under which it was opened. What is fulfilled or waived stays as
    it was. Submissions that have not been decided take the new due time of their record.
    """
    moved: list[MovedDuty] = []
    known: dict[tuple[str, date, str], tuple[date, bool, str]] = {}
    after = 0
    while rows := _portion(connection, after):
        after = rows[-1].id
        changed = []
        for row in rows:
            asked = (row.rule, row.starts_on, row.counting)
            if asked not in known:
                found = due(row.rule, row.starts_on, Counting(row.counting), calendar)
                known[asked] = (found.due_on, found.provisional, found.calendar)
            counted = known[asked]
            if counted != (row.due_on, row.provisional, row.calendar):
                changed.append((row, counted))
        _write(connection, changed)
        moved += _note_moved(connection, changed, cause)
    return sorted(moved, key=lambda one: (one.after, one.record_id, one.platform))


def _portion(connection: Connection, after: int) -> Sequence[Any]:
    statement = (
        sa.select(duty, holding.c.wanted_key)
        .outerjoin(
            holding,
            sa.and_(holding.c.record_id == duty.c.record_id, holding.c.platform == duty.c.platform),
        )
        .where(duty.c.closed_at.is_(None), duty.c.id > after)
        .order_by(duty.c.id)
        .limit(_CHUNK)
    )
    return connection.execute(statement).all()


_Counted = tuple[Any, tuple[date, bool, str]]


def _write(connection: Connection, changed: Sequence[_Counted]) -> None:
    if not changed:
        return
    connection.execute(
        sa.update(duty)
        .where(duty.c.id == sa.bindparam("which"))
        .values(
            due_on=sa.bindparam("new_due_on"),
            due_at=sa.bindparam("new_due_at"),
            provisional=sa.bindparam("new_provisional"),
            calendar=sa.bindparam("new_calendar"),
        ),
        [
            {
                "which": row.id,
                "new_due_on": due_on,
                "new_due_at": end_of(due_on),
                "new_provisional": provisional,
                "new_calendar": edition,
            }
            for row, (due_on, provisional, edition) in changed
        ],
    )


def _note_moved(
    connection: Connection, changed: Sequence[_Counted], cause: Cause
) -> list[MovedDuty]:
    moved = [
        MovedDuty(
            row.record_id,
            row.wanted_key or "",
            row.platform,
            row.rule,
            row.due_on,
            due_on,
            row.legal,
            overdue=row.legal and end_of(due_on) <= cause.at < end_of(row.due_on),
        )
        for row, (due_on, _, _) in changed
        if due_on != row.due_on
    ]
    entries = [
        Entry(
            "duty.moved",
            record_id=one.record_id,
            platform=one.platform,
            reason=cause.reason,
            details={
                "rule": one.rule,
                "before": one.before.isoformat(),
                "due_on": one.after.isoformat(),
            },
        )
        for one in moved
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)
    _move_submissions(connection, sorted({one.record_id for one in moved}))
    return moved


def _move_submissions(connection: Connection, record_ids: Sequence[str]) -> None:
    for chunk in in_chunks(record_ids):
        earliest: dict[tuple[str, str], datetime] = {}
        statement = (
            sa.select(duty.c.record_id, duty.c.platform, sa.func.min(duty.c.due_at))
            .where(duty.c.record_id.in_(chunk), duty.c.closed_at.is_(None))
            .group_by(duty.c.record_id, duty.c.platform)
        )
        for record_id, platform, due_at in connection.execute(statement):
            earliest[record_id, platform] = due_at
        connection.execute(
            sa.update(submission)
            .where(
                submission.c.record_id == sa.bindparam("which"),
                submission.c.platform == sa.bindparam("at"),
                # many rows at once: a list of states would have to be spelled out for each
                sa.or_(*(submission.c.state == state.value for state in sorted(OPEN))),
            )
            .values(due_at=sa.bindparam("new_due_at")),
            [
                {"which": record_id, "at": platform, "new_due_at": due_at}
                for (record_id, platform), due_at in earliest.items()
            ],
        )
