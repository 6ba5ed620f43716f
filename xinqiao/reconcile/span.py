"""Which days of each ledger are read (读取范围): those asked for, all, or what is new."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.engine import Connection

from xinqiao.reconcile.ledgers.readings import (
    first_day,
    first_day_of_all,
    incremental,
    mark_of,
)
from xinqiao.reconcile.window import Window


@dataclass(frozen=True, slots=True)
class Span:
    """What a person asks for.

    Attributes:
        today: The last day.
        window: Days that were named; None where none were.
        full: Read everything again, whatever the mark.
        report_from: The day since which the bureau reports to the platform, where the settings say
            one.
        overlap_days: How many days before the mark are read once more.
    """

    today: date
    window: Window | None = None
    full: bool = False
    report_from: date | None = None
    overlap_days: int = 3

    def of(self, connection: Connection, platform: str, kind: str) -> tuple[Window, date | None]:
        """Return the days to read of one ledger, and from which day on that leaves no gap."""
        mark = mark_of(connection, platform, kind)
        if self.full:
            since = first_day_of_all(connection, platform, kind, self.report_from)
            return incremental(None, since, self.today, self.overlap_days), since
        # where there is a mark, it alone tells where a gap would begin
        since = first_day(connection, platform, kind, self.report_from) if mark is None else mark
        if self.window is not None:
            return self.window, since
        return incremental(mark, since, self.today, self.overlap_days), since
