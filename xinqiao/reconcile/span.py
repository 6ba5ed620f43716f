"""Which days of each ledger are read (读取范围): those asked for, all, or what is new."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.engine import Connection

from xinqiao.reconcile.ledgers.readings import (
    first_day,
    first_day_of_all,
    first_late,
    incremental,
    proven,
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
        if self.full:
            every = first_day_of_all(connection, platform, kind, self.report_from)
            window, _ = self._from(None, every)
            # what was taken over from before is read too, and no gap where it is not
            since = first_day(connection, platform, kind, self.report_from)
            return window, window.start if since is None else since
        seen = proven(connection, platform, kind)
        if seen is None:
            return self._from(None, first_day(connection, platform, kind, self.report_from))
        if self.report_from is not None and self.report_from < seen.start:
            return self._from(None, self.report_from)
        late = first_late(connection, platform, kind, seen.end)
        since = seen.end + timedelta(days=1)
        return self._from(seen.end, since if late is None else min(since, late))

    def _from(self, mark: date | None, since: date | None) -> tuple[Window, date | None]:
        if self.window is not None:
            return self.window, since
        window = incremental(mark, since, self.today, self.overlap_days)
        # where nothing is known, the usual days are all there is to ask for
        return window, window.start if since is None else since
