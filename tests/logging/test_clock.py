"""The clock: instants are aware UTC, legal dates are those of Asia/Shanghai."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import FrozenClock
from xinqiao.clock import SHANGHAI, Clock, end_of, local_date, start_of


def test_now_is_aware_and_utc() -> None:
    before = datetime.now(UTC)
    now = Clock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_today_is_the_date_in_shanghai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "now", lambda _: datetime(2026, 11, 19, 16, 0, tzinfo=UTC))
    assert Clock().today() == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 16, 0, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 20, 0, 0, tzinfo=SHANGHAI), date(2026, 11, 20)),
    ],
)
def test_a_legal_date_begins_at_midnight_in_shanghai(instant: datetime, day: date) -> None:
    assert local_date(instant) == day


@given(st.dates(date(1992, 1, 1), date(2100, 1, 1)))
def test_every_instant_of_a_day_falls_on_it_and_the_next_one_does_not(day: date) -> None:
    """China has had no summer time since 1991, so every day has 24 hours."""
    first, after = start_of(day), end_of(day)
    assert first.utcoffset() == timedelta(0)
    assert after - first == timedelta(days=1)
    assert local_date(first) == day
    assert local_date(after - timedelta(microseconds=1)) == day
    assert local_date(after) == day + timedelta(days=1)


def test_sleep_waits_on_the_system_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    Clock().sleep(2.5)
    assert waits == [2.5]


def test_the_frozen_clock_of_the_tests_moves_only_when_told(clock: FrozenClock) -> None:
    assert clock.now().astimezone(SHANGHAI) == datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
    clock.advance(60)
    clock.sleep(30)
    assert clock.now() == datetime(2026, 11, 20, 2, 1, 30, tzinfo=UTC)
    assert clock.today() == date(2026, 11, 20)
