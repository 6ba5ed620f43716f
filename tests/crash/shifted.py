"""A worker on a machine whose clock is some hours off: ``python -m tests.crash.shifted ROOT H``."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from xinqiao.clock import Clock
from xinqiao.daemon import Daemon


class ShiftedClock(Clock):
    """A clock that is wrong by some hours."""

    def __init__(self, hours: float) -> None:
        self._off = timedelta(hours=hours)

    def now(self) -> datetime:
        """Return the wrong time."""
        return super().now() + self._off


if __name__ == "__main__":
    Daemon(Path(sys.argv[1]), print, ShiftedClock(float(sys.argv[2]))).run()
