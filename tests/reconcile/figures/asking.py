"""Asking the program for figures, in the shape in which tests compare them."""

from collections.abc import Sequence
from dataclasses import replace

from tests.reconcile.figures.plain import Question, Sums
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.mapping.registry import format_for
from xinqiao.reconcile.figures.cases import Place
from xinqiao.reconcile.figures.definitions import figure
from xinqiao.reconcile.figures.limits import Reckoning
from xinqiao.reconcile.figures.selection import Selection, Since
from xinqiao.reconcile.figures.service import By, Figures
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting


def service(database: Database, clock: FrozenClock, question: Question) -> Figures:
    """Return the service with the calendar as it is shipped."""
    return Figures(database, clock, WorkingCalendar(), Since(question.since), format_for)


def ask(
    database: Database, clock: FrozenClock, names: Sequence[str], question: Question
) -> dict[str, Sums]:
    """Return figure → group → numerator, denominator, provisional."""
    selection = Selection(platform=question.platform, start=question.start, end=question.end)
    numbers = service(database, clock, question).numbers(
        [figure(name) for name in names], [By(one) for one in question.by], selection
    )
    wanted = reckoning_of(question)
    if not any(number.reckoning == wanted for number in numbers):
        # nothing was lost: both ways are one
        wanted = replace(wanted, outages=True)
    found: dict[str, Sums] = {}
    for number in numbers:
        if number.reckoning in (None, wanted):
            group = tuple(value or "" for value in number.group)
            sums = found.setdefault(number.figure.id, {})
            assert group not in sums
            above, below, maybe = number.share
            sums[group] = (above, below, maybe)
    return found


def reckoning_of(question: Question) -> Reckoning:
    """Return the way of counting that a question asks for."""
    counting = Counting.INCLUSIVE if question.inclusive else Counting.EXCLUSIVE
    return Reckoning(counting, question.outages)


def group_of(place: Place, by: Sequence[str]) -> tuple[str, ...]:
    """Return the group of a listed record."""
    values = {
        "platform": place.platform or "",
        "kind": place.kind,
        "department": place.department,
        "month": "" if place.day is None else f"{place.day:%Y-%m}",
    }
    return tuple(values[name] for name in by)
