"""Time limits in figures, to the second: midnight, made-up Saturdays, years not announced yet."""

from datetime import date, datetime, timedelta

import pytest

from tests.reconcile.figures.asking import ask, service
from tests.reconcile.figures.plain import Question
from tests.reconcile.figures.stage import Owed, midnight, put
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.reconcile.figures.definitions import figure
from xinqiao.reconcile.figures.limits import Limits, Reckoning
from xinqiao.reconcile.figures.selection import Selection
from xinqiao.reconcile.figures.service import Part
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting

NAMES = ("on_time", "late", "concealed")


def counted(
    database: Database, clock: FrozenClock, *, inclusive: bool
) -> tuple[tuple[int, int, int], ...]:
    question = Question("", (), inclusive, date.max)
    found = ask(database, clock, NAMES, question)
    return tuple(found[name].get((), (0, 0, 0)) for name in NAMES)


def at(clock: FrozenClock, instant: datetime) -> None:
    clock.advance((instant - clock.now()).total_seconds())


@pytest.mark.parametrize(
    ("decided", "last", "inclusive"),
    [
        # 10月10日是调休上班的星期六
        (date(2026, 9, 24), date(2026, 10, 10), True),
        (date(2026, 9, 24), date(2026, 10, 12), False),
        (date(2026, 11, 20), date(2026, 11, 30), True),
        (date(2026, 11, 20), date(2026, 12, 1), False),
        (date(2026, 12, 22), date(2026, 12, 31), False),
        (date(2026, 12, 23), date(2026, 12, 31), True),
    ],
)
def test_a_report_is_on_time_until_the_midnight_after_the_last_day_and_late_from_it(
    database: Database, clock: FrozenClock, decided: date, last: date, *, inclusive: bool
) -> None:
    end = midnight(last + timedelta(days=1))
    for seconds, on_time in ((-1, 1), (0, 0)):
        reported = end + timedelta(seconds=seconds)
        put(database, [Owed(day=decided, closed_by="accepted", reported_at=reported)])
        found = counted(database, clock, inclusive=inclusive)
        assert found == ((on_time, 1, 0), (1 - on_time, 1, 0), (0, 1, 0))


@pytest.mark.parametrize(
    ("inclusive", "last"), [(True, date(2026, 10, 10)), (False, date(2026, 10, 12))]
)
def test_what_is_not_reported_is_overdue_from_the_midnight_after_the_last_day(
    database: Database, clock: FrozenClock, *, inclusive: bool, last: date
) -> None:
    put(database, [Owed(day=date(2026, 9, 24))])
    end = midnight(last + timedelta(days=1))
    at(clock, end - timedelta(seconds=1))
    assert counted(database, clock, inclusive=inclusive)[2] == (0, 0, 0)
    at(clock, end)
    assert counted(database, clock, inclusive=inclusive)[2] == (1, 1, 0)


def test_both_ways_of_counting_stand_side_by_side(database: Database, clock: FrozenClock) -> None:
    # reported on 10月12日: in time by the one, late by the other
    reported = midnight(date(2026, 10, 12), 3600)
    put(database, [Owed(day=date(2026, 9, 24), closed_by="accepted", reported_at=reported)])
    numbers = service(database, clock, Question("", (), False, date.max)).numbers(
        [figure("late")], [], Selection()
    )
    assert {one.reckoning: one.share.numerator for one in numbers} == {
        Reckoning(Counting.EXCLUSIVE): 0,
        Reckoning(Counting.INCLUSIVE): 1,
    }


def test_a_limit_that_needs_the_next_calendar_is_in_neither_part(
    database: Database, clock: FrozenClock
) -> None:
    reported = midnight(date(2026, 12, 24))
    put(
        database,
        [
            Owed(day=date(2026, 12, 23)),
            Owed(day=date(2026, 12, 23), closed_by="accepted", reported_at=reported),
        ],
    )
    at(clock, midnight(date(2027, 3, 1)))
    assert counted(database, clock, inclusive=False) == ((0, 0, 2), (0, 0, 2), (0, 0, 2))
    # by the stricter way the last day lies within 2026
    assert counted(database, clock, inclusive=True) == ((1, 1, 0), (0, 1, 0), (1, 2, 0))
    question = Question("", (), False, date.max)
    asked = service(database, clock, question).records(
        figure("late"), Part.PROVISIONAL, Selection(), Reckoning(Counting.EXCLUSIVE)
    )
    with asked as entries:
        assert [entry.state for entry in entries] == ["provisional", "provisional"]


def test_an_outage_extends_a_limit_only_where_outages_count(
    database: Database, clock: FrozenClock
) -> None:
    def a_day_more(platform: str, starts_on: date, last: date) -> date:
        del starts_on
        return last + timedelta(days=1) if platform == "credit_shandong" else last

    limits = Limits(WorkingCalendar(), a_day_more)
    with_outages = Reckoning(Counting.EXCLUSIVE)
    without = Reckoning(Counting.EXCLUSIVE, outages=False)
    assert {with_outages, without} <= set(limits.reckonings)
    decided = date(2026, 11, 20)
    assert limits.end("D1", decided, "credit_shandong", with_outages).last == date(2026, 12, 2)
    assert limits.end("D1", decided, "credit_shandong", without).last == date(2026, 12, 1)
    assert limits.end("D1", decided, "county_site", with_outages).last == date(2026, 12, 1)
    del database, clock
