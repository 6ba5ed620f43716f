"""When time limits end by each way of counting (期限口径)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting, due


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One way to count a time limit.

    Attributes:
        counting: Whether the starting day counts.
        outages: Whether proven outages of the platform extend the limit (扣除停机).
    """

    counting: Counting
    outages: bool = True

    @property
    def name(self) -> str:
        """Chinese name."""
        counted = "当日不计入" if self.counting is Counting.EXCLUSIVE else "当日计入"
        return counted if self.outages else f"{counted}，不扣停机"


@dataclass(frozen=True, slots=True)
class Limit:
    """The end of one time limit.

    Attributes:
        last: The last day in time, in Asia/Shanghai.
        provisional: Whether it may move once the calendar of that year is known (暂定).
    """

    last: date
    provisional: bool


Extend = Callable[[str, date, date], date]
"""Takes platform, starting day and last day; returns the last day after outages."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Ends of time limits by the calendar in force, each counted once.

    A duty that is closed keeps the due date by which it was judged when it closed. Figures are
    counted anew for all alike: both ways of counting need the same calendar to be comparable.

    Attributes:
        calendar: The working days.
        extend: How outages move a last day; None: there was none.
    """

    calendar: WorkingCalendar
    extend: Extend | None = None
    _known: dict[tuple[str, date, str, Reckoning], Limit] = field(default_factory=dict)

    @property
    def reckonings(self) -> list[Reckoning]:
        """Every way of counting that can differ from another."""
        outages = (True,) if self.extend is None else (True, False)
        return [Reckoning(one, extended) for one in Counting for extended in outages]

    def end(self, rule: str, starts_on: date, platform: str, reckoning: Reckoning) -> Limit:
        """Return when the time limit of a duty ends."""
        key = (rule, starts_on, platform, reckoning)
        found = self._known.get(key)
        if found is None:
            counted = due(rule, starts_on, reckoning.counting, self.calendar)
            last = counted.due_on
            if reckoning.outages and self.extend is not None:
                last = self.extend(platform, starts_on, last)
            found = self._known[key] = Limit(last, counted.provisional)
        return found
