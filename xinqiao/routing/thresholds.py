"""When a time limit that is not over asks for attention: due soon, and past the slack.

Neither is a legal limit: they are shown, and enter no figure.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from xinqiao.clock import end_of, local_date
from xinqiao.routing.calendar import WorkingCalendar

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What open limits are judged by.

    Attributes:
        now: Limits that end by this instant are over; a legal one is overdue (逾期).
        due_soon_at: Those that end by this one are due soon (即将到期).
        past_slack_at: Of those that end by this one, the day on which the bureau means to have
            reported is over (内部提前量已过).
    """

    now: datetime
    due_soon_at: datetime
    past_slack_at: datetime


def thresholds_at(
    now: datetime, due_soon_days: int, slack_days: int, calendar: WorkingCalendar
) -> Thresholds:
    """Return what limits are judged by at ``now``.

    Args:
        now: The instant.
        due_soon_days: Working days left, or fewer, that are due soon.
        slack_days: Working days before the last one by which the bureau means to have reported.
        calendar: The working days.
    """
    today = local_date(now)
    return Thresholds(
        now,
        end_of(working_days_after(today, due_soon_days, calendar)),
        # today is one of the days left: past the slack is what has so few of them, and no more
        end_of(working_days_after(today - _ONE_DAY, slack_days, calendar)),
    )


def working_days_after(day: date, count: int, calendar: WorkingCalendar) -> date:
    """Return the working day that is number ``count`` after ``day``; ``day`` itself for 0."""
    while count > 0:
        day += _ONE_DAY
        count -= calendar.status(day).working
    return day


def report_by(due_on: date, slack_days: int, calendar: WorkingCalendar) -> date:
    """Return the working day by which the bureau means to have reported what is due on a day."""
    day = due_on
    while slack_days > 0:
        day -= _ONE_DAY
        slack_days -= calendar.status(day).working
    return day
