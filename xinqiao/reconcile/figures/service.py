"""The figures of one workspace: counted in groups, and the records behind each (统计、明细)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.engine import Connection

from xinqiao.clock import Clock, local_date
from xinqiao.database.dialect import database_time
from xinqiao.database.engine import Database
from xinqiao.queue.downtime import read_downtime
from xinqiao.reconcile.figures.amounts import Amounts, Formats
from xinqiao.reconcile.figures.cases import (
    Amount,
    Answer,
    Case,
    FirstReport,
    Place,
    Share,
    Standing,
)
from xinqiao.reconcile.figures.definitions import Counts, Figure
from xinqiao.reconcile.figures.limits import Limit, Limits, Reckoning
from xinqiao.reconcile.figures.measures import ANSWERED, share
from xinqiao.reconcile.figures.reports import Basis, Behind
from xinqiao.reconcile.figures.selection import Selection, Since
from xinqiao.routing.calendar import WorkingCalendar


class By(StrEnum):
    """By what figures are told apart (分组)."""

    PLATFORM = "platform"
    KIND = "kind"
    DEPARTMENT = "department"
    MONTH = "month"


class Part(StrEnum):
    """Whose records are listed (明细)."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    PROVISIONAL = "provisional"


Group = tuple[str | None, ...]
"""One value for each :class:`By` that was asked for; None where nothing is said of it."""


@dataclass(frozen=True, slots=True)
class Number:
    """One figure of one group.

    Attributes:
        figure: The figure.
        group: Which group.
        reckoning: By which way of counting; None where a figure has nothing to do with time.
        share: Numerator, denominator, and what is provisional.
    """

    figure: Figure
    group: Group
    reckoning: Reckoning | None
    share: Share

    @property
    def rate(self) -> float | None:
        """Numerator among the denominator; None when that is nought."""
        above, below, _ = self.share
        return above / below if below else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One record behind a number.

    Attributes:
        place: Platform, kind, department and day.
        behind: The record, or the file.
        count: What it adds: one, or so many items or rows.
        state: How its legal duty stands by the way of counting that was asked for, or where the
            figure is about answers, what the platform said; None where there is nothing to say.
        due_on: Its last day by that way; None where there is no time limit.
    """

    place: Place
    behind: Behind
    count: int
    state: Standing | Answer | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class _Judge:
    """Says how duties stand on one day."""

    today: date
    limits: Limits

    @property
    def reckonings(self) -> list[Reckoning]:
        return self.limits.reckonings

    def limit(self, case: Case, reckoning: Reckoning) -> Limit | None:
        if isinstance(case, Amount) or case.obligation is None or case.place.platform is None:
            return None
        owed = case.obligation
        return self.limits.end(owed.rule, owed.starts_on, case.place.platform, reckoning)

    def standing(self, case: Case, reckoning: Reckoning) -> Standing | None:
        """Return how a legal duty that is owed stands; None of every other one."""
        if isinstance(case, Amount) or case.obligation is None:
            return None
        if not (case.obligation.legal and case.obligation.owed):
            return None
        limit = self.limit(case, reckoning)
        return None if limit is None else case.obligation.standing(limit, self.today)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts figures and lists what is behind them; changes nothing.

    Attributes:
        database: Of the workspace.
        clock: What time it is.
        calendar: The working days.
        since: From which day on decisions count.
        formats: Which items a platform requires.
    """

    database: Database
    clock: Clock
    calendar: WorkingCalendar
    since: Since
    formats: Formats

    def numbers(
        self, wanted: Sequence[Figure], by: Sequence[By], selection: Selection
    ) -> list[Number]:
        """Return every figure of every group that has cases of it, by figure and group.

        Args:
            wanted: Which figures.
            by: By what they are told apart; nothing for one number of each.
            selection: Filters.
        """
        found: dict[tuple[str, Group, Reckoning | None], Share] = {}
        with self.database.reading() as connection:
            judge = self._judge(connection)
            for counts in Counts:
                asked = [one for one in wanted if one.counts is counts]
                if asked:
                    for case, times in self._counted(connection, asked, selection):
                        self._add(found, asked, by, judge, case, times)
            missing = [one for one in wanted if one.id == "missing"]
            for case, _ in self._amounts(connection, selection).never_imported() if missing else ():
                self._add(found, missing, by, judge, case, 1)
        return _in_order(wanted, found, judge.reckonings)

    @contextmanager
    def records(
        self, figure: Figure, part: Part, selection: Selection, reckoning: Reckoning
    ) -> Iterator[Iterator[Entry]]:
        """Give the records behind a number, one by one; what they add makes the number.

        Args:
            figure: Which figure.
            part: Whose records.
            selection: Filters.
            reckoning: By which way of counting; of no matter to a figure without time.
        """
        with self.database.reading() as connection:
            judge = self._judge(connection)
            yield self._listed(connection, judge, figure, part, selection, reckoning)

    def _judge(self, connection: Connection) -> _Judge:
        limits = Limits(self.calendar, read_downtime(connection, self.calendar))
        return _Judge(local_date(database_time(connection, self.clock)), limits)

    def _amounts(self, connection: Connection, selection: Selection) -> Amounts:
        return Amounts(connection, selection, self.since, self.formats)

    def _counted(
        self, connection: Connection, asked: Sequence[Figure], selection: Selection
    ) -> Iterator[tuple[Case, int]]:
        """Yield the cases of figures that count the same."""
        basis = Basis(connection, selection, self.since)
        amounts = self._amounts(connection, selection)
        match asked[0].counts:
            case Counts.FIRST_REPORTS:
                yield from basis.first_reports(with_answers=_need_answers(asked))
            case Counts.CHANGES:
                yield from basis.changes()
            case Counts.ITEMS:
                yield from amounts.items()
            case Counts.FILES:
                yield from ((amount, 1) for amount, _ in amounts.files())

    def _each(
        self, connection: Connection, figure: Figure, selection: Selection
    ) -> Iterator[tuple[Case, Behind]]:
        """Yield the same cases one by one, with what is behind them."""
        basis = Basis(connection, selection, self.since)
        amounts = self._amounts(connection, selection)
        match figure.counts:
            case Counts.FIRST_REPORTS:
                yield from basis.each_first_report(with_answers=_need_answers([figure]))
                if figure.id == "missing":
                    yield from amounts.never_imported()
            case Counts.CHANGES:
                yield from basis.each_change()
            case Counts.ITEMS:
                yield from amounts.each_item()
            case Counts.FILES:
                yield from amounts.files()

    def _add(
        self,
        found: dict[tuple[str, Group, Reckoning | None], Share],
        asked: Sequence[Figure],
        by: Sequence[By],
        judge: _Judge,
        case: Case,
        times: int,
    ) -> None:
        group = _group(case.place, by)
        standings = {
            reckoning: judge.standing(case, reckoning)
            for reckoning in (judge.reckonings if any(one.timed for one in asked) else ())
        }
        for figure in asked:
            for reckoning in standings if figure.timed else (None,):
                standing = None if reckoning is None else standings[reckoning]
                added = share(figure, case, standing)
                if added is not None:
                    key = (figure.id, group, reckoning)
                    found[key] = found.get(key, Share()).plus(added, times)

    def _listed(
        self,
        connection: Connection,
        judge: _Judge,
        figure: Figure,
        part: Part,
        selection: Selection,
        reckoning: Reckoning,
    ) -> Iterator[Entry]:
        for case, behind in self._each(connection, figure, selection):
            standing = judge.standing(case, reckoning)
            added = share(figure, case, standing)
            count = 0 if added is None else getattr(added, part.value)
            if count:
                limit = judge.limit(case, reckoning)
                due_on = None if limit is None else limit.last
                state = _answer(case) if figure.id in ANSWERED else standing
                yield Entry(case.place, behind, count, state, due_on)


def _need_answers(asked: Sequence[Figure]) -> bool:
    return any(one.id in ANSWERED for one in asked)


def _group(place: Place, by: Sequence[By]) -> Group:
    values = {
        By.PLATFORM: place.platform,
        By.KIND: place.kind,
        By.DEPARTMENT: place.department,
        By.MONTH: None if place.day is None else f"{place.day:%Y-%m}",
    }
    return tuple(values[one] for one in by)


def _sorted_last_where_unknown(group: Group) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for value in group]


def _in_order(
    wanted: Sequence[Figure],
    found: Mapping[tuple[str, Group, Reckoning | None], Share],
    reckonings: Sequence[Reckoning],
) -> list[Number]:
    groups = sorted({group for _, group, _ in found}, key=_sorted_last_where_unknown)
    return [
        Number(figure, group, reckoning, found[key])
        for figure in wanted
        for group in groups
        for reckoning in (reckonings if figure.timed else (None,))
        if (key := (figure.id, group, reckoning)) in found
    ]


def _answer(case: Case) -> Answer | None:
    return case.answer if isinstance(case, FirstReport) else None
