"""When a platform may be called: by the time of day and the working days of the country."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.clock import SHANGHAI
from xinqiao.queue.pace import Hours
from xinqiao.routing.calendar import Notice, NoticeDay, WorkingCalendar

CALENDAR = WorkingCalendar()
MORNING = (time(8, 30), time(12))
AFTERNOON = (time(13, 30), time(17, 30))
OFFICE = (MORNING, AFTERNOON)
NIGHT = (time(22), time(23, 59))
EARLY = (time(0), time(6))
MICROSECOND = timedelta(microseconds=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def opens(hours: Hours, text: str) -> str | None:
    """Return when ``hours`` open after the local time ``text``, as local time."""
    opening = hours.opens(local(text).astimezone(UTC))
    return None if opening is None else f"{opening.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-20 08:29:59.999999", "2026-11-20 08:30:00"),
        ("2026-11-20 08:30:00", None),
        ("2026-11-20 11:59:59.999999", None),
        ("2026-11-20 12:00:00", "2026-11-20 13:30:00"),
        ("2026-11-20 17:29:59", None),
        ("2026-11-20 17:30:00", "2026-11-21 08:30:00"),
        ("2026-11-20 00:00:00", "2026-11-20 08:30:00"),
    ],
)
def test_calls_begin_from_the_first_moment_of_a_span_to_before_its_last(
    now: str, expected: str | None
) -> None:
    assert opens(Hours(OFFICE), now) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-20 17:30:00", "2026-11-23 08:30:00"),  # Friday evening
        ("2026-11-21 10:00:00", "2026-11-23 08:30:00"),  # Saturday
        ("2026-09-30 18:00:00", "2026-10-08 08:30:00"),  # before the National Day holidays
        ("2026-10-10 10:00:00", None),  # a Saturday worked in return
        ("2026-10-10 18:00:00", "2026-10-12 08:30:00"),
    ],
)
def test_on_working_days_only_weekends_and_holidays_are_closed_and_days_in_return_are_open(
    now: str, expected: str | None
) -> None:
    assert opens(Hours(OFFICE, CALENDAR), now) == expected


def test_working_days_alone_are_open_from_midnight_to_midnight() -> None:
    hours = Hours(calendar=CALENDAR)
    assert opens(hours, "2026-11-20 23:59:59.999999") is None
    assert opens(hours, "2026-11-21 00:00:00") == "2026-11-23 00:00:00"
    assert opens(hours, "2026-11-23 00:00:00") is None


def test_without_hours_it_is_always_open() -> None:
    assert opens(Hours(), "2026-11-21 03:00:00") is None


def test_spans_at_either_end_of_the_day_open_where_they_begin() -> None:
    hours = Hours([NIGHT, EARLY])
    assert opens(hours, "2026-11-20 06:00:00") == "2026-11-20 22:00:00"
    assert opens(hours, "2026-11-20 23:59:00") == "2026-11-21 00:00:00"
    assert opens(hours, "2026-11-21 00:00:00") is None


def test_an_imported_notice_closes_and_opens_days() -> None:
    days = {
        date(2026, 11, 20): NoticeDay(working=False, reason="放假"),
        date(2026, 11, 21): NoticeDay(working=True, reason="调休上班"),
    }
    hours = Hours(OFFICE, WorkingCalendar([Notice("国办发明电〔2026〕9号", days)]))
    assert opens(hours, "2026-11-20 10:00:00") == "2026-11-21 08:30:00"


def test_a_calendar_without_a_working_day_in_sight_is_asked_again_later() -> None:
    start = date(2026, 11, 1)
    off = NoticeDay(working=False, reason="放假")
    days = {start + timedelta(days=day): off for day in range(500)}
    now = datetime(2026, 11, 20, 2, tzinfo=UTC)
    hours = Hours(OFFICE, WorkingCalendar([Notice("国办发明电〔2026〕9号", days)]))
    assert hours.opens(now) == now + timedelta(days=400)


moments = st.timedeltas(timedelta(), timedelta(days=715)).map(
    lambda passed: datetime(2025, 1, 1, tzinfo=UTC) + passed
)
minutes = st.integers(0, 24 * 60 - 2)
spans = st.tuples(minutes, minutes).map(
    lambda two: (
        time(min(two) // 60, min(two) % 60),
        time((max(two) + 1) // 60, (max(two) + 1) % 60),
    )
)


@given(now=moments, chosen=st.lists(spans, max_size=3), workdays=st.booleans())
def test_what_it_returns_is_the_first_moment_from_now_on_at_which_calls_may_begin(
    now: datetime, chosen: Sequence[tuple[time, time]], *, workdays: bool
) -> None:
    hours = Hours(chosen, CALENDAR if workdays else None)
    opening = hours.opens(now)
    if opening is None:
        assert may_begin(now, chosen, workdays=workdays)
        return
    assert opening > now
    assert hours.opens(opening) is None
    assert may_begin(opening, chosen, workdays=workdays)
    assert hours.opens(opening - MICROSECOND) == opening
    # it can only open where a day or a span begins: none of these before it is open
    earlier = [moment for moment in beginnings(now, opening, chosen) if now <= moment < opening]
    assert not any(may_begin(moment, chosen, workdays=workdays) for moment in [now, *earlier])


def may_begin(moment: datetime, chosen: Sequence[tuple[time, time]], *, workdays: bool) -> bool:
    """Say by itself whether calls may begin at ``moment``."""
    here = moment.astimezone(SHANGHAI)
    open_day = not workdays or CALENDAR.status(here.date()).working
    inside = [begins <= here.time() < ends for begins, ends in chosen]
    return open_day and (not chosen or any(inside))


def beginnings(
    first: datetime, last: datetime, chosen: Sequence[tuple[time, time]]
) -> list[datetime]:
    """Return every moment from ``first`` to ``last`` at which a day or a span begins."""
    day = first.astimezone(SHANGHAI).date()
    found = []
    while day <= last.astimezone(SHANGHAI).date():
        found += [
            datetime.combine(day, at, SHANGHAI) for at in (time(0), *(one for one, _ in chosen))
        ]
        day += timedelta(days=1)
    return found
