"""What proving a log of a million entries costs, on both databases: seconds, memory, anchors.

The tables are filled as ``bench/figures.py`` fills them, and the log is written through the chain
as the hub writes it, so that every part of the proof has something to follow: entries, anchors,
submissions and holdings. Each measurement runs in a process of its own, so that its peak memory is
that of the proof alone.
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from figures import fill, opened

from xinqiao.anchoring.proof import prove
from xinqiao.audit.anchors.signing import create_key, load_key
from xinqiao.audit.anchors.writing import write_anchor
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.audit.founding import record_founding
from xinqiao.audit.holdings import note_existing
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade
from xinqiao.database.tables import submission

_AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
_ACTOR = "bench"
_PER_RECORD = 5
_CHUNK = 1000
_PER_ANCHOR = 10_000


def write_log(database: Database, key_file: Path) -> None:
    """Write what the hub would have written of these submissions, and an anchor now and then."""
    key = create_key(key_file)
    with database.writing() as connection:
        record_founding(connection, workspace="bench", rehearsal=True, actor=_ACTOR, at=_AT)
        note_existing(connection, actor=_ACTOR, at=_AT)
    last, unanchored = 0, _PER_ANCHOR
    while True:
        with database.writing() as connection:
            statement = (
                sa.select(submission)
                .where(submission.c.id > last)
                .order_by(submission.c.id)
                .limit(_CHUNK)
            )
            rows = connection.execute(statement).all()
            if not rows:
                return
            entries = [entry for row in rows for entry in _life(row)]
            append(connection, entries, actor=_ACTOR, at=_AT)
        last, unanchored = rows[-1].id, unanchored + len(entries)
        if unanchored >= _PER_ANCHOR:
            write_anchor(database, key, actor=_ACTOR, at=_AT)
            unanchored = 0


def _life(row: Any) -> Iterator[Entry]:
    about = (row.record_id, row.id, row.platform)
    asked = {"operation": row.operation, "version": row.version}
    yield Entry("record.planned", row.record_id, platform=row.platform, details=asked)
    yield Entry("submission.created", *about, details=asked)
    before = "ready"
    for after in ("sending", "awaiting_receipt", row.state):
        yield Entry(f"submission.{after}", *about, details={"before": before, "batch": 1})
        before = after


def measure(url: str, key_file: str, results: "multiprocessing.Queue[dict[str, Any]]") -> None:
    """Prove the log once; tell how long each part took, and the peak of memory."""
    database = Database(url)
    key = load_key(Path(key_file))
    reached: dict[str, float] = {}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    began, used = time.perf_counter(), time.process_time()

    def told(what: str, _count: int) -> None:
        reached[what] = round(time.perf_counter() - began, 1)

    with database.reading() as connection:
        proof = prove(connection, (), None if key is None else key.public, told)
    seconds = time.perf_counter() - began
    results.put(
        {
            "ok": proof.ok,
            "entries": proof.chain.entries,
            "anchors": proof.anchors and proof.anchors.stored,
            "holdings": proof.state and proof.state.holdings,
            "seconds": round(seconds, 1),
            "own_cpu_seconds": round(time.process_time() - used, 1),
            "entries_per_second": round(proof.chain.entries / seconds),
            "reached_after": reached,
            "memory_before_mb": before,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    )
    database.close()


def main() -> None:
    """Measure and print one JSON line per database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], action="append")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    for engine in arguments.engine or ["sqlite", "postgresql"]:
        with opened(engine) as url, tempfile.TemporaryDirectory() as folder:
            key_file = Path(folder) / "anchor.pem"
            database = Database(url)
            upgrade(database)
            fill(database, arguments.entries // _PER_RECORD)
            write_log(database, key_file)
            database.close()
            results: multiprocessing.Queue[dict[str, Any]] = context.Queue()
            process = context.Process(target=measure, args=(url, str(key_file), results))
            process.start()
            print(json.dumps({"engine": engine, **results.get()}), flush=True)
            process.join()


if __name__ == "__main__":
    main()
