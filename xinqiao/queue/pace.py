"""How fast and when a platform may be called (调用节奏): pure decisions about instants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from xinqiao.clock import SHANGHAI
from xinqiao.routing.calendar import WorkingCalendar

_LOOK_AHEAD_DAYS = 400
_DAY_BEGINS = time(0)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``calls`` may begin within any ``seconds``."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Hours:
    """When calls may begin.

    Attributes:
        spans: Times of day in Asia/Shanghai, from the first to before the second; empty for always.
        calendar: Tells working days, where calls may begin on these only; None for every day.
    """

    spans: Sequence[tuple[time, time]] = ()
    calendar: WorkingCalendar | None = None

    def opens(self, now: datetime) -> datetime | None:
        """Return when calls may begin next; None if they may now.

        A calendar without a working day in sight opens when the look-ahead ends.
        """
        local = now.astimezone(SHANGHAI)
        if self._may_begin(local):
            return None
        for ahead in range(_LOOK_AHEAD_DAYS):
            day = (local + timedelta(days=ahead)).date()
            if self.calendar is not None and not self.calendar.status(day).working:
                continue
            for begins in sorted(begins for begins, _ in self.spans) or [_DAY_BEGINS]:
                opening = datetime.combine(day, begins, SHANGHAI)
                if opening > local:
                    return opening
        return now + timedelta(days=_LOOK_AHEAD_DAYS)

    def _may_begin(self, local: datetime) -> bool:
        if self.calendar is not None and not self.calendar.status(local.date()).working:
            return False
        at = local.time()
        return not self.spans or any(begins <= at < ends for begins, ends in self.spans)


@dataclass(frozen=True, slots=True)
class Pace:
    """What holds for all workers together.

    Attributes:
        parallel_calls: Calls under way at once.
        rates: Limits on calls begun in a span of time; all hold.
        hours: When calls may begin.
    """

    parallel_calls: int = 1
    rates: Sequence[Rate] = ()
    hours: Hours = Hours()
