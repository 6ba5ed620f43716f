"""Which records a figure is about (统计范围)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Since:
    """From which day on decisions are owed through this hub (启用日期); see ``report_from``.

    Attributes:
        everywhere: The day for platforms that have none of their own; None: all decisions.
        platforms: Platform → its own day.
    """

    everywhere: date | None = None
    platforms: Mapping[str, date] = field(default_factory=dict)

    def conditions(
        self, platform: sa.ColumnElement[str], day: sa.ColumnElement[Any]
    ) -> list[sa.ColumnElement[bool]]:
        """Return what holds for a day on ``platform`` that is not before ours; unknown days pass.

        Args:
            platform: Column with the platform.
            day: Column with the day of the decision or of the change.
        """
        found = [
            sa.or_(platform != name, day.is_(None), day >= first)
            for name, first in self.platforms.items()
        ]
        if self.everywhere is not None:
            own = platform.in_(sorted(self.platforms))
            found.append(sa.or_(own, day.is_(None), day >= self.everywhere))
        return found


@dataclass(frozen=True, slots=True)
class Selection:
    """Filters; None lets everything pass.

    Attributes:
        platform: Platform identifier.
        kind: Record kind.
        department: 科室 as it stands in the import; empty for records without one.
        start: First day, of the decision (of the change, of the import) …
        end: … and last one, included. What has no day passes only where neither is set.
    """

    platform: str | None = None
    kind: str | None = None
    department: str | None = None
    start: date | None = None
    end: date | None = None

    def conditions(
        self,
        platform: sa.ColumnElement[Any],
        kind: sa.ColumnElement[Any],
        department: sa.ColumnElement[Any],
    ) -> list[sa.ColumnElement[bool]]:
        """Return the filters on everything but days."""
        wanted = ((platform, self.platform), (kind, self.kind), (department, self.department))
        return [column == value for column, value in wanted if value is not None]

    def days(self, day: sa.ColumnElement[Any]) -> list[sa.ColumnElement[bool]]:
        """Return the filters on a column of dates."""
        found = []
        if self.start is not None:
            found.append(day >= self.start)
        if self.end is not None:
            found.append(day <= self.end)
        return found

    def passes(self, day: date | None) -> bool:
        """Tell whether a day passes that the database does not know as a date."""
        if day is None:
            return self.start is None and self.end is None
        first, last = self.start or date.min, self.end or date.max
        return first <= day <= last
