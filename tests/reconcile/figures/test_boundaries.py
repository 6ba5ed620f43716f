"""Time limits in figures, to the second: midnight, made-up Saturdays, years not announced yet."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tests.reconcile.figures.asking import ask, service
from tests.reconcile.figures.plain import Question
from tests.reconcile.figures.stage import Owed, Stopped, Unknown, midnight, put
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.reconcile.figures.definitions import figure
from xinqiao.reconcile.figures.limits import Reckoning
from xinqiao.reconcile.figures.selection import Selection, Since
from xinqiao.reconcile.figures.service import By, Part
from xinqiao.routing.deadlines import Counting

ANYTHING = Question("", (), inclusive=False, today=date.max)
NAMES = ("on_time", "late", "concealed")


def counted(
    database: Database, clock: FrozenClock, *, inclusive: bool
) -> tuple[tuple[int, int, int], ...]:
    question = replace(ANYTHING, inclusive=inclusive)
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
    numbers = service(database, clock, ANYTHING).numbers([figure("late")], [], Selection())
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
    asked = service(database, clock, ANYTHING).records(
        figure("late"), Part.PROVISIONAL, Selection(), Reckoning(Counting.EXCLUSIVE)
    )
    with asked as entries:
        assert [entry.state for entry in entries] == ["provisional", "provisional"]


def test_a_proven_outage_extends_a_limit_only_where_outages_count(
    database: Database, clock: FrozenClock
) -> None:
    # 12月1日 was the last day: one working day of the platform was lost before it
    reported = midnight(date(2026, 12, 2), 3600)
    late = Owed(day=date(2026, 11, 20), closed_by="accepted", reported_at=reported)
    elsewhere = replace(late, platform="county_site")
    put(database, [late, elsewhere, Stopped(day=date(2026, 11, 25))])
    asked = service(database, clock, ANYTHING)
    numbers = asked.numbers([figure("late")], [By.PLATFORM], Selection())
    exclusive = {
        (one.group, one.reckoning.outages): one.share.numerator
        for one in numbers
        if one.reckoning is not None and one.reckoning.counting is Counting.EXCLUSIVE
    }
    assert exclusive == {
        (("county_site",), True): 1,
        (("county_site",), False): 1,
        (("credit_shandong",), True): 0,
        (("credit_shandong",), False): 1,
    }


def test_an_outage_that_was_revoked_extends_nothing(database: Database, clock: FrozenClock) -> None:
    reported = midnight(date(2026, 12, 2), 3600)
    late = Owed(day=date(2026, 11, 20), closed_by="accepted", reported_at=reported)
    put(database, [late, Stopped(day=date(2026, 11, 25), revoked=True)])
    assert counted(database, clock, inclusive=False)[1] == (1, 1, 0)


def test_decisions_count_from_the_day_of_the_start_on(
    database: Database, clock: FrozenClock
) -> None:
    start = date(2026, 11, 2)
    put(database, [Owed(day=start), Owed(day=start - timedelta(days=1))])
    asked = ask(database, clock, ["missing"], replace(ANYTHING, by=("month",), since=start))
    assert asked == {"missing": {("2026-11",): (1, 1, 0)}}


def test_a_platform_that_started_at_another_time_has_its_own_day(
    database: Database, clock: FrozenClock
) -> None:
    told = [
        Owed(platform=platform, day=date(2026, month, 2))
        for platform in ("credit_shandong", "county_site")
        for month in (9, 11)
    ]
    put(database, told)
    since = Since(date(2026, 12, 1), {"county_site": date(2026, 10, 1)})
    asked = replace(service(database, clock, ANYTHING), since=since)
    numbers = asked.numbers([figure("missing")], [By.PLATFORM, By.MONTH], Selection())
    assert [one.group for one in numbers] == [("county_site", "2026-11")]


def test_decisions_never_imported_count_only_where_the_law_sets_a_limit(
    database: Database, clock: FrozenClock
) -> None:
    put(database, [Unknown(kind="penalty"), Unknown(kind="operator"), Unknown(open=False)])
    asked = ask(database, clock, ["missing"], replace(ANYTHING, by=("platform", "kind")))
    assert asked == {"missing": {("source", "penalty"): (1, 1, 0)}}
