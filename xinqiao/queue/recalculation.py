"""Counting open duties anew after the working calendar changed (重算期限)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Detail, Entry
from xinqiao.clock import end_of
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import duty, holding, submission
from xinqiao.queue.downtime import read_downtime
from xinqiao.queue.states import OPEN
from xinqiao.queue.transitions import Cause
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting, due, extended

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class MovedDuty:
    """A duty whose last day moved.

    Attributes:
        record_id: Which record.
        document_number: Its number at the platform, or empty.
        platform: Which platform.
        rule: Identifier of the deadline rule.
        before: Last day until now.
        after: Last day from now on.
        legal: Whether it is a legal limit.
        overdue: Whether it is overdue, or was reported late, by the new date and not by the old.
        relieved: Whether it is so by the old date and not by the new one.
    """

    record_id: str
    document_number: str
    platform: str
    rule: str
    before: date
    after: date
    legal: bool
    overdue: bool
    relieved: bool = False


@dataclass(frozen=True, slots=True)
class _Limit:
    """A limit as it is counted now."""

    due_on: date
    counted_on: date | None
    provisional: bool
    calendar: str


_Counted = tuple[Any, _Limit]


def recount_open_duties(
    connection: Connection, calendar: WorkingCalendar, cause: Cause
) -> list[MovedDuty]:
    """Count every open duty by ``calendar``; return those that moved, by new date.

    Each keeps the way of counting under which it was opened, and outages that were recorded take
    the working days that they take by ``calendar``. What is fulfilled or waived stays as it was.
    Submissions that have not been decided take the new due time of their record.
    """
    downtime = read_downtime(connection, calendar)
    known: dict[tuple[str, str, date, str], _Limit] = {}

    def limit(row: Any) -> _Limit:
        asked = (row.platform, row.rule, row.starts_on, row.counting)
        if asked not in known:
            lost = downtime.lost(row.platform, row.rule)
            found = due(row.rule, row.starts_on, Counting(row.counting), calendar, lost)
            known[asked] = _Limit(found.due_on, found.counted_on, found.provisional, found.calendar)
        return known[asked]

    return _recount(connection, [duty.c.closed_at.is_(None)], limit, cause, {})


def recount_after_outage(
    connection: Connection,
    platform: str,
    days: tuple[date, date],
    calendar: WorkingCalendar,
    cause: Cause,
    outage_id: int,
) -> list[MovedDuty]:
    """Move what an outage that was just recorded or revoked moves; return it, by new date.

    The last day without outages stays, also where it was counted by an older calendar; what is
    fulfilled moves too, since what came late only because of an outage came in time.

    Args:
        connection: The transaction in which it was recorded or revoked.
        platform: Whose outage it is.
        days: The first and the last day that it touches.
        calendar: The working days.
        cause: Who recorded or revoked it.
        outage_id: Its number.
    """
    downtime = read_downtime(connection, calendar)

    def limit(row: Any) -> _Limit:
        counted_on = row.counted_on or row.due_on
        lost = downtime.lost(row.platform, row.rule)
        found = extended(counted_on, row.starts_on, Counting(row.counting), calendar, lost)
        moved = None if found.due_on == counted_on else counted_on
        provisional = row.provisional
        if row.closed_at is None:
            provisional = found.provisional or _guessed(row.starts_on, counted_on, calendar)
        return _Limit(found.due_on, moved, provisional, row.calendar)

    # a limit that it moved before ends after its first day, and so does one that it will move
    touched = [
        duty.c.platform == platform,
        duty.c.due_on >= days[0],
        duty.c.starts_on <= days[1],
    ]
    return _recount(connection, touched, limit, cause, {"why": "outage", "outage": outage_id})


def _guessed(starts_on: date, counted_on: date, calendar: WorkingCalendar) -> bool:
    """Tell whether a day from one to the other is told by its weekday alone."""
    length = (counted_on - starts_on).days
    return any(calendar.status(starts_on + timedelta(one)).provisional for one in range(length + 1))


def _recount(
    connection: Connection,
    which: Sequence[sa.ColumnElement[bool]],
    limit: Callable[[Any], _Limit],
    cause: Cause,
    why: Mapping[str, Detail],
) -> list[MovedDuty]:
    moved: list[MovedDuty] = []
    after = 0
    while rows := _portion(connection, which, after):
        after = rows[-1].id
        counted = [(row, limit(row)) for row in rows]
        changed = [(row, found) for row, found in counted if found != _present(row)]
        _write(connection, changed)
        moved += _note_moved(connection, changed, cause, why)
    return sorted(moved, key=lambda one: (one.after, one.record_id, one.platform))


def _present(row: Any) -> _Limit:
    return _Limit(row.due_on, row.counted_on, row.provisional, row.calendar)


def _portion(
    connection: Connection, which: Sequence[sa.ColumnElement[bool]], after: int
) -> Sequence[Any]:
    statement = (
        sa.select(duty, holding.c.wanted_key)
        .outerjoin(
            holding,
            sa.and_(holding.c.record_id == duty.c.record_id, holding.c.platform == duty.c.platform),
        )
        .where(*which, duty.c.id > after)
        .order_by(duty.c.id)
        .limit(_CHUNK)
    )
    return connection.execute(statement).all()


def _write(connection: Connection, changed: Sequence[_Counted]) -> None:
    if not changed:
        return
    connection.execute(
        sa.update(duty)
        .where(duty.c.id == sa.bindparam("which"))
        .values(
            due_on=sa.bindparam("new_due_on"),
            due_at=sa.bindparam("new_due_at"),
            counted_on=sa.bindparam("new_counted_on", type_=sa.Date),
            provisional=sa.bindparam("new_provisional"),
            calendar=sa.bindparam("new_calendar"),
        ),
        [
            {
                "which": row.id,
                "new_due_on": found.due_on,
                "new_due_at": end_of(found.due_on),
                "new_counted_on": found.counted_on,
                "new_provisional": found.provisional,
                "new_calendar": found.calendar,
            }
            for row, found in changed
        ],
    )


def _note_moved(
    connection: Connection,
    changed: Sequence[_Counted],
    cause: Cause,
    why: Mapping[str, Detail],
) -> list[MovedDuty]:
    moved = [
        _moved(row, found.due_on, cause) for row, found in changed if found.due_on != row.due_on
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
                **why,
            },
        )
        for one in moved
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)
    _move_submissions(connection, sorted({one.record_id for one in moved}))
    return moved


def _moved(row: Any, due_on: date, cause: Cause) -> MovedDuty:
    # what is waived is owed no more; what is fulfilled was late or in time once and for all
    judged = row.reported_at if row.closed_at is not None else cause.at
    before = judged is not None and end_of(row.due_on) <= judged
    now = judged is not None and end_of(due_on) <= judged
    return MovedDuty(
        row.record_id,
        row.wanted_key or "",
        row.platform,
        row.rule,
        row.due_on,
        due_on,
        row.legal,
        overdue=row.legal and now and not before,
        relieved=row.legal and before and not now,
    )


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
        if not earliest:
            continue
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
