"""How long it takes to compare a million records with a ledger of a million, and in what memory.

What we hold is written straight into the tables of a real database; the ledger is made page by page
as it is asked for, so that its pages cost next to nothing. Of every thousand entries one shows
something else, one is foreign, and one of ours is missing. Each run is a process of its own: its
peak of memory is its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from growth import sqlite
from several_workers import postgresql

from xinqiao.adapters.base import Capabilities, LedgerEntry, LedgerPage, Outcome, Reply
from xinqiao.clock import Clock
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade
from xinqiao.database.tables import holding, import_run, record, record_version, submission
from xinqiao.mapping.identity import identified
from xinqiao.mapping.registry import format_for
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.lease import Lease
from xinqiao.queue.retry import Backoff
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.ledgers.comparison import compare_source
from xinqiao.reconcile.ledgers.readings import Origin
from xinqiao.reconcile.ledgers.terms import Terms
from xinqiao.reconcile.window import Window

PLATFORM = "credit_shandong"
KEYS = KeyRing("k1", {"k1": b"k" * 32}, b"l" * 32)
_CHUNK = 5000
_PAGE = 500
_EVERY = 1000

CONTENT = {
    "subject.name": "云溪县青石货物运输有限公司",
    "subject.category": "法人及非法人组织",
    "subject.unified_social_credit_code": "91350100M000100Y43",
    "subject.legal_representative": "试一",
    "document_name": "道路运输经营许可决定书",
    "permit_class": "普通",
    "content": "道路普通货物运输",
    "decision_date": "2026-11-17",
    "valid_from": "2026-11-17",
    "valid_until": "2030-11-17",
    "authority": "云溪县交通运输局",
    "authority_code": "11420000MB15291767",
    "status": "有效",
    "source_unit": "云溪县交通运输局",
    "source_unit_code": "11420000MB15291767",
}


def key(number: int) -> str:
    """Return the document number of a record."""
    return f"云交许〔2026〕{number:07}号"


def identifier(number: int) -> str:
    """Return the 记录标识 of a record."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


def fill(database: Database, count: int, accepted_at: datetime) -> None:
    """Write ``count`` accepted records with all that belongs to each."""
    with database.writing() as connection:
        connection.execute(
            sa.insert(import_run).values(
                id=1,
                file_name="许可.xlsx",
                file_sha256="0" * 64,
                kind="permit",
                actor="bench",
                started_at=accepted_at,
                counts={},
            )
        )
    for first in range(1, count + 1, _CHUNK):
        numbers = range(first, min(first + _CHUNK, count + 1))
        with database.writing() as connection:
            for table, rows in _rows(numbers, accepted_at):
                connection.execute(sa.insert(table), rows)


def _rows(numbers: range, at: datetime) -> Iterator[tuple[sa.Table, list[dict[str, Any]]]]:
    yield (
        record,
        [
            {
                "id": identifier(one),
                "kind": "permit",
                "matching_key": f"permit|{one}",
                "current_version": 1,
                "created_at": at,
            }
            for one in numbers
        ],
    )
    yield (
        record_version,
        [
            {
                "record_id": identifier(one),
                "version": 1,
                "content": {**CONTENT, "document_number": key(one)},
                "content_hash": "0" * 64,
                "valid": True,
                "findings": [],
                "import_run_id": 1,
                "source_row": one,
                "created_at": at,
            }
            for one in numbers
        ],
    )
    yield (
        holding,
        [
            {
                "id": one,
                "record_id": identifier(one),
                "platform": PLATFORM,
                "wanted_version": 1,
                "held_version": 1,
                "wanted_key": key(one),
                "held_key": key(one),
                "reference": f"SD-{one}",
                "findings": [],
                "updated_at": at,
            }
            for one in numbers
        ],
    )
    yield (
        submission,
        [
            {
                "holding_id": one,
                "record_id": identifier(one),
                "version": 1,
                "platform": PLATFORM,
                "kind": "permit",
                "operation": "insert",
                "idempotency_key": f"{one}:insert:v1",
                "state": "accepted",
                "due_at": at,
                "next_attempt_at": at,
                "attempts": 1,
                "deaths": 0,
                "questions": 0,
                "fence": 1,
                "request_started_at": at,
                "created_at": at,
                "changed_at": at,
                "platform_key": key(one),
            }
            for one in numbers
        ],
    )


@dataclass
class MadeLedger:
    """A ledger that makes its pages as it is asked for them."""

    count: int
    capabilities: Capabilities

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        """Return one page; see the module for what differs."""
        del start, end
        first = (page - 1) * _PAGE + 1
        last = min(first + _PAGE, self.count + 1)
        entries = tuple(self._entry(kind, number) for number in range(first, last))
        more = page + 1 if last <= self.count else None
        return LedgerPage(Reply(Outcome.RECEIVED), entries, more, complete=True, total=self.count)

    def _entry(self, kind: str, number: int) -> LedgerEntry:
        # where one of ours is missing, a foreign one stands
        number_there = number + self.count if number % _EVERY == 0 else number
        content = {**CONTENT, "document_number": key(number_there)}
        rendered = format_for(PLATFORM, kind).render(identified(identifier(number), content))
        if rendered.values is None:
            raise RuntimeError(f"the record does not fit the format: {rendered.findings}")
        values = dict(rendered.values)
        if number % _EVERY == 1:
            values["XK_NR"] = "出租汽车经营"
        return LedgerEntry(key(number_there), values, f"SD-{number_there}")


def measure(url: str, count: int) -> dict[str, Any]:
    """Compare everything with everything, twice; the second time nothing is new."""
    database = Database(url)
    clock = Clock()
    source = MadeLedger(count, Capabilities(ledger=True))
    worker = Worker(database, KEYS, clock, Lease("bench", 600, 3), Backoff(60, 3600), 3)
    today = clock.today()
    window = Window(today - timedelta(60), today)
    figures: dict[str, Any] = {}
    for run in ("first", "again"):
        began, used = time.perf_counter(), time.process_time()
        found = compare_source(worker, PLATFORM, "permit", window, source, Origin(), Terms())
        figures[f"{run}_seconds"] = round(time.perf_counter() - began, 1)
        figures[f"{run}_cpu_seconds"] = round(time.process_time() - used, 1)
        expected = count - 2 * (count // _EVERY)
        if found.incomplete or found.matched != expected:
            raise RuntimeError(f"{found.incomplete} {found.matched} {found.counts}")
        figures["differences"] = sum(
            found.counts[one] for one in ("missing", "unexpected", "different")
        )
    figures["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    database.close()
    return figures


def made_once(url: str, count: int) -> None:
    """Fill an empty database."""
    database = Database(url)
    upgrade(database)
    fill(database, count, datetime.now(UTC) - timedelta(days=30))
    if database.dialect == "postgresql":
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("ANALYZE"))
    database.close()


def main() -> None:
    """Measure on both databases and print one line of JSON for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--url", help="measure this filled database, in this very process")
    options = parser.parse_args()
    if options.url:
        print(json.dumps(measure(options.url, options.records)), flush=True)
        return
    for name, made in (("sqlite", sqlite), ("postgresql", postgresql)):
        if options.database and name not in options.database:
            continue
        with made() as url:
            began = time.perf_counter()
            made_once(url, options.records)
            filled = round(time.perf_counter() - began, 1)
            told = subprocess.run(
                [sys.executable, __file__, "--records", str(options.records), "--url", url],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout.splitlines()[-1]
            figures = {"database": name, "records": options.records, "filled_seconds": filled}
            print(json.dumps(figures | json.loads(told)), flush=True)


if __name__ == "__main__":
    main()
