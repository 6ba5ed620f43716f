"""First reports, and changes of what platforms hold, from the database (首次报送；更正撤回).

Counting lets the database put equal cases together: a million duties become some thousand rows.
Listing streams them one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.dialect import local_day
from xinqiao.database.tables import PRESENT_VERSION, duty, holding, record, record_version
from xinqiao.queue.naming import name_of
from xinqiao.reconcile.figures.cases import (
    ACCEPTED,
    ADOPTED,
    REFUSED,
    Case,
    ChangeReport,
    FirstReport,
    Obligation,
    Place,
)
from xinqiao.reconcile.figures.selection import Selection, Since
from xinqiao.reconcile.figures.submitted import submitted
from xinqiao.routing.rules import BUREAU, OpensOn, rules

STREAM = {"yield_per": 1000}
"""Rows that are fetched at once; PostgreSQL keeps the others on the server."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind one case, for a list.

    Attributes:
        record_id: 记录标识; None where there is no record of ours.
        name: By what people name it, masked.
        reported_at: When it counts as reported.
    """

    record_id: str | None
    name: str
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What is counted from the tables of duties and holdings.

    Attributes:
        connection: A reading connection.
        selection: Filters.
        since: From which day on decisions count.
    """

    connection: Connection
    selection: Selection
    since: Since

    def first_reports(self, *, with_answers: bool) -> Iterator[tuple[Case, int]]:
        """Yield each different first report and how many there are of it.

        Args:
            with_answers: Whether what platforms said is needed as well, which costs a look at
                every submission.
        """
        columns, source, conditions = self._first_reports(with_answers=with_answers)
        grouped = (
            sa.select(*columns, sa.func.count().label("times"))
            .select_from(source)
            .where(*conditions)
            .group_by(*columns)
        )
        for row in self._stream(grouped):
            yield _first_report(row, with_answers=with_answers), row.times

    def each_first_report(self, *, with_answers: bool) -> Iterator[tuple[Case, Behind]]:
        """Yield every first report with the record behind it, in the order of taking in."""
        columns, source, conditions = self._first_reports(with_answers=with_answers)
        one_by_one = (
            sa.select(*columns, *_BEHIND)
            .select_from(source.join(record_version, PRESENT_VERSION))
            .where(*conditions)
            .order_by(holding.c.id)
        )
        for row in self._stream(one_by_one):
            yield _first_report(row, with_answers=with_answers), _behind(row)

    def changes(self) -> Iterator[tuple[Case, int]]:
        """Yield each different change and how many there are of it."""
        columns, source, conditions = self._changes()
        grouped = (
            sa.select(*columns, sa.func.count().label("times"))
            .select_from(source)
            .where(*conditions)
            .group_by(*columns)
        )
        for row in self._stream(grouped):
            yield _change(row), row.times

    def each_change(self) -> Iterator[tuple[Case, Behind]]:
        """Yield every change with the record behind it, in the order in which they opened."""
        columns, source, conditions = self._changes()
        one_by_one = (
            sa.select(*columns, *_BEHIND)
            .select_from(source.join(record_version, PRESENT_VERSION))
            .where(*conditions)
            .order_by(duty.c.id)
        )
        for row in self._stream(one_by_one):
            yield _change(row), _behind(row)

    def _first_reports(
        self, *, with_answers: bool
    ) -> tuple[list[sa.ColumnElement[Any]], sa.Join, list[sa.ColumnElement[bool]]]:
        source = holding.join(record, record.c.id == holding.c.record_id).join(
            duty, first_duty(), isouter=True
        )
        columns = self._columns(holding.c.platform)
        columns.append(holding.c.wanted_version.is_not(None).label("wanted"))
        if with_answers:
            answers = submitted()
            source = source.join(answers, answers.c.holding_id == holding.c.id, isouter=True)
            columns += [answers.c.first, answers.c.stored, answers.c.sent, answers.c.repeated]
        # what a platform held before us was not reported by us
        conditions = [
            holding.c.adopted_at.is_(None),
            sa.or_(duty.c.closed_by.is_(None), duty.c.closed_by != ADOPTED),
            *self._filters(holding.c.platform),
        ]
        return columns, source, conditions

    def _changes(
        self,
    ) -> tuple[list[sa.ColumnElement[Any]], sa.Join, list[sa.ColumnElement[bool]]]:
        source = duty.join(record, record.c.id == duty.c.record_id)
        conditions = [
            duty.c.rule.in_(_CHANGES),
            duty.c.platform != BUREAU,
            *self._filters(duty.c.platform),
        ]
        return self._columns(duty.c.platform), source, conditions

    def _columns(self, platform: sa.ColumnElement[str]) -> list[sa.ColumnElement[Any]]:
        return [
            platform,
            record.c.kind,
            record.c.department,
            duty.c.rule,
            duty.c.starts_on,
            duty.c.legal,
            duty.c.closed_by,
            local_day(self.connection, duty.c.reported_at).label("reported_on"),
        ]

    def _filters(self, platform: sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
        return [
            *self.selection.conditions(platform, record.c.kind, record.c.department),
            *self.selection.days(duty.c.starts_on),
            *self.since.conditions(platform, duty.c.starts_on),
        ]

    def _stream(self, statement: sa.Select[Any]) -> Iterator[Any]:
        yield from self.connection.execute(statement, execution_options=STREAM)


_FIRST = tuple(
    one.id for one in rules().values() if one.opens_on in {OpensOn.DECISION, OpensOn.RECORDED}
)
_CHANGES = tuple(one.id for one in rules().values() if one.opens_on is OpensOn.CHANGE)

_BEHIND = (
    record.c.id.label("record_id"),
    record_version.c.content,
    duty.c.reported_at,
)


def first_duty() -> sa.ColumnElement[bool]:
    """Return what joins a holding to the duty of its first report; it has one at most."""
    return sa.and_(
        duty.c.record_id == holding.c.record_id,
        duty.c.platform == holding.c.platform,
        duty.c.rule.in_(_FIRST),
    )


def _first_report(row: Any, *, with_answers: bool) -> FirstReport:
    owed = _obligation(row)
    if not with_answers:
        return FirstReport(_place(row), owed, bool(row.wanted))
    first = None if row.first is None else REFUSED if row.first else ACCEPTED
    return FirstReport(
        _place(row),
        owed,
        bool(row.wanted),
        bool(row.sent),
        first,
        bool(row.stored),
        bool(row.repeated),
    )


def _change(row: Any) -> ChangeReport:
    return ChangeReport(_place(row), _duty(row))


def _place(row: Any) -> Place:
    return Place(row.platform, row.kind, row.department, row.starts_on)


def _obligation(row: Any) -> Obligation | None:
    return None if row.rule is None else _duty(row)


def _duty(row: Any) -> Obligation:
    return Obligation(row.rule, row.starts_on, bool(row.legal), row.closed_by, row.reported_on)


def _behind(row: Any) -> Behind:
    name = name_of(row.kind, row.content) if row.content is not None else ""
    return Behind(row.record_id, name, row.reported_at)
