"""Which differences there are, and what became of each (差异清单)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import difference, difference_event
from xinqiao.errors import InputError
from xinqiao.reconcile.differences.catalogue import nature_of

_PORTION = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which differences a person asks for; None means all.

    Attributes:
        platform: Of this platform, or source.
        kind: Of this kind of record.
        what: Of this sort.
        department: Of this department; empty for those of none.
        open: Open ones.
        closed: Closed ones.
    """

    platform: str | None = None
    kind: str | None = None
    what: str | None = None
    department: str | None = None
    open: bool = True
    closed: bool = False

    def where(self) -> list[sa.ColumnElement[bool]]:
        """Return the conditions."""
        told = {
            difference.c.platform: self.platform,
            difference.c.kind: self.kind,
            difference.c.what: self.what,
            difference.c.department: self.department,
        }
        found = [column == value for column, value in told.items() if value is not None]
        if self.open != self.closed:
            found.append(difference.c.closed_at.is_(None) == self.open)
        return found


def differences(
    connection: Connection, wanted: Wanted, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield differences as ``--json`` shows them, oldest first; they come in a stream."""
    statement = (
        sa.select(difference)
        .where(*wanted.where())
        .order_by(difference.c.id)
        .limit(limit)
        .execution_options(yield_per=_PORTION)
    )
    for row in connection.execute(statement):
        yield _plain(row)


def count(connection: Connection, wanted: Wanted) -> int:
    """Return how many there are."""
    statement = sa.select(sa.func.count()).select_from(difference).where(*wanted.where())
    counted: int = connection.execute(statement).scalar_one()
    return counted


def difference_story(connection: Connection, number: int) -> dict[str, Any]:
    """Return one difference with its history.

    Raises:
        InputError: There is none of that number.
    """
    row = connection.execute(sa.select(difference).where(difference.c.id == number)).one_or_none()
    if row is None:
        raise InputError(f"没有编号为 {number} 的差异；用 xinqiao reconcile items list 查看")
    events = connection.execute(
        sa.select(difference_event)
        .where(difference_event.c.difference_id == number)
        .order_by(difference_event.c.id)
    )
    history = [
        {
            "what": one.what,
            "action": one.action,
            "reason": one.reason,
            "evidence": one.evidence,
            "actor": one.actor,
            "at": one.at.isoformat(),
        }
        for one in events
    ]
    return _plain(row) | {"history": history}


def _plain(row: sa.Row[Any]) -> dict[str, Any]:
    nature = nature_of(row.what, str(row.details.get("why", "")))
    return {
        "id": row.id,
        "platform": row.platform,
        "kind": row.kind,
        "what": row.what,
        "title": nature.title,
        "document_number": row.document_number,
        "record": row.record_id,
        "department": row.department,
        "details": row.details,
        "suggested": row.suggested,
        "actions": list(nature.actions),
        "advice": nature.advice,
        "lies_from": row.lies_from.isoformat(),
        "lies_to": row.lies_to.isoformat(),
        "opened_at": row.opened_at.isoformat(),
        "last_seen_at": row.last_seen_at.isoformat(),
        "times": row.times,
        "closed_at": row.closed_at.isoformat() if row.closed_at is not None else None,
        "closed_by": row.closed_by,
    }
