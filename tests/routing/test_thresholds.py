"""Due soon and past the slack are counted in working days, and are not overdue."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.clock import SHANGHAI, end_of, local_date
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.thresholds import report_by, thresholds_at

CALENDAR = WorkingCalendar()


@pytest.mark.parametrize(
    ("today", "slack", "past"),
    [
        # due on Friday 2026-09-11, one day of slack: meant for Thursday
        (date(2026, 9, 10), 1, False),
        (date(2026, 9, 11), 1, True),
        (date(2026, 9, 9), 2, False),
        (date(2026, 9, 10), 2, True),
        (date(2026, 9, 11), 0, False),
    ],
)
def test_the_slack_is_past_once_the_day_meant_for_reporting_is_over(
    today: date, slack: int, past: bool
) -> None:
    now = datetime(today.year, today.month, today.day, 10, tzinfo=SHANGHAI)
    thresholds = thresholds_at(now, 2, slack, CALENDAR)
    assert (end_of(date(2026, 9, 11)) <= thresholds.past_slack_at) is past


@given(
    st.integers(0, 333 * 24).map(
        lambda hours: datetime(2026, 1, 1, tzinfo=SHANGHAI) + timedelta(hours=hours)
    ),
    st.dates(date(2026, 1, 1), date(2026, 12, 20)).filter(lambda one: CALENDAR.status(one).working),
    st.integers(0, 7),
)
def test_past_the_slack_is_later_than_the_day_that_the_deadline_names(
    now: datetime, due_on: date, slack: int
) -> None:
    thresholds = thresholds_at(now, 2, slack, CALENDAR)
    left = end_of(due_on) > thresholds.now
    past = left and end_of(due_on) <= thresholds.past_slack_at
    assert past == (left and local_date(now) > report_by(due_on, slack, CALENDAR))
