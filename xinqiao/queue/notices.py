"""Notices on holidays that the bureau imported, kept for ever; the last of a number holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import calendar_notice
from xinqiao.queue.transitions import Cause
from xinqiao.routing.calendar import Notice, NoticeDay


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """One import of a notice (已导入的放假通知).

    Attributes:
        id: Of the import.
        notice: What it says.
        file_name: From which file.
        sha256: Of the file.
        actor: Who imported it.
        imported_at: When.
        replaced: Whether a later import of the same number holds instead.
    """

    id: int
    notice: Notice
    file_name: str
    sha256: str
    actor: str
    imported_at: datetime
    replaced: bool


def stored_notices(connection: Connection) -> list[StoredNotice]:
    """Return every import, oldest first."""
    rows = connection.execute(sa.select(calendar_notice).order_by(calendar_notice.c.id)).all()
    last = {row.number: row.id for row in rows}
    counts: dict[str, int] = {}
    found = []
    for row in rows:
        counts[row.number] = counts.get(row.number, 0) + 1
        days = {
            date.fromisoformat(one["day"]): NoticeDay(one["working"], one["reason"])
            for one in row.days
        }
        found.append(
            StoredNotice(
                row.id,
                Notice(row.number, days, row.year, counts[row.number]),
                row.file_name,
                row.file_sha256,
                row.actor,
                row.imported_at,
                replaced=last[row.number] != row.id,
            )
        )
    return found


def notices_in_force(connection: Connection) -> Sequence[Notice]:
    """Return the notices that hold, in the order of import."""
    return [one.notice for one in stored_notices(connection) if not one.replaced]


def keep_notice(
    connection: Connection, notice: Notice, file_name: str, sha256: str, cause: Cause
) -> None:
    """Keep a notice; from now on it holds in place of an earlier one of its number."""
    connection.execute(
        sa.insert(calendar_notice),
        {
            "number": notice.number,
            "year": notice.year,
            "days": [
                {"day": day.isoformat(), "working": said.working, "reason": said.reason}
                for day, said in notice.days.items()
            ],
            "file_name": file_name,
            "file_sha256": sha256,
            "actor": cause.actor,
            "imported_at": cause.at,
        },
    )
