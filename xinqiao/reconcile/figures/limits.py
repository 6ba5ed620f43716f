"""When time limits end by each way of counting (期限口径)."""

from dataclasses import dataclass, field
from datetime import date

from xinqiao.queue.downtime import Downtime
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


@dataclass(frozen=True, slots=True)
class Limits:
    """Ends of time limits by the calendar in force, each counted once.

    A duty that is closed keeps the due date by which it was judged when it closed. Figures are
    counted anew for all alike: both ways of counting need the same calendar to be comparable.

    Attributes:
        calendar: The working days.
        downtime: The working days that proven outages take.
    """

    calendar: WorkingCalendar
    downtime: Downtime = field(default_factory=Downtime)
    _known: dict[tuple[str, date, str, Reckoning], Limit] = field(default_factory=dict)

    @property
    def reckonings(self) -> list[Reckoning]:
        """Every way of counting that can differ from another."""
        outages = (True, False) if self.downtime.days else (True,)
        return [Reckoning(one, extended) for one in Counting for extended in outages]

    def end(self, rule: str, starts_on: date, platform: str, reckoning: Reckoning) -> Limit:
        """Return when the time limit of a duty ends."""
        key = (rule, starts_on, platform, reckoning)
        found = self._known.get(key)
        if found is None:
            lost = self.downtime.lost(platform, rule) if reckoning.outages else ()
            counted = due(rule, starts_on, reckoning.counting, self.calendar, lost)
            found = self._known[key] = Limit(counted.due_on, counted.provisional)
        return found
