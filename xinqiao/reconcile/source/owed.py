"""Until when a listed decision is owed, and whether it is owed at all (应报期限)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from xinqiao.errors import InputError
from xinqiao.reconcile.source.listed import Listed
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting, Deadline, due
from xinqiao.routing.exemptions import Exemption, exemption_of
from xinqiao.routing.routes import Route
from xinqiao.routing.rules import OpensOn, rule


@dataclass(frozen=True, slots=True)
class Owing:
    """By what decisions are owed.

    Attributes:
        kind: Record kind.
        routes: Where records of the kind go.
        exemptions: What is owed to nobody.
        counting: Whether the starting day counts.
        calendar: The working days.
        report_from: Decisions from this day on are owed through the hub; None: all.
    """

    kind: str
    routes: Collection[Route]
    exemptions: tuple[Exemption, ...]
    counting: Counting
    calendar: WorkingCalendar
    report_from: date | None = None

    def exempt(self, content: Mapping[str, str]) -> Exemption | None:
        """Return the rule by which nobody is owed a decision, as far as the list tells."""
        return exemption_of(self.kind, content, self.exemptions)

    def is_earlier(self, listed: Listed) -> bool:
        """Tell whether a decision was made before the bureau reported through the hub."""
        begins = self.report_from
        return begins is not None and listed.decided_on is not None and listed.decided_on < begins

    def due(self, listed: Listed) -> Deadline | None:
        """Return the earliest legal time limit of a decision.

        None where the list does not tell its day, or no law sets a limit.
        """
        if listed.decided_on is None:
            return None
        limits = {
            one.rule
            for one in self.routes
            if one.rule is not None
            and rule(one.rule).legal
            and rule(one.rule).opens_on is OpensOn.DECISION
            and (one.takes(listed.content) or not one.when)
        }
        found = (_due(one, listed.decided_on, self) for one in sorted(limits))
        return min((one for one in found if one is not None), key=_last_day, default=None)


def _due(identifier: str, decided_on: date, owing: Owing) -> Deadline | None:
    try:
        return due(identifier, decided_on, owing.counting, owing.calendar)
    except InputError:
        return None  # so late a year that no date can be written: the import says so


def _last_day(one: Deadline) -> date:
    return one.due_on
