"""What tests of several parts share."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from xinqiao.clock import Clock
from xinqiao.database.engine import Database

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""2026-11-20 10:00 in Asia/Shanghai, a Friday."""


class FrozenClock(Clock):
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._moved = 0.0
        self.followers: list[Callable[[datetime], None]] = []
        """Told of every change: other clocks that are to show the same."""

    def now(self) -> datetime:
        return self._now

    def elapsed(self) -> float:
        """Time that really passes, and what the clock was moved by."""
        return super().elapsed() + self._moved

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._moved += seconds
        for follow in self.followers:
            follow(self._now)

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class WaitlessClock(Clock):
    """The system's clock, on which nobody waits: it notes for how long they would have."""

    def __init__(self, waits: list[float]) -> None:
        self._waits = waits

    def sleep(self, seconds: float) -> None:
        self._waits.append(seconds)


ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what only SQLite has: its file, its pragmas, its own way to wait."""

ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
"""For what only PostgreSQL has: a clock of its own, several machines."""


def same_database(database: Database, busy_seconds: float) -> Database:
    """Open ``database`` once more, as another process would."""
    return Database(database.url.render_as_string(hide_password=False), busy_seconds)


def unprotect(connection: sa.Connection) -> None:
    """Take the triggers from the log and the anchors, as the database's owner could."""
    for table in ("audit", "anchor"):
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
            continue
        for verb in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")


def wait_until(
    settled: Callable[[], bool], explain: Callable[[], str], seconds: float = 30
) -> None:
    """Try ``settled`` until it holds; fail with ``explain()`` after ``seconds``."""
    ends_at = time.monotonic() + seconds
    while not settled():
        assert time.monotonic() < ends_at, explain()
        time.sleep(0.05)
