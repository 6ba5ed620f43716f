"""What is counted by itself: items of records, rows of files, decisions never imported."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.clock import end_of, local_date, start_of
from xinqiao.database.tables import (
    PRESENT_VERSION,
    difference,
    duty,
    holding,
    import_run,
    record,
    record_version,
)
from xinqiao.mapping.completeness import Items, item_counter
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.queue.naming import name_of
from xinqiao.reconcile.figures.cases import Amount, Place
from xinqiao.reconcile.figures.reports import STREAM, Behind, first_duty
from xinqiao.reconcile.figures.selection import Selection, Since
from xinqiao.records.fields import iso_date
from xinqiao.records.kinds import KINDS
from xinqiao.routing.rules import must_report_by_law

SOURCE = "source"
"""Stands for a platform where the case system has a decision that never reached us."""

NEVER_IMPORTED = "never_imported"
"""What a difference of :data:`SOURCE` says of such a decision."""

Formats = Callable[[str, str], CompiledFormat]
"""Takes platform and kind; returns the format in use."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """Reads what is counted by itself.

    Attributes:
        connection: A reading connection.
        selection: Filters.
        since: From which day on decisions count.
        formats: Which items a platform requires.
    """

    connection: Connection
    selection: Selection
    since: Since
    formats: Formats
    _counters: dict[tuple[str, str], Callable[[Mapping[str, str]], Items | None]] = field(
        default_factory=dict
    )

    def items(self) -> Iterator[tuple[Amount, int]]:
        """Yield the required items of the present version of every record at each platform."""
        for amount, _ in self._items():
            yield amount, 1

    def each_item(self) -> Iterator[tuple[Amount, Behind]]:
        """Yield the same with the record behind it."""
        for amount, row in self._items():
            yield amount, Behind(row.id, name_of(row.kind, row.content))

    def _items(self) -> Iterator[tuple[Amount, Any]]:
        """Yield what is required of a record, and its row.

        Left out are records that a platform should not hold, and what was taken over. They are
        streamed, not counted by the database: what is required depends on the content.
        """
        statement = (
            sa.select(
                holding.c.platform,
                record.c.id,
                record.c.kind,
                record.c.department,
                duty.c.starts_on,
                record_version.c.content,
            )
            .join(record, record.c.id == holding.c.record_id)
            .join(record_version, PRESENT_VERSION)
            .join(duty, first_duty(), isouter=True)
            .where(
                holding.c.adopted_at.is_(None),
                holding.c.wanted_version.is_not(None),
                *self.selection.conditions(holding.c.platform, record.c.kind, record.c.department),
                *self.selection.days(duty.c.starts_on),
                *self.since.conditions(holding.c.platform, duty.c.starts_on),
            )
            .order_by(holding.c.id)
        )
        for row in self.connection.execute(statement, execution_options=STREAM):
            if row.content is None:
                continue
            counted = self._counter(row.platform, row.kind)(row.content)
            if counted is not None:
                place = Place(row.platform, row.kind, row.department, row.starts_on)
                yield Amount(place, counted.filled, counted.required), row

    def files(self) -> Iterator[tuple[Amount, Behind]]:
        """Yield the rows of every file, and how many repeat an earlier row of it."""
        if self.selection.platform is not None:
            return
        conditions = self.selection.conditions(
            sa.null(), import_run.c.kind, import_run.c.department
        )
        if self.selection.start is not None:
            conditions.append(import_run.c.started_at >= start_of(self.selection.start))
        if self.selection.end is not None:
            conditions.append(import_run.c.started_at < end_of(self.selection.end))
        statement = sa.select(import_run).where(*conditions).order_by(import_run.c.id)
        for row in self.connection.execute(statement, execution_options=STREAM):
            place = Place(None, row.kind, row.department, local_date(row.started_at))
            read, repeats = row.counts.get("read", 0), row.counts.get("duplicates", 0)
            if read:
                yield Amount(place, repeats, read), Behind(None, row.file_name)

    def never_imported(self) -> Iterator[tuple[Amount, Behind]]:
        """Yield the decisions that the case system has and we have not; open differences only.

        As of those we have, only kinds count whose reporting the law sets a limit for.
        """
        statement = (
            sa.select(
                difference.c.kind,
                difference.c.department,
                difference.c.document_number,
                difference.c.details,
            )
            .where(
                difference.c.platform == SOURCE,
                difference.c.what == NEVER_IMPORTED,
                difference.c.closed_at.is_(None),
                difference.c.kind.in_([kind for kind in KINDS if must_report_by_law(kind)]),
                *self.selection.conditions(
                    difference.c.platform, difference.c.kind, difference.c.department
                ),
            )
            .order_by(difference.c.id)
        )
        for row in self.connection.execute(statement, execution_options=STREAM):
            day = iso_date(row.details.get("decided_on"))
            if self.selection.passes(day):
                place = Place(SOURCE, row.kind, row.department, day)
                yield Amount(place, 1, 1), Behind(None, row.document_number)

    def _counter(self, platform: str, kind: str) -> Callable[[Mapping[str, str]], Items | None]:
        known = self._counters.get((platform, kind))
        if known is None:
            known = self._counters[platform, kind] = item_counter(self.formats(platform, kind))
        return known
