"""What waits for a second person, the most urgent first (待审核一览)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.clock import local_date
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import (
    PRESENT_VERSION,
    UNFIT,
    duty,
    holding,
    import_run,
    record,
    record_version,
)
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.naming import name_of, number_of, shown
from xinqiao.queue.review_changes import Field, changes_since
from xinqiao.queue.reviewing import AWAITING, RETURNED, Version, Word, last_words, says
from xinqiao.routing.calendar import WorkingCalendar


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which waiting versions a person asks for; None means all.

    Attributes:
        kind: Of records of this kind.
        department: Of this department's records; empty for those of none.
        platform: Of those that are to be sent to this platform.
        run: Of those that this import brought.
        records: Of these records alone.
        returned: Those that were returned to their department, instead of those that wait.
    """

    kind: str | None = None
    department: str | None = None
    platform: str | None = None
    run: int | None = None
    records: tuple[str, ...] | None = None
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when a version must have been reported.

    Attributes:
        due_on: Last day; None where there is no limit.
        legal: Whether law sets it; False for an 内部时限, which is never overdue.
        provisional: Whether the day may still move.
        days_left: Working days that are left after today; negative for those since the last day.
        overdue: Whether a legal limit is over.
        due_soon: Whether one ends soon.
    """

    due_on: date | None = None
    legal: bool = False
    provisional: bool = False
    days_left: int | None = None
    overdue: bool = False
    due_soon: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One version that waits for a second person, or was returned by one.

    Attributes:
        record: 记录标识.
        kind: Its kind.
        number: Document number, or empty.
        called: By what people name it.
        name: The subject's name.
        department: Who answers for it; may be empty.
        version: Which version.
        importer: Who imported it: never the one who approves it.
        imported_at: When.
        run: Number of the import (导入批次).
        file: The file that it came in, or the command.
        row: Row of the file.
        platforms: Where it is to be sent once it is approved.
        deadline: The earliest legal limit there, or else the earliest of ours.
        compared_with: The version that it replaces: the last one that was approved or is held;
            None for a first report.
        changed: What differs from that, masked.
        returned: What was said when it was returned; None while it waits.
    """

    record: str
    kind: str
    number: str
    called: str
    name: str
    department: str
    version: int
    importer: str
    imported_at: datetime
    run: int
    file: str
    row: int
    platforms: tuple[str, ...]
    deadline: Deadline
    compared_with: int | None
    changed: tuple[Field, ...]
    returned: Word | None

    @property
    def urgent(self) -> bool:
        """Whether it must not wait much longer."""
        return self.deadline.overdue or self.deadline.due_soon

    def plain(self) -> dict[str, Any]:
        """Return the line as ``--json`` shows it."""
        told: dict[str, Any] = asdict(self)
        deadline: dict[str, Any] = told.pop("deadline")
        deadline["due_on"] = deadline["due_on"] and deadline["due_on"].isoformat()
        returned = self.returned and {
            "actor": self.returned.actor,
            "at": self.returned.at.isoformat(),
            "reason": self.returned.reason,
        }
        lists = {
            "platforms": list(self.platforms),
            "changed": [one.plain() for one in self.changed],
        }
        at = {"imported_at": self.imported_at.isoformat()}
        return told | deadline | lists | at | {"returned": returned}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that waits, and by when.

    Attributes:
        version: Record and version.
        platforms: Where it is to be sent.
        due_at: When the earliest legal limit there ends, or else the earliest of ours; None where
            there is none.
        urgent: Whether a legal limit is over, or ends soon.
    """

    version: Version
    platforms: tuple[str, ...]
    due_at: datetime | None
    urgent: bool


@dataclass(frozen=True, slots=True)
class Present:
    """What urgency is judged by.

    Attributes:
        now: The instant.
        soon: What ends up to then is due soon.
        calendar: Working days.
    """

    now: datetime
    soon: datetime
    calendar: WorkingCalendar


def waiting(connection: Connection, wanted: Wanted, present: Present) -> list[Waiting]:
    """Return what waits, the most urgent first; what has no limit comes last."""
    statement = (
        sa.select(holding.c.record_id, holding.c.wanted_version, holding.c.platform)
        .join(record, record.c.id == holding.c.record_id)
        .join(record_version, PRESENT_VERSION)
        .where(*_conditions(wanted))
        .order_by(holding.c.id)
    )
    platforms: dict[Version, list[str]] = {}
    for record_id, version, platform in connection.execute(statement):
        platforms.setdefault((record_id, version), []).append(platform)
    limits = _limits(connection, [record_id for record_id, _ in platforms])
    found = [
        _waiting(version, tuple(places), limits.get(version[0], ()), present)
        for version, places in platforms.items()
    ]
    # sorted() keeps the order of import among those of one day
    return sorted(found, key=lambda one: one.due_at or _NEVER)


def _waiting(
    version: Version, platforms: tuple[str, ...], duties: Sequence[Any], present: Present
) -> Waiting:
    first = _first(duties, platforms)
    if first is None:
        return Waiting(version, platforms, due_at=None, urgent=False)
    urgent = first.legal and first.due_at <= present.soon
    return Waiting(version, platforms, first.due_at, urgent)


def _first(duties: Sequence[Any], platforms: Sequence[str]) -> Any | None:
    """Return what ends first at ``platforms``: a legal limit goes before one of our own."""
    owed = (one for one in duties if one.platform in platforms)
    return min(owed, key=lambda one: (not one.legal, one.due_at), default=None)


_NEVER = datetime.max.replace(tzinfo=UTC)
"""When what has no limit is due."""


def _conditions(wanted: Wanted) -> Iterator[sa.ColumnElement[bool]]:
    code = RETURNED if wanted.returned else AWAITING
    # alone with its table: versions have findings too
    unfit = sa.select(holding.c.id).where(UNFIT, says(code)).correlate(None)
    yield holding.c.id.in_(unfit)
    for column, value in (
        (record.c.kind, wanted.kind),
        (record.c.department, wanted.department),
        (holding.c.platform, wanted.platform),
        (record_version.c.import_run_id, wanted.run),
    ):
        if value is not None:
            yield column == value
    if wanted.records is not None:
        yield record.c.id.in_(wanted.records)


def lines(
    connection: Connection, keys: KeyRing, found: Sequence[Waiting], present: Present
) -> Iterator[Line]:
    """Yield what a person sees of versions that wait, in their order.

    Args:
        connection: A reading connection.
        keys: Of the workspace.
        found: From :func:`waiting`; only so many as are shown.
        present: What urgency is judged by.
    """
    for chunk in in_chunks(found):
        versions = [one.version for one in chunk]
        rows = {row.id: row for row in _rows(connection, versions)}
        words = last_words(connection, versions)
        limits = _limits(connection, [record_id for record_id, _ in versions])
        changes = changes_since(connection, keys, {one: rows[one[0]].kind for one in versions})
        for one in chunk:
            row = rows[one.version[0]]
            content = row.content or {}
            word = words.get(one.version)
            base, changed = changes[one.version]
            yield Line(
                record=row.id,
                kind=row.kind,
                number=number_of(row.kind, content),
                called=name_of(row.kind, content),
                name=shown(content.get("subject.name", "")),
                department=row.department,
                version=row.version,
                importer=row.actor,
                imported_at=row.created_at,
                run=row.import_run_id,
                file=row.file_name,
                row=row.source_row,
                platforms=one.platforms,
                deadline=_deadline(limits.get(row.id, ()), one.platforms, present),
                compared_with=base,
                changed=changed,
                returned=word if word is not None and not word.approved else None,
            )


def _rows(connection: Connection, versions: Sequence[Version]) -> Sequence[Any]:
    statement = (
        sa.select(
            record.c.id,
            record.c.kind,
            record.c.department,
            record_version.c.version,
            record_version.c.content,
            record_version.c.import_run_id,
            record_version.c.source_row,
            record_version.c.created_at,
            import_run.c.actor,
            import_run.c.file_name,
        )
        .join(record_version, PRESENT_VERSION)
        .join(import_run, import_run.c.id == record_version.c.import_run_id)
        .where(record.c.id.in_([record_id for record_id, _ in versions]))
    )
    return connection.execute(statement).all()


def _limits(connection: Connection, record_ids: Sequence[str]) -> dict[str, list[Any]]:
    """Return record → what is owed of it anywhere."""
    found: dict[str, list[Any]] = {}
    for chunk in in_chunks(record_ids):
        # by record alone: with the platform in it, SQLite would walk every open duty
        statement = sa.select(
            duty.c.record_id,
            duty.c.platform,
            duty.c.due_on,
            duty.c.due_at,
            duty.c.legal,
            duty.c.provisional,
        ).where(duty.c.record_id.in_(chunk), duty.c.closed_at.is_(None))
        for row in connection.execute(statement):
            found.setdefault(row.record_id, []).append(row)
    return found


def _deadline(duties: Sequence[Any], platforms: Sequence[str], present: Present) -> Deadline:
    row = _first(duties, platforms)
    if row is None:
        return Deadline()
    return Deadline(
        due_on=row.due_on,
        legal=row.legal,
        provisional=row.provisional,
        days_left=_days_left(row.due_on, local_date(present.now), present.calendar),
        overdue=row.legal and row.due_at <= present.now,
        due_soon=row.legal and present.now < row.due_at <= present.soon,
    )


def _days_left(due_on: date, today: date, calendar: WorkingCalendar) -> int:
    """Return the working days after ``today`` up to ``due_on``, or back to it, negative."""
    first, last = sorted((today, due_on))
    days = (first + timedelta(days=one) for one in range(1, (last - first).days + 1))
    count = sum(calendar.status(day).working for day in days)
    return count if due_on >= today else -count
