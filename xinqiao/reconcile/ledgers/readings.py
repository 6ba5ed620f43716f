"""Readings of a ledger (台账读取), and up to which day they prove that nothing was missed (高水位).

The mark of a ledger moves only with a reading that was whole, and only where that reading begins
no later than the day after the mark, and than anything that was decided only after the mark. So
every day up to the mark was seen whole by some reading, and whatever is accepted late is compared
by the next one.

Of one ledger only the last reading goes on: one that was broken off, or that another process is
still at, ends with the beginning of the next. What it had seen is thrown away.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import local_date, start_of
from xinqiao.database.engine import Database
from xinqiao.database.tables import (
    holding,
    ledger_line,
    ledger_reading,
    receipt,
    record,
    submission,
)
from xinqiao.database.tables.submissions import CLOSED_STATES
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.states import State
from xinqiao.queue.transitions import Cause
from xinqiao.reconcile.window import EDGE, Window

_DAY = timedelta(days=1)
_PORTION = 5000
"""Lines that are dropped in one transaction: others wait to write meanwhile."""

DAYS = 30
"""How many days before today a first reading covers at least: strangers may stand there."""

OVERTAKEN = "读取期间又开始了对同一台账的另一次读取，这一次作罢"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a ledger was read from.

    Attributes:
        kind: ``api``, ``table`` or ``file``.
        file_name: Of a file.
        sha256: Of a file's bytes.
    """

    kind: str = "api"
    file_name: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading that is under way.

    Attributes:
        id: Of its row.
        platform: Whose ledger.
        kind: Record kind.
        window: The days that are read.
        whole_days: Last day of which everything must show by now.
        since: The day from which on it leaves no gap; None where nothing is known.
    """

    id: int
    platform: str
    kind: str
    window: Window
    whole_days: date
    since: date | None


def proven(connection: Connection, platform: str, kind: str) -> Window | None:
    """Return the days of a ledger that whole readings cover without a gap; None for none."""
    start, mark = connection.execute(
        sa.select(sa.func.min(ledger_reading.c.starts_on), sa.func.max(ledger_reading.c.mark_on))
        .where(ledger_reading.c.platform == platform, ledger_reading.c.kind == kind)
        .where(ledger_reading.c.mark_on.is_not(None))
    ).one()
    return None if mark is None else Window(start, mark)


def mark_of(
    connection: Connection, platform: str, kind: str, since: date | None = None
) -> date | None:
    """Return the day up to which a ledger was read whole and without a gap; None for none.

    Args:
        connection: Any.
        platform: Whose ledger.
        kind: Record kind.
        since: The day from which on it has to be read, where that is before the mark.
    """
    seen = proven(connection, platform, kind)
    if seen is None or (since is not None and since < seen.start):
        return None
    return seen.end


def first_late(connection: Connection, platform: str, kind: str, mark: date) -> date | None:
    """Return the first day that has to be read again, since something of it was decided later.

    What was under way when the mark was set was not compared by that reading, and may stand in the
    ledger under the day of its send or under any that the platform told. None where nothing is.
    """
    begun = sa.func.coalesce(submission.c.request_started_at, submission.c.created_at)
    statement = (
        sa.select(sa.func.min(begun), sa.func.min(receipt.c.platform_time))
        .select_from(submission)
        .outerjoin(receipt, receipt.c.submission_id == submission.c.id)
        .where(
            submission.c.platform == platform,
            submission.c.kind == kind,
            submission.c.state.in_(CLOSED_STATES),
            submission.c.changed_at >= start_of(mark + _DAY),
            _may_stand_there(),
        )
    )
    times = [one for one in connection.execute(statement).one() if one is not None]
    # so near to midnight it may stand on either day by the platform's clock
    return local_date(min(times) - EDGE) if times else None


def _may_stand_there() -> sa.ColumnElement[bool]:
    # a person may report that something was accepted that never went out through us
    accepted = submission.c.state == State.ACCEPTED.value
    return sa.or_(accepted, submission.c.request_started_at.is_not(None))


def first_day(
    connection: Connection, platform: str, kind: str, report_from: date | None
) -> date | None:
    """Return the day from which on a ledger has to be read: what is reported begins there.

    It is that of the first send, whatever became of it, or the day since which the bureau reports
    through this hub, whichever is earlier; None where neither is known.
    """
    begun = sa.func.coalesce(submission.c.request_started_at, submission.c.created_at)
    statement = sa.select(sa.func.min(begun)).where(
        submission.c.platform == platform,
        submission.c.kind == kind,
        _may_stand_there(),
    )
    return _earliest(connection.execute(statement).scalar_one(), report_from)


def first_day_of_all(
    connection: Connection, platform: str, kind: str, report_from: date | None
) -> date | None:
    """Return the same, with what was taken over from the time before."""
    statement = (
        sa.select(sa.func.min(holding.c.taken_in_at))
        .join(record, record.c.id == holding.c.record_id)
        .where(holding.c.platform == platform, record.c.kind == kind)
    )
    first = first_day(connection, platform, kind, report_from)
    return _earliest(connection.execute(statement).scalar_one(), first)


def _earliest(at: datetime | None, day: date | None) -> date | None:
    days = [one for one in (local_date(at) if at is not None else None, day) if one is not None]
    return min(days, default=None)


def begin(
    connection: Connection,
    reading: Reading,
    origin: Origin,
    cause: Cause,
) -> tuple[Reading, list[int]]:
    """Note that a reading begins; those of the same ledger that did not end are over.

    Returns:
        The reading with its number, and the numbers of all whose lines must be dropped.
    """
    same = (
        ledger_reading.c.platform == reading.platform,
        ledger_reading.c.kind == reading.kind,
    )
    overtaken = connection.execute(
        sa.update(ledger_reading)
        .where(*same, ledger_reading.c.finished_at.is_(None))
        .values(finished_at=cause.at, incomplete=OVERTAKEN)
        .returning(ledger_reading.c.id)
    )
    over = sorted(overtaken.scalars())
    number = connection.execute(
        sa.insert(ledger_reading)
        .values(
            platform=reading.platform,
            kind=reading.kind,
            origin=origin.kind,
            file_name=mask_identity_numbers(origin.file_name),
            file_sha256=origin.sha256,
            starts_on=reading.window.start,
            ends_on=reading.window.end,
            actor=cause.actor,
            begun_at=cause.at,
        )
        .returning(ledger_reading.c.id)
    ).scalar_one()
    # few readings have lines, and those that have are the last ones
    left = sa.select(ledger_reading.c.id).where(
        *same,
        ledger_reading.c.id < number,
        sa.exists().where(ledger_line.c.reading_id == ledger_reading.c.id),
    )
    entries = [
        Entry(
            "ledger.overtaken",
            platform=reading.platform,
            details={"kind": reading.kind, "reading": one, "by": number},
        )
        for one in over
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)
    begun = Reading(
        number,
        reading.platform,
        reading.kind,
        reading.window,
        reading.whole_days,
        reading.since,
    )
    return begun, list(connection.execute(left).scalars())


def goes_on(connection: Connection, reading: Reading) -> bool:
    """Tell whether a reading is still the last of its ledger."""
    statement = sa.select(ledger_reading.c.finished_at).where(ledger_reading.c.id == reading.id)
    return connection.execute(statement).scalar_one() is None


def finish(
    connection: Connection, reading: Reading, entries: int, incomplete: str, cause: Cause
) -> date | None:
    """Note how a reading ended, and move the mark where it proves more than was proven before.

    Returns:
        The mark that holds now.
    """
    before = mark_of(connection, reading.platform, reading.kind, reading.since)
    seen = proven(connection, reading.platform, reading.kind)
    mark = _moved(reading, seen) if not incomplete else None
    told = mask_identity_numbers(incomplete)
    ended = connection.execute(
        sa.update(ledger_reading)
        .where(ledger_reading.c.id == reading.id, ledger_reading.c.finished_at.is_(None))
        .values(finished_at=cause.at, entries=entries, incomplete=told, mark_on=mark)
        .returning(
            ledger_reading.c.origin, ledger_reading.c.file_name, ledger_reading.c.file_sha256
        )
    ).one_or_none()
    if ended is None:
        return before
    entry = Entry(
        "ledger.read",
        platform=reading.platform,
        details={
            "kind": reading.kind,
            "reading": reading.id,
            "origin": ended.origin,
            "file": ended.file_name,
            "sha256": ended.file_sha256,
            "from": reading.window.start.isoformat(),
            "to": reading.window.end.isoformat(),
            "entries": entries,
            "complete": not incomplete,
            "incomplete": told,
            "mark": mark.isoformat() if mark is not None else None,
        },
    )
    append(connection, [entry], actor=cause.actor, at=cause.at)
    return mark or before


def _moved(reading: Reading, seen: Window | None) -> date | None:
    """Return the mark after a whole reading; None where it proves no more than was proven."""
    start, end = reading.window.start, min(reading.window.end, reading.whole_days)
    if reading.since is None or start > reading.since or end < start:
        return None
    if seen is None:
        return end
    touches = start <= seen.end + _DAY and seen.start <= end + _DAY
    if not touches or (seen.start <= start and end <= seen.end):
        return None
    return max(end, seen.end)


def incremental(mark: date | None, since: date | None, today: date, overlap_days: int) -> Window:
    """Return the days that the next reading has to cover.

    Args:
        mark: Up to which day everything was seen.
        since: Where reading begins at the latest; None where nothing is known.
        today: The last day.
        overlap_days: How many days before the mark are read once more.
    """
    if mark is None:
        usual = today - timedelta(days=DAYS)
        return Window(min(since or usual, usual), today)
    usual = min(mark + _DAY - timedelta(days=overlap_days), today)
    return Window(min(since or usual, usual), today)


def last_reading(
    connection: Connection, platform: str, kind: str
) -> sa.Row[tuple[object, ...]] | None:
    """Return number, end and completeness of the last reading of a ledger, if there is one."""
    statement = (
        sa.select(
            ledger_reading.c.id,
            ledger_reading.c.begun_at,
            ledger_reading.c.finished_at,
            ledger_reading.c.incomplete,
        )
        .where(ledger_reading.c.platform == platform, ledger_reading.c.kind == kind)
        .order_by(ledger_reading.c.id.desc())
        .limit(1)
    )
    return connection.execute(statement).one_or_none()


def drop_lines(database: Database, numbers: list[int]) -> None:
    """Drop what readings that are over had seen, a portion at a time."""
    for number in numbers:
        while _drop_portion(database, number):
            pass


def _drop_portion(database: Database, number: int) -> bool:
    """Drop some lines of a reading, those with the lowest hashes; tell whether more are left."""
    of_reading = ledger_line.c.reading_id == number
    hashes = sa.select(ledger_line.c.entry_hash).where(of_reading)
    nth = hashes.order_by(ledger_line.c.entry_hash).offset(_PORTION).limit(1)
    with database.writing() as connection:
        first_left = connection.execute(nth).scalar_one_or_none()
        portion = () if first_left is None else (ledger_line.c.entry_hash < first_left,)
        connection.execute(sa.delete(ledger_line).where(of_reading, *portion))
    return first_left is not None


def whole_days(now: datetime, visible_after: timedelta) -> date:
    """Return the last day whose records must all show in a ledger that is read at ``now``."""
    return local_date(now - visible_after) - _DAY
