"""Importing a notice on holidays: keep it, count open duties anew, tell and log what moved."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.queue.notices import keep_notice, notices_in_force, stored_notices
from xinqiao.queue.recalculation import MovedDuty, recount_open_duties
from xinqiao.queue.transitions import Cause
from xinqiao.routing.calendar import Notice, WorkingCalendar
from xinqiao.routing.notices import differences


@dataclass(frozen=True, slots=True)
class CalendarImport:
    """What importing a notice came to.

    Attributes:
        notice: The notice.
        new: False when the same file was in force already: nothing was done.
        replaces: Whether it replaces an earlier import of its number.
        different: Days of which the calendar so far surely said something else.
        moved: The duties that moved.
    """

    notice: Notice
    new: bool
    replaces: bool
    different: list[date]
    moved: list[MovedDuty]


def import_notice(
    connection: Connection, notice: Notice, file_name: str, sha256: str, cause: Cause
) -> CalendarImport:
    """Put ``notice`` in force, in the caller's write transaction."""
    in_force = [one for one in stored_notices(connection) if not one.replaced]
    same_number = [one for one in in_force if one.notice.number == notice.number]
    if any(one.sha256 == sha256 for one in same_number):
        return CalendarImport(notice, new=False, replaces=False, different=[], moved=[])
    different = differences(notice, WorkingCalendar([one.notice for one in in_force]))
    keep_notice(connection, notice, file_name, sha256, cause)
    moved = recount(connection, cause)
    entry = Entry(
        "calendar.imported",
        reason=cause.reason,
        details={
            "number": notice.number,
            "year": notice.year,
            "sha256": sha256,
            "days": len(notice.days),
            "moved": len(moved),
        },
    )
    append(connection, [entry], actor=cause.actor, at=cause.at)
    return CalendarImport(
        notice, new=True, replaces=bool(same_number), different=different, moved=moved
    )


def recount(connection: Connection, cause: Cause) -> list[MovedDuty]:
    """Count open duties by the calendar that is in force now, such as after an upgrade."""
    calendar = WorkingCalendar(notices_in_force(connection))
    return recount_open_duties(connection, calendar, cause)
