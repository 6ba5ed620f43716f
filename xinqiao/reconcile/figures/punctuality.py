"""Figures about time limits: reported in time, late, overdue (及时、迟报、逾期)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import duty, record


@dataclass(frozen=True, slots=True)
class Punctuality:
    """What became of the legal duties that began in a window, for one kind of record.

    Attributes:
        kind: Record kind.
        on_time: Reported before the due time, the midnight after the last day.
        late: Reported at it or after (迟报).
        overdue: Not reported, and the due time has passed (逾期未报).
        open: Not reported, and there is still time.
        waived: Owed no more: withdrawn, or owed to nobody; in no figure.
        provisional: How many due times of unreported ones may still move with the calendar.
    """

    kind: str
    on_time: int
    late: int
    overdue: int
    open: int
    waived: int
    provisional: int

    @property
    def due(self) -> int:
        """The denominator: every duty that was reported, or had to be by now."""
        return self.on_time + self.late + self.overdue

    @property
    def rate(self) -> float | None:
        """到期按时率: reported in time among those due; None when none was."""
        return self.on_time / self.due if self.due else None

    def plain(self) -> dict[str, Any]:
        """Return the figures as ``--json`` shows them."""
        return {
            "kind": self.kind,
            "on_time": self.on_time,
            "late": self.late,
            "overdue": self.overdue,
            "open": self.open,
            "waived": self.waived,
            "provisional": self.provisional,
            "due": self.due,
            "on_time_rate": None if self.rate is None else round(self.rate, 4),
        }


def punctuality(
    connection: Connection, platform: str, start: date, end: date, now: datetime
) -> list[Punctuality]:
    """Return the figures of every kind that owed ``platform`` something, by kind.

    Legal duties only; those whose clock started from ``start`` to ``end``, both included. 内部时限
    never enter.
    """
    reported = duty.c.closed_by.in_(["accepted", "handled"])
    open_ = duty.c.closed_at.is_(None)

    def count(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0)), 0)

    statement = (
        sa.select(
            record.c.kind,
            count(reported, duty.c.reported_at < duty.c.due_at),
            count(reported, duty.c.reported_at >= duty.c.due_at),
            count(open_, duty.c.due_at <= now),
            count(open_, duty.c.due_at > now),
            count(duty.c.closed_by == "waived"),
            count(open_, duty.c.provisional.is_(True)),
        )
        .join(record, record.c.id == duty.c.record_id)
        .where(
            duty.c.platform == platform,
            duty.c.legal.is_(True),
            duty.c.starts_on >= start,
            duty.c.starts_on <= end,
        )
        .group_by(record.c.kind)
        .order_by(record.c.kind)
    )
    return [
        Punctuality(row[0], *(int(figure) for figure in row[1:]))
        for row in connection.execute(statement)
    ]
