"""Outages take whole working days, once, and never bring a limit nearer."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.clock import SHANGHAI
from xinqiao.errors import SettingsError
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting, due, extended
from xinqiao.routing.outages import OutageRules, Span, merged, outage_rules
from xinqiao.routing.rules import BUREAU, Confidence, rules
from xinqiao.routing.tables import TableFile, shipped_table

CALENDAR = WorkingCalendar()
TABLE = shipped_table("outages.toml").text


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A time in September 2026; the 1st is a Tuesday."""
    return datetime(2026, 9, day, hour, minute, tzinfo=SHANGHAI)


def lost(*spans: Span) -> list[int]:
    return [one.day for one in sorted(outage_rules().lost_days(spans, CALENDAR))]


@pytest.mark.parametrize(
    ("begins", "ends", "days"),
    [
        (at(3, 8, 30), at(3, 13, 0), [3]),  # half of the nine hours, to the minute
        (at(3, 8, 30), at(3, 12, 59), []),
        (at(3, 17, 30), at(4, 8, 30), []),  # a night takes nothing
        (at(3, 9, 10), at(4, 15, 20), [3, 4]),
        (at(4, 12, 0), at(7, 9, 0), [4]),  # the weekend was none to begin with
        (at(5), at(7), []),
    ],
)
def test_a_working_day_is_lost_with_half_of_its_office_hours(
    begins: datetime, ends: datetime, days: list[int]
) -> None:
    assert lost(Span(begins, ends)) == days


def test_two_outages_of_one_day_are_added_and_their_overlap_counts_once() -> None:
    morning, noon = Span(at(3, 8, 30), at(3, 11)), Span(at(3, 10), at(3, 12, 30))
    assert lost(morning, noon) == []
    afternoon = Span(at(3, 16), at(3, 16, 30))
    assert lost(morning, noon, afternoon) == [3]


def test_what_the_law_itself_limits_is_not_moved_and_what_the_bureau_owes_itself_neither() -> None:
    table = outage_rules()
    for one in rules().values():
        by_law = one.legal and one.confidence is Confidence.LAW_TEXT
        assert table.extends(one.id) is not (by_law or BUREAU in one.platforms)


def test_the_table_is_a_reference() -> None:
    assert not outage_rules().confirmed


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('id = "D16"', 'id = "D99"', "没有报送平台的时限规则 D99"),
        ('id = "D16"', 'id = "D5"', "没有报送平台的时限规则 D5"),
        ('id = "D16"', 'id = "D15"', "D15 重复"),
        ('begins = "08:30"', 'begins = "18:30"', "begins 在前"),
        ("share = 0.5", "share = 1.5", "应不大于 1"),
    ],
)
def test_a_table_with_a_mistake_is_not_used(old: str, new: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        OutageRules(TableFile("outages.toml", TABLE.replace(old, new)))


def test_a_table_that_leaves_a_rule_out_is_not_used() -> None:
    head, _, _ = TABLE.rpartition("[[rule]]")
    with pytest.raises(SettingsError, match="缺少时限规则 D16"):
        OutageRules(TableFile("outages.toml", head))


spans = st.builds(
    lambda begins, hours: Span(
        at(1) + timedelta(hours=begins), at(1) + timedelta(hours=begins + hours)
    ),
    st.integers(0, 24 * 40),
    st.integers(1, 24 * 5),
)
days = st.integers(0, 40).map(lambda one: date(2026, 8, 20) + timedelta(one))


@given(st.lists(spans, max_size=6))
def test_merging_keeps_the_time_and_its_order_does_not_matter(found: list[Span]) -> None:
    one = merged(found)
    assert one == merged(reversed(found)) == merged([*found, *found])
    assert all(before.ends < after.begins for before, after in pairwise(one))
    hours = [at(1) + timedelta(hours=hour, minutes=30) for hour in range(24 * 46)]
    for hour in hours:
        inside = any(span.begins <= hour < span.ends for span in found)
        assert inside == any(span.begins <= hour < span.ends for span in one)


@given(days, st.sampled_from(Counting), st.lists(spans, max_size=4), spans)
def test_an_outage_never_moves_a_limit_earlier_and_never_one_that_was_over(
    starts_on: date, counting: Counting, found: list[Span], another: Span
) -> None:
    before = due("D1", starts_on, counting, CALENDAR, outage_rules().lost_days(found, CALENDAR))
    more = outage_rules().lost_days([*found, another], CALENDAR)
    after = due("D1", starts_on, counting, CALENDAR, more)
    assert after.due_on >= before.due_on
    if another.begins.astimezone(SHANGHAI).date() > before.due_on:
        assert after == before
    assert after.due_on not in more


@given(days, st.sampled_from(Counting), st.lists(spans, max_size=4))
def test_adding_the_lost_days_is_counting_again_without_them(
    starts_on: date, counting: Counting, found: list[Span]
) -> None:
    gone = outage_rules().lost_days(found, CALENDAR)
    plain = due("D1", starts_on, counting, CALENDAR)
    again = due("D1", starts_on, counting, CALENDAR, gone)
    moved = extended(plain.due_on, starts_on, counting, CALENDAR, gone)
    assert moved.due_on == again.due_on
    # written out plainly: so many working days that are not lost
    counted = [one for one in again.days if one.status.working and one.day not in gone]
    assert len(counted) == rules()["D1"].days
    assert again.counted_on == (None if again.due_on == plain.due_on else plain.due_on)
