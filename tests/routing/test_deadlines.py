from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.errors import InputError
from xinqiao.routing.calendar import Notice, NoticeDay, WorkingCalendar
from xinqiao.routing.deadlines import Counting, due
from xinqiao.routing.rules import rules

CALENDAR = WorkingCalendar()

WORKED = [
    ("2026-01-05", "2026-01-14", "2026-01-13"),
    ("2026-02-06", "2026-02-24", "2026-02-14"),
    ("2026-02-12", "2026-02-28", "2026-02-27"),
    ("2026-02-14", "2026-03-03", "2026-03-02"),
    ("2026-02-18", "2026-03-03", "2026-03-03"),
    ("2026-04-28", "2026-05-11", "2026-05-09"),
    ("2026-09-24", "2026-10-12", "2026-10-10"),
    ("2026-09-30", "2026-10-15", "2026-10-14"),
    ("2026-10-09", "2026-10-19", "2026-10-16"),
    ("2026-11-20", "2026-12-01", "2026-11-30"),
    ("2025-12-29", "2026-01-08", "2026-01-07"),
    ("2026-12-22", "2026-12-31", "2026-12-30"),
]
"""Decision date, due date exclusive, due date inclusive; worked by hand from the notices."""

decision_dates = st.dates(date(2003, 6, 1), date(2028, 12, 31))
rule_ids = st.sampled_from(sorted(rules()))
countings = st.sampled_from(Counting)


@pytest.mark.parametrize(("decided_on", "exclusive", "inclusive"), WORKED)
def test_seven_working_days_of_the_worked_table(
    decided_on: str, exclusive: str, inclusive: str
) -> None:
    start = date.fromisoformat(decided_on)
    by_law = due("D1", start, Counting.EXCLUSIVE, CALENDAR)
    stricter = due("D1", start, Counting.INCLUSIVE, CALENDAR)
    assert by_law.due_on.isoformat() == exclusive
    assert stricter.due_on.isoformat() == inclusive
    assert not by_law.provisional
    assert not stricter.provisional


def test_the_last_week_of_the_known_calendar() -> None:
    """2026-12-23 needs the 2027 calendar when the day itself does not count, and only then."""
    start = date(2026, 12, 23)
    assert due("D1", start, Counting.EXCLUSIVE, CALENDAR).provisional
    inclusive = due("D1", start, Counting.INCLUSIVE, CALENDAR)
    assert inclusive.due_on == date(2026, 12, 31)
    assert not inclusive.provisional
    assert due("D1", date(2026, 12, 24), Counting.INCLUSIVE, CALENDAR).provisional


def test_three_working_days_after_a_change() -> None:
    deadline = due("D4", date(2026, 9, 30), Counting.EXCLUSIVE, CALENDAR)
    assert deadline.due_on == date(2026, 10, 10)


def test_a_notice_above_the_base_layer_moves_the_date_and_clears_provisional() -> None:
    start = date(2026, 12, 23)
    before = due("D1", start, Counting.EXCLUSIVE, CALENDAR)
    notice = Notice(
        "国办发明电〔2026〕0号",
        {
            date(2027, 1, 1): NoticeDay(working=False, reason="元旦"),
            date(2027, 1, 3): NoticeDay(working=True, reason="调休上班"),
        },
        year=2027,
    )
    after = due("D1", start, Counting.EXCLUSIVE, WorkingCalendar([notice]))
    assert (before.due_on, before.provisional) == (date(2027, 1, 1), True)
    assert (after.due_on, after.provisional) == (date(2027, 1, 3), False)
    assert notice.number in after.calendar
    assert notice.number not in before.calendar


def test_the_explanation_lists_every_day_with_its_number_and_reason() -> None:
    deadline = due("D4", date(2026, 9, 30), Counting.INCLUSIVE, CALENDAR)
    listed = [(day.day.isoformat(), day.number, day.status.reason) for day in deadline.days]
    assert listed[0] == ("2026-09-30", 1, "工作日")
    assert listed[1] == ("2026-10-01", None, "国庆节")
    assert listed[-2:] == [("2026-10-08", 2, "工作日"), ("2026-10-09", 3, "工作日")]
    assert len(listed) == 10


def test_the_basis_names_the_rule_and_the_way_of_counting() -> None:
    exclusive = due("D1", date(2026, 1, 5), Counting.EXCLUSIVE, CALENDAR)
    assert exclusive.basis.startswith(rules()["D1"].basis)
    assert "第二百零一条" in exclusive.basis
    inclusive = due("D1", date(2026, 1, 5), Counting.INCLUSIVE, CALENDAR)
    assert "第二百零一条" not in inclusive.basis
    assert inclusive.basis != rules()["D1"].basis


def test_a_deadline_carries_what_it_was_counted_from() -> None:
    deadline = due("D13", date(2026, 1, 5), Counting.INCLUSIVE, CALENDAR)
    assert deadline.rule == "D13"
    assert deadline.decided_on == date(2026, 1, 5)
    assert deadline.counting is Counting.INCLUSIVE
    assert deadline.calendar == CALENDAR.edition
    assert deadline.legal is False
    assert due("D1", date(2026, 1, 5), Counting.INCLUSIVE, CALENDAR).legal is True


def test_a_decision_older_than_the_calendar_is_counted_and_provisional() -> None:
    deadline = due("D1", date(1998, 3, 2), Counting.EXCLUSIVE, CALENDAR)
    assert deadline.provisional
    assert deadline.due_on == date(1998, 3, 11)


def test_one_unknown_day_on_the_way_makes_a_known_due_day_provisional() -> None:
    deadline = due("D1", date(2003, 12, 29), Counting.EXCLUSIVE, CALENDAR)
    assert not CALENDAR.status(deadline.due_on).provisional
    assert deadline.provisional


@pytest.mark.parametrize("counting", Counting)
def test_a_date_at_the_end_of_time_is_refused_in_chinese(counting: Counting) -> None:
    with pytest.raises(InputError, match="太晚") as caught:
        due("D1", date.max, counting, CALENDAR)
    assert caught.value.code == "date_out_of_range"


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(InputError, match="D99"):
        due("D99", date(2026, 1, 5), Counting.EXCLUSIVE, CALENDAR)


@given(rule_ids, decision_dates, countings)
def test_the_due_day_is_a_working_day(rule: str, start: date, counting: Counting) -> None:
    assert CALENDAR.status(due(rule, start, counting, CALENDAR).due_on).working


@given(rule_ids, decision_dates, st.integers(0, 30), countings)
def test_a_later_decision_is_never_due_earlier(
    rule: str, start: date, later: int, counting: Counting
) -> None:
    first = due(rule, start, counting, CALENDAR)
    second = due(rule, start + timedelta(days=later), counting, CALENDAR)
    assert first.due_on <= second.due_on


@given(rule_ids, decision_dates)
def test_inclusive_is_never_later_and_differs_only_on_working_days(rule: str, start: date) -> None:
    inclusive = due(rule, start, Counting.INCLUSIVE, CALENDAR).due_on
    exclusive = due(rule, start, Counting.EXCLUSIVE, CALENDAR).due_on
    assert inclusive <= exclusive
    assert (inclusive < exclusive) is CALENDAR.status(start).working


@given(rule_ids, decision_dates, countings)
def test_the_interval_holds_exactly_the_rules_working_days(
    rule: str, start: date, counting: Counting
) -> None:
    end = due(rule, start, counting, CALENDAR).due_on
    offset = 1 if counting is Counting.EXCLUSIVE else 0
    interval = [start + timedelta(days=n) for n in range(offset, (end - start).days + 1)]
    working = [day for day in interval if CALENDAR.status(day).working]
    assert len(working) == rules()[rule].days


@given(rule_ids, decision_dates, countings)
def test_provisional_means_that_a_counted_day_has_no_notice(
    rule: str, start: date, counting: Counting
) -> None:
    deadline = due(rule, start, counting, CALENDAR)
    covered = all(2004 <= counted.day.year <= 2026 for counted in deadline.days)
    assert deadline.provisional is not covered
