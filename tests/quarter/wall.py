"""One clock for everybody: the hub, the operators, the database server, and every platform.

What the tests' own process sets, the stand-ins in their processes read from a file.
"""

import os
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from tests.support import FrozenClock
from xinqiao.clock import SHANGHAI, Clock

_FORM = struct.Struct("<d")


class WallClock(FrozenClock):
    """A clock on the wall that other processes see as well."""

    def __init__(self, path: Path, now: datetime) -> None:
        super().__init__(now)
        self.path = path
        self.followers.append(self._show)
        self._show(now)

    def turn_to(self, day: date, hour: int, minute: int = 0) -> None:
        """Turn to a time of day in Shanghai; never back."""
        to = datetime.combine(day, time(hour, minute), SHANGHAI).astimezone(UTC)
        seconds = (to - self.now()).total_seconds()
        assert seconds >= 0, (to, self.now())
        self.advance(seconds)

    def rule(self, patch: pytest.MonkeyPatch) -> None:
        """Let everything in this process that asks for the time be told this one."""
        patch.setattr(Clock, "now", lambda _: self._now)
        elapsed = Clock.elapsed
        patch.setattr(Clock, "elapsed", lambda one: elapsed(one) + self._moved)
        patch.setattr(Clock, "sleep", lambda _, seconds: self.advance(seconds))

    def elapsed(self) -> float:
        """Return what every clock of this process tells."""
        return Clock.elapsed(self)

    def _show(self, now: datetime) -> None:
        part = self.path.with_suffix(".part")
        part.write_bytes(_FORM.pack(now.timestamp()))
        part.rename(self.path)


def reader(path: Path) -> Callable[[object], datetime]:
    """Return what tells the time on the wall, in place of :meth:`Clock.now`."""

    def now(_clock: object) -> datetime:
        handle = os.open(path, os.O_RDONLY)
        try:
            (seconds,) = _FORM.unpack(os.read(handle, _FORM.size))
        finally:
            os.close(handle)
        return datetime.fromtimestamp(seconds, UTC)

    return now
