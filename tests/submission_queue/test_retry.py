"""Durable backoff grows, is capped, and is never zero."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from xinqiao.queue.retry import Backoff

failures = st.integers(min_value=1, max_value=500)


@given(failures)
def test_the_wait_lies_between_the_first_and_the_longest_with_a_quarter_of_jitter(
    count: int,
) -> None:
    wait = Backoff(60, 3600).after(count).total_seconds()
    expected = min(60 * 2 ** min(count - 1, 20), 3600)
    assert expected <= wait <= expected * 1.25


@given(failures)
def test_the_next_try_lies_in_the_future(count: int) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert Backoff(1, 5).next_at(now, count) > now


def test_two_waits_are_not_the_same_so_that_workers_do_not_march_in_step() -> None:
    waits = {Backoff(60, 3600).after(5) for _ in range(20)}
    assert len(waits) > 1
