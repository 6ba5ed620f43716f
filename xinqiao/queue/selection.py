"""Which submissions a person means: by number, or by what is known of them (筛选)."""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from xinqiao.clock import end_of
from xinqiao.database.tables import import_run, record, record_version, submission
from xinqiao.queue.naming import numbered
from xinqiao.queue.states import State

NUMBERS = range(1, 2**63)
"""Numbers of submissions that both databases can look for; no other can exist."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What submissions must be to be meant; None and empty mean any, and all must hold.

    Where a filter takes several values, one of them must hold.

    Attributes:
        ids: Their numbers.
        state: Where they stand; one or several.
        platform: Where they go; one or several.
        kind: Kind of their record; one or several.
        operation: What is asked of the platform.
        department: Department (科室) that the record came from.
        record: 记录标识, or its beginning.
        document: Number by which people name the record (文书号, 承诺编码 and so on), or its
            beginning; widths, brackets and blanks do not matter.
        code: What the platform said last, by its code; one or several.
        due_before: Their last day in time is before this one.
        file: Name of the file that the version they carry was read from.
    """

    ids: tuple[int, ...] = ()
    state: State | tuple[State, ...] | None = None
    platform: str | tuple[str, ...] | None = None
    kind: str | tuple[str, ...] | None = None
    operation: str | None = None
    department: str | None = None
    record: str | None = None
    document: str | None = None
    code: str | tuple[str, ...] | None = None
    due_before: date | None = None
    file: str | None = None

    @property
    def filters(self) -> dict[str, str]:
        """The filters in force, by name; numbers are none."""
        return {
            one.name: ",".join(map(str, values))
            for one in fields(self)
            if one.name != "ids" and (values := _values(getattr(self, one.name)))
        }

    @property
    def only_platform(self) -> str | None:
        """The platform, where exactly one is asked for."""
        platforms = _values(self.platform)
        return platforms[0] if len(platforms) == 1 else None

    def described(self) -> str:
        """Return the filters in one line, for the audit log."""
        return " ".join(f"{name}={value}" for name, value in self.filters.items())


def conditions(selection: Selection) -> list[sa.ColumnElement[bool]]:
    """Return what ``selection`` asks of a row of the submissions' table; no join is needed."""
    wanted: list[sa.ColumnElement[bool]] = []
    if selection.ids:
        wanted.append(submission.c.id.in_([one for one in selection.ids if one in NUMBERS]))
    for name in ("state", "platform", "kind", "operation", "code"):
        values = _values(getattr(selection, name))
        if values:
            wanted.append(submission.c[name].in_([str(value) for value in values]))
    if selection.due_before is not None:
        # due_at is the midnight after the last day
        last = selection.due_before - timedelta(days=1)
        wanted.append(submission.c.due_at <= end_of(last))
    if selection.record is not None:
        # SQLite compares the beginning without regard to case, PostgreSQL with
        begins = submission.c.record_id.startswith(selection.record.lower(), autoescape=True)
        wanted.append(begins)
    return wanted + _of_the_record(selection)


def _values(value: Any) -> tuple[Any, ...]:
    """Return the values of a filter that takes one or several; none where it is not in force."""
    if isinstance(value, tuple):
        return value
    return () if value is None else (value,)


def _of_the_record(selection: Selection) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if selection.department is not None:
        wanted.append(_record_with(record.c.department == selection.department))
    if selection.document is not None:
        wanted.append(_record_with(numbered(selection.document, whole=False)))
    if selection.file is not None:
        came_from = sa.exists().where(
            record_version.c.record_id == submission.c.record_id,
            record_version.c.version == submission.c.version,
            import_run.c.id == record_version.c.import_run_id,
            import_run.c.file_name == selection.file,
        )
        wanted.append(came_from)
    return wanted


def _record_with(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    # asked of each submission's own record: a list of records would be made anew for every portion
    return sa.exists().where(record.c.id == submission.c.record_id, condition)
