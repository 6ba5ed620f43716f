"""What the bureau must handle itself, whatever it came in as (本单位待办).

Objections to answer and applications for repair to decide on have a time limit. A repair, or a
notice of one, that names no record that is here has none, and waits all the same: what it is about
may be shown still.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import PRESENT_VERSION, duty, record, record_version, withdrawal
from xinqiao.queue.naming import number_of, shown
from xinqiao.queue.targets import TARGET_NUMBER, unmatched_repairs
from xinqiao.routing.rules import BUREAU
from xinqiao.routing.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class ToHandle:
    """One thing to handle.

    Attributes:
        record: 记录标识 of the objection, application or notice.
        kind: Its kind.
        number: Its number.
        name: The subject's name.
        target_number: The document that it is about.
        unmatched: Whether it waits because no record that is here is the one it names.
        since: The day on which the clock started; None where there is no clock.
        rule: The rule that sets the time limit, or empty.
        due_on: Last day, where there is a limit.
        legal: Whether that limit is a legal one.
        provisional: Whether that day may move with the calendar.
        overdue: Whether a legal limit is over.
        past_slack: Whether it is not, and the bureau's own slack before it is.
    """

    record: str
    kind: str
    number: str
    name: str
    target_number: str
    unmatched: bool
    since: date | None = None
    rule: str = ""
    due_on: date | None = None
    legal: bool = False
    provisional: bool = False
    overdue: bool = False
    past_slack: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as ``--json`` shows it."""
        days = {"since": self.since, "due_on": self.due_on}
        return asdict(self) | {name: day and day.isoformat() for name, day in days.items()}


def to_handle(connection: Connection, thresholds: Thresholds) -> list[ToHandle]:
    """Return what waits for the bureau: what has a limit first, the most urgent first.

    Args:
        connection: A reading connection.
        thresholds: What limits are judged by.
    """
    return [*_limited(connection, thresholds), *_unmatched(connection)]


def _limited(connection: Connection, thresholds: Thresholds) -> Iterator[ToHandle]:
    statement = (
        sa.select(
            record.c.id,
            record.c.kind,
            record_version.c.content,
            duty.c.starts_on,
            duty.c.rule,
            duty.c.due_on,
            duty.c.due_at,
            duty.c.legal,
            duty.c.provisional,
        )
        .join(record_version, PRESENT_VERSION)
        .join(duty, duty.c.record_id == record.c.id)
        .where(duty.c.platform == BUREAU, duty.c.closed_at.is_(None))
        .order_by(duty.c.due_at, record.c.id)
    )
    for row in connection.execute(statement):
        content = row.content or {}
        yield ToHandle(
            record=row.id,
            kind=row.kind,
            number=number_of(row.kind, content),
            name=shown(content.get("subject.name", "")),
            target_number=shown(content.get(TARGET_NUMBER, "")),
            unmatched=False,
            since=row.starts_on,
            rule=row.rule,
            due_on=row.due_on,
            legal=row.legal,
            provisional=row.provisional,
            overdue=row.legal and row.due_at <= thresholds.now,
            past_slack=row.legal and thresholds.now < row.due_at <= thresholds.past_slack_at,
        )


def _unmatched(connection: Connection) -> Iterator[ToHandle]:
    statement = (
        sa.select(record.c.id, record.c.kind, record_version.c.content)
        .join(record_version, PRESENT_VERSION)
        .where(
            record.c.id.in_(unmatched_repairs(connection)),
            ~sa.exists().where(withdrawal.c.record_id == record.c.id),
        )
        .order_by(record.c.created_at, record.c.id)
    )
    for row in connection.execute(statement):
        content = row.content or {}
        yield ToHandle(
            record=row.id,
            kind=row.kind,
            number=number_of(row.kind, content),
            name=shown(content.get("subject.name", "")),
            target_number=shown(content.get(TARGET_NUMBER, "")),
            unmatched=True,
        )
