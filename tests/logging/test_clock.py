"""Legal dates are those of Asia/Shanghai, whatever the machine's zone is."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from xinqiao.clock import Clock, end_of, local_date, start_of


def test_the_legal_date_changes_at_midnight_in_shanghai() -> None:
    assert local_date(datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 20)
    assert local_date(datetime(2026, 11, 20, 16, 0, tzinfo=UTC)) == date(2026, 11, 21)


@given(st.dates(min_value=date(1995, 1, 1), max_value=date(2100, 12, 31)))
def test_a_day_ends_where_the_next_begins_and_holds_all_its_instants(day: date) -> None:
    assert end_of(day) == start_of(day + timedelta(days=1))
    assert local_date(start_of(day)) == local_date(end_of(day) - timedelta(microseconds=1)) == day


def test_the_systems_clock_is_aware_and_in_utc() -> None:
    assert Clock().now().utcoffset() == timedelta(0)
