"""What the bureau must do itself in time: answer objections, decide on repairs (本单位办理时限).

Such a duty is opened by a record and closed by a later version of it that says what was done. It
stands among all other duties, under :data:`~xinqiao.routing.rules.BUREAU` in the place of a
platform, so that whatever counts, recounts or logs duties has it too.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import end_of, start_of
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import duty
from xinqiao.queue.changes import Change
from xinqiao.queue.duties import Owed, open_duties
from xinqiao.queue.transitions import Cause
from xinqiao.records.fields import iso_date
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting, due
from xinqiao.routing.rules import BUREAU, DutyRule, handling_rule


def keep_clocks(
    connection: Connection,
    changes: Sequence[Change],
    counting: Counting,
    calendar: WorkingCalendar,
    cause: Cause,
) -> None:
    """Open, move, close or open again what the bureau must do because of ``changes``."""
    asked = [
        (change, rule)
        for change in changes
        if (rule := handling_rule(change.kind, change.content)) is not None
    ]
    known = _known(connection, [change.record_id for change, _ in asked])
    fresh: list[Owed] = []
    for change, rule in asked:
        starts_on = iso_date(change.content.get(rule.starts_from))
        if starts_on is not None and change.record_id not in known:
            fresh.append(Owed(change.record_id, BUREAU, rule.id, change.version, starts_on))
    open_duties(connection, fresh, counting, calendar, cause)
    known |= _known(connection, [one.record_id for one in fresh])
    for change, rule in asked:
        row = known.get(change.record_id)
        if row is not None:
            _follow(connection, row, change, rule, calendar, cause)


def _known(connection: Connection, record_ids: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for chunk in in_chunks(record_ids):
        statement = sa.select(duty).where(duty.c.record_id.in_(chunk), duty.c.platform == BUREAU)
        found.update({row.record_id: row for row in connection.execute(statement)})
    return found


def _follow(
    connection: Connection,
    row: Any,
    change: Change,
    rule: DutyRule,
    calendar: WorkingCalendar,
    cause: Cause,
) -> None:
    """Bring the one duty of a record in line with its present version."""
    starts_on = iso_date(change.content.get(rule.starts_from)) or row.starts_on
    if (row.rule, row.starts_on) != (rule.id, starts_on):
        _move(connection, row, rule, starts_on, calendar, cause)
    # a row with errors proves nothing done
    done = change.valid and rule.is_closed_by(change.content)
    if done and row.closed_by != "handled":
        _close(connection, row, rule, change.content, cause)
    elif not done and row.closed_by == "handled":
        values = {"closed_at": None, "closed_by": None, "reported_at": None}
        _write(connection, row, values, "duty.reopened", {"rule": rule.id}, cause)


def _move(
    connection: Connection,
    row: Any,
    rule: DutyRule,
    starts_on: date,
    calendar: WorkingCalendar,
    cause: Cause,
) -> None:
    """Count the duty by another rule, or from another day: it turned out that others verify."""
    found = due(rule.id, starts_on, Counting(row.counting), calendar)
    values = {
        "rule": rule.id,
        "starts_on": starts_on,
        "due_on": found.due_on,
        "due_at": end_of(found.due_on),
        "provisional": found.provisional,
        "calendar": found.calendar,
        "basis": found.basis,
        "legal": found.legal,
    }
    details = {
        "rule": rule.id,
        "before": row.due_on.isoformat(),
        "due_on": found.due_on.isoformat(),
    }
    _write(connection, row, values, "duty.moved", details, cause)


def _close(
    connection: Connection, row: Any, rule: DutyRule, content: Mapping[str, str], cause: Cause
) -> None:
    days = [iso_date(content.get(condition.field)) for condition in rule.closes_when]
    last = max((day for day in days if day is not None), default=None)
    values = {
        "closed_at": cause.at,
        "closed_by": "handled",
        # the day tells no time: what was done on the last day was done in time
        "reported_at": cause.at if last is None else start_of(last),
    }
    _write(connection, row, values, "duty.handled", {"rule": rule.id}, cause)


def _write(
    connection: Connection,
    row: Any,
    values: Mapping[str, Any],
    action: str,
    details: Mapping[str, Any],
    cause: Cause,
) -> None:
    connection.execute(sa.update(duty).where(duty.c.id == row.id).values(values))
    entry = Entry(
        action, record_id=row.record_id, platform=BUREAU, reason=cause.reason, details=details
    )
    append(connection, [entry], actor=cause.actor, at=cause.at)
