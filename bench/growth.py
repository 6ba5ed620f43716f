"""What a claim and the board cost when few or many rows are finished; neither may depend on it.

Finished rows are written straight into the tables of a real database: what is measured is the
statements, not how the rows came to be.
"""

import argparse
import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from several_workers import postgresql

from xinqiao.clock import Clock
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade
from xinqiao.database.tables import (
    duty,
    holding,
    record,
    submission,
    submission_count,
)
from xinqiao.queue.board import platform_board
from xinqiao.queue.claims import claim, give_back, recover_expired
from xinqiao.queue.lease import Lease
from xinqiao.queue.pace import Pace
from xinqiao.queue.platforms import Platform
from xinqiao.queue.transitions import Cause
from xinqiao.routing.thresholds import Thresholds

PLATFORM = "credit_shandong"
READY = 1000
CLAIMED = 100
_CHUNK = 5000


def fill(database: Database, first: int, last: int, state: str) -> None:
    """Write submissions ``first`` up to ``last`` in one state, with all that belongs to each."""
    now = datetime.now(UTC)
    finished = state == "accepted"
    for begin in range(first, last, _CHUNK):
        numbers = range(begin, min(begin + _CHUNK, last))
        ids = {number: str(uuid.UUID(int=number)) for number in numbers}
        with database.writing() as connection:
            for table, row in _tables(now, state, finished=finished):
                connection.execute(sa.insert(table), [row(n, ids[n]) for n in numbers])
    with database.writing() as connection:
        connection.execute(
            sa.insert(submission_count).values(
                platform=PLATFORM, state=state, submissions=last - first
            )
        )


def _tables(
    now: datetime, state: str, *, finished: bool
) -> list[tuple[sa.Table, Callable[[int, str], dict[str, Any]]]]:
    version = 1 if finished else None
    due = now + timedelta(days=5)
    return [
        (
            record,
            lambda n, i: {
                "id": i,
                "kind": "permit",
                "matching_key": f"permit|A|{n}",
                "current_version": 1,
                "created_at": now,
            },
        ),
        (
            holding,
            lambda n, i: {
                "id": n,
                "record_id": i,
                "platform": PLATFORM,
                "wanted_version": 1,
                "held_version": version,
                "wanted_key": f"{n}",
                "findings": [],
                "updated_at": now,
            },
        ),
        (
            duty,
            lambda _, i: {
                "record_id": i,
                "platform": PLATFORM,
                "rule": "D1",
                "version": 1,
                "basis": "",
                "starts_on": now.date(),
                "due_on": due.date(),
                "due_at": due,
                "counting": "exclusive",
                "calendar": "",
                "provisional": False,
                "legal": True,
                "opened_at": now,
                "closed_at": now if finished else None,
            },
        ),
        (
            submission,
            lambda n, i: {
                "id": n,
                "holding_id": n,
                "record_id": i,
                "version": 1,
                "platform": PLATFORM,
                "kind": "permit",
                "operation": "insert",
                "idempotency_key": f"{i}:insert:v1",
                "state": state,
                "due_at": due,
                "next_attempt_at": now,
                "attempts": 0,
                "deaths": 0,
                "questions": 0,
                "fence": 0,
                "created_at": now,
                "changed_at": now,
            },
        ),
    ]


def milliseconds(work: Callable[[], object], times: int = 15) -> float:
    """Return the median of several runs, in milliseconds."""
    spans = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        spans.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(spans), 2)


def measure(database: Database) -> dict[str, float]:
    """Measure one claim of 100 and one board."""
    nobody: Any = None  # neither claim nor board calls the platform
    platform = Platform(PLATFORM, nobody, CLAIMED, 1, 1, 1, {}, 1, Pace())
    lease = Lease("bench", 3600, 1000)
    clock = Clock()

    def claim_once() -> None:
        with database.writing() as connection:
            cause = Cause("bench", clock.now())
            recover_expired(connection, platform, lease, cause)
            tickets = claim(connection, platform, lease, cause)
            if len(tickets) != CLAIMED:
                raise RuntimeError("not enough was ready: the figure would mean nothing")
            give_back(connection, tickets, cause)

    def look() -> None:
        now = clock.now()
        with database.reading() as connection:
            platform_board(connection, PLATFORM, Thresholds(now, now, now))

    return {"claim_and_return_100_ms": milliseconds(claim_once), "board_ms": milliseconds(look)}


@contextmanager
def sqlite() -> Iterator[str]:
    """Give the URL of an empty file."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'growth.db'}"


def main() -> None:
    """Measure on both databases and print one line of JSON per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--finished", type=int, nargs="+", default=[10_000, 1_000_000])
    options = parser.parse_args()
    for name, made in (("sqlite", sqlite), ("postgresql", postgresql)):
        with made() as url:
            database = Database(url)
            upgrade(database)
            fill(database, 1, READY + 1, "ready")
            there = READY + 1
            for finished in options.finished:
                with database.writing() as connection:
                    connection.execute(
                        sa.delete(submission_count).where(submission_count.c.state == "accepted")
                    )
                fill(database, there, READY + 1 + finished, "accepted")
                there = READY + 1 + finished
                if name == "postgresql":
                    with database.engine.connect() as connection:
                        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                            sa.text("ANALYZE")
                        )
                figures = {"database": name, "finished": finished, **measure(database)}
                print(json.dumps(figures), flush=True)
            database.close()


if __name__ == "__main__":
    main()
