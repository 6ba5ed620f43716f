"""Which days recorded outages of platforms take (停机不计的日子): reading, nothing is changed."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import outage
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.outages import Span, outage_rules

_NONE: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Downtime:
    """The working days that platforms' outages take.

    Attributes:
        days: Platform → those days; platforms without any are left out.
    """

    days: Mapping[str, frozenset[date]] = field(default_factory=dict)

    def lost(self, platform: str, rule: str) -> Collection[date]:
        """Return the days that do not count for what is owed to ``platform`` under ``rule``."""
        found = self.days.get(platform, _NONE)
        return found if found and outage_rules().extends(rule) else _NONE


def read_downtime(connection: Connection, calendar: WorkingCalendar) -> Downtime:
    """Return what the outages that stand take, by ``calendar``."""
    return downtime_of(read_spans(connection), calendar)


def downtime_of(spans: Mapping[str, Sequence[Span]], calendar: WorkingCalendar) -> Downtime:
    """Return what spans of platforms take, by ``calendar``."""
    taken = {
        platform: outage_rules().lost_days(found, calendar) for platform, found in spans.items()
    }
    return Downtime({platform: days for platform, days in taken.items() if days})


def read_spans(connection: Connection) -> dict[str, list[Span]]:
    """Return platform → its outages that were not revoked, as they were recorded."""
    found: dict[str, list[Span]] = defaultdict(list)
    statement = sa.select(outage.c.platform, outage.c.begins_at, outage.c.ends_at).where(
        outage.c.revoked_at.is_(None)
    )
    for row in connection.execute(statement):
        found[row.platform].append(Span(row.begins_at, row.ends_at))
    return found
