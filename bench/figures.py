"""What figures cost over a million first reports, on both databases: seconds and memory.

Rows are written straight into the tables of a real database: what is measured is the counting, not
how the rows came to be. Each measurement runs in a process of its own, so that its peak memory is
that of the counting alone.
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from several_workers import postgresql

from xinqiao.clock import Clock, start_of
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade
from xinqiao.database.tables import (
    batch,
    duty,
    holding,
    import_run,
    receipt,
    record,
    record_version,
    submission,
)
from xinqiao.mapping.registry import format_for
from xinqiao.reconcile.figures.definitions import figure
from xinqiao.reconcile.figures.limits import Reckoning
from xinqiao.reconcile.figures.selection import Selection, Since
from xinqiao.reconcile.figures.service import By, Figures, Part
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting

_CHUNK = 5000
_DAYS = 1000
_FIRST_DAY = date(2024, 1, 2)
_DEPARTMENTS = [f"科室{number}" for number in range(10)]
_KINDS = ["permit", "penalty"]
_NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
_CONTENT = {
    "subject.name": "沂源县示例物流有限公司",
    "subject.category": "法人及非法人组织",
    "document_name": "道路运输经营许可决定书",
    "permit_class": "普通",
    "content": "道路普通货物运输",
    "authority": "沂源县交通运输局",
    "status": "有效",
}


def fill(database: Database, rows: int) -> None:
    """Write ``rows`` first reports, each of a record of its own, with submission and receipt."""
    with database.writing() as connection:
        connection.execute(sa.insert(import_run), [_RUN])
        connection.execute(sa.insert(batch), [_BATCH])
    for begin in range(1, rows + 1, _CHUNK):
        numbers = range(begin, min(begin + _CHUNK, rows + 1))
        with database.writing() as connection:
            for table, row in _TABLES:
                connection.execute(sa.insert(table), [row(number) for number in numbers])
    if database.dialect == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as one:
            one.execute(sa.text("ANALYZE"))


def _id(number: int) -> str:
    return str(uuid.UUID(int=number))


def _kind(number: int) -> str:
    return _KINDS[number % 2]


def _day(number: int) -> date:
    return _FIRST_DAY + timedelta(days=number * 7919 % _DAYS)


def _reported(number: int) -> datetime | None:
    # one in a hundred never came; of the others some are late
    late = timedelta(days=number % 17, seconds=number % 86_400)
    return None if number % 100 == 0 else start_of(_day(number)) + late


def _duty(number: int) -> dict[str, Any]:
    reported = _reported(number)
    return {
        "record_id": _id(number),
        "platform": "credit_shandong",
        "rule": "D1",
        "version": 1,
        "basis": "",
        "starts_on": _day(number),
        "due_on": _day(number),
        "due_at": _NOW,
        "counting": "exclusive",
        "calendar": "",
        "provisional": False,
        "legal": True,
        "opened_at": _NOW,
        "closed_at": reported,
        "closed_by": None if reported is None else "accepted",
        "reported_at": reported,
    }


def _submission(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "holding_id": number,
        "record_id": _id(number),
        "version": 1,
        "platform": "credit_shandong",
        "kind": _kind(number),
        "operation": "insert",
        "idempotency_key": str(number),
        "state": "rejected" if number % 100 == 0 else "accepted",
        "due_at": _NOW,
        "next_attempt_at": _NOW,
        "attempts": 1,
        "deaths": 0,
        "questions": 0,
        "fence": 1,
        "request_started_at": _NOW,
        "batch_id": 1,
        "created_at": _NOW,
        "changed_at": _NOW,
    }


_RUN = {
    "id": 1,
    "file_name": "bench",
    "file_sha256": "",
    "kind": "permit",
    "actor": "",
    "started_at": _NOW,
    "counts": {"read": 1, "duplicates": 0},
}
_BATCH = {
    "id": 1,
    "number": "1",
    "platform": "credit_shandong",
    "kind": "permit",
    "operation": "insert",
    "edition": "2018",
    "row_count": 1,
    "key_id": "",
    "sha256": "",
    "sealed_at": _NOW,
}
_TABLES: list[tuple[sa.Table, Callable[[int], dict[str, Any]]]] = [
    (
        record,
        lambda number: {
            "id": _id(number),
            "kind": _kind(number),
            "matching_key": str(number),
            "department": _DEPARTMENTS[number % len(_DEPARTMENTS)],
            "current_version": 1,
            "created_at": _NOW,
        },
    ),
    (
        record_version,
        lambda number: {
            "record_id": _id(number),
            "version": 1,
            "content": {"document_number": f"云交许〔2026〕{number}号", **_CONTENT},
            "content_hash": "",
            "valid": True,
            "findings": [],
            "decided_on": _day(number),
            "import_run_id": 1,
            "source_row": 2,
            "created_at": _NOW,
        },
    ),
    (
        holding,
        lambda number: {
            "id": number,
            "record_id": _id(number),
            "platform": "credit_shandong",
            "wanted_version": 1,
            "held_version": None if number % 100 == 0 else 1,
            "findings": [],
            "updated_at": _NOW,
        },
    ),
    (duty, _duty),
    (submission, _submission),
    (
        receipt,
        lambda number: {
            "batch_id": 1,
            "submission_id": number,
            "verdict": "rejected" if number % 100 == 0 else "accepted",
            "code": "",
            "message": "",
            "reference": "",
            "received_at": _NOW,
            "digest": "",
        },
    ),
]

_EVERYTHING = (By.PLATFORM, By.KIND, By.DEPARTMENT, By.MONTH)
_ASKED: dict[str, tuple[str, ...]] = {
    "time": ("on_time", "late", "on_time_of_due", "concealed", "missing"),
    "answers": ("compliance_first", "compliance_final", "stored", "repeated"),
    "completeness": ("completeness",),
}


def measure(url: str, what: str, results: "multiprocessing.Queue[dict[str, Any]]") -> None:
    """Count one group of figures, or stream the longest list; tell seconds and peak memory."""
    database = Database(url)
    service = Figures(database, Clock(), WorkingCalendar(), Since(), format_for)
    before = _peak()
    began, used = time.perf_counter(), time.process_time()
    if what == "list":
        reckoning = Reckoning(Counting.EXCLUSIVE)
        asked = service.records(figure("late"), Part.DENOMINATOR, Selection(), reckoning)
        with asked as entries:
            count = sum(1 for _ in entries)
    else:
        wanted = [figure(one) for one in _ASKED[what]]
        count = len(service.numbers(wanted, _EVERYTHING, Selection()))
    results.put(
        {
            "what": what,
            "count": count,
            "seconds": round(time.perf_counter() - began, 1),
            "own_cpu_seconds": round(time.process_time() - used, 1),
            "memory_before_mb": before,
            "peak_mb": _peak(),
        }
    )
    database.close()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measured(url: str, what: str) -> dict[str, Any]:
    """Run :func:`measure` in a process of its own."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[dict[str, Any]] = context.Queue()
    process = context.Process(target=measure, args=(url, what, results))
    process.start()
    found = results.get()
    process.join()
    return found


@contextmanager
def opened(engine: str) -> Iterator[str]:
    """Give the URL of an empty database."""
    if engine == "postgresql":
        with postgresql() as url:
            yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'bench.db'}"


def main() -> None:
    """Measure and print one JSON line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], action="append")
    arguments = parser.parse_args()
    for engine in arguments.engine or ["sqlite", "postgresql"]:
        with opened(engine) as url:
            database = Database(url)
            upgrade(database)
            fill(database, arguments.rows)
            database.close()
            for what in (*_ASKED, "list"):
                told = {"engine": engine, "rows": arguments.rows, **measured(url, what)}
                print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
