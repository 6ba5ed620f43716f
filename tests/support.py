"""What tests of several parts share."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from xinqiao.clock import Clock

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""2026-11-20 10:00 in Asia/Shanghai, a Friday."""


class FrozenClock(Clock):
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self.followers: list[Callable[[datetime], None]] = []
        """Told of every change: other clocks that are to show the same."""

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        for follow in self.followers:
            follow(self._now)

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)


def wait_until(
    settled: Callable[[], bool], explain: Callable[[], str], seconds: float = 30
) -> None:
    """Try ``settled`` until it holds; fail with ``explain()`` after ``seconds``."""
    ends_at = time.monotonic() + seconds
    while not settled():
        assert time.monotonic() < ends_at, explain()
        time.sleep(0.05)
