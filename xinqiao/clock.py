"""The one place that knows what time it is.

Instants are aware UTC; legal dates are dates in Asia/Shanghai (the whole country uses one zone).
Everything that needs the time is handed a :class:`Clock`, so tests run without waiting.
"""

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The zone in which legal dates are meant (北京时间)."""


class Clock:
    """The system's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """Return the present legal date, in Asia/Shanghai."""
        return local_date(self.now())

    def elapsed(self) -> float:
        """Return seconds that only ever grow, also while the process or the machine is frozen.

        Only differences mean something. Leases are measured by it: a worker that was stopped, or
        whose machine was suspended, must notice how long it was away.
        """
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""
        time.sleep(seconds)


def local_date(instant: datetime) -> date:
    """Return the legal date on which ``instant`` falls."""
    return instant.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """Return the instant at which the legal date ``day`` begins, in UTC."""
    return datetime.combine(day, time_of_day.min, SHANGHAI).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return the instant at which the legal date ``day`` has passed (the next midnight), in UTC."""
    return start_of(day + timedelta(days=1))
