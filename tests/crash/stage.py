"""A rehearsal workspace, a platform in a process of its own, and workers that may die."""

import copy
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
import xlsxwriter

from tests.crash.database_server import DatabaseServer
from tests.crash.disk import SmallDisk
from tests.crash.judge import Verdict, judge
from tests.crash.worker_process import WorkerProcess
from tests.e2e.rehearsal import HEADERS, permit
from xinqiao.config.workspace import create_workspace, open_workspace
from xinqiao.database.engine import Database
from xinqiao.database.tables import submission, submission_count
from xinqiao.errors import BusyError
from xinqiao.hub import Hub
from xinqiao.opening import prepare_database
from xinqiao.simulator.process import SimulatorProcess, start

PLATFORM = "credit_shandong"
Result = TypeVar("Result")
EXCHANGE_SECONDS = 0.6
LEASE_SECONDS = 3.2
"""Longer than the longest send: five exchanges of :data:`EXCHANGE_SECONDS`."""

LATENCY_SECONDS = 0.08
ROWS_PER_BATCH = 5
FED = 150
"""Records imported whenever the workers are about to run out of work."""

SETTLE_SECONDS = 150
OPEN = ("ready", "sending", "awaiting_receipt", "in_doubt")

_SETTINGS = """
[workspace]
rehearsal = true
[bureau]
name = "云溪县交通运输局"
code = "11420000MB15291767"
[database]
url = "{url}"
busy_seconds = 1
[delivery]
lease_seconds = {lease}
backoff_first_seconds = 0.1
backoff_longest_seconds = 0.4
deaths_before_hold = {deaths}
questions_before_hold = 10000
parallel_calls = 2
[daemon]
poll_seconds = 0.05
[logging]
level = "warning"
"""

_PLATFORM = """
profile = "credit_shandong"
[transport]
base_url = "{url}"
connect_seconds = 0.5
read_seconds = 0.5
total_seconds = {exchange}
attempts = 2
[limits]
rows_per_batch = {rows}
[pace]
parallel_calls = 8
[capabilities]
visible_after_seconds = 0.3
deduplicates = false
[receipts]
poll_after_seconds = 0.05
poll_every_seconds = 0.1
expected_within_seconds = 3600
"""

NOISE = [
    {"name": "timeout_after_commit", "probability": 0.01, "seconds": 1},
    {"name": "timeout_before", "probability": 0.01, "seconds": 1},
    {"name": "reset_mid_answer", "probability": 0.02},
    {"name": "http_500_after_commit", "probability": 0.02},
    {"name": "html_page", "probability": 0.01},
    {"name": "late_receipts", "probability": 0.05, "seconds": 0.5},
    {"name": "busy", "probability": 0.01},
]
"""What the platform does wrong now and then while the workers die."""


class Stage:
    """One workspace on one database, and everything that is done to it.

    Args:
        folder: An empty folder.
        url: Database; empty for SQLite in the workspace.
        simulator: The platform.
        seed: Of everything that happens by chance here.
        deaths_before_hold: How often a worker may die of a submission.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        simulator: SimulatorProcess,
        *,
        seed: int = 0,
        deaths_before_hold: int = 1000,
    ) -> None:
        self.root = create_workspace(folder, rehearsal=True, platforms=["credit_shandong"]).root
        self.url = url
        self.simulator = simulator
        self.chance = random.Random(seed)  # noqa: S311 - invented data, not a secret
        self.numbers: list[str] = []
        self.server: DatabaseServer | None = None
        self.disk: SmallDisk | None = None
        self.workers: list[WorkerProcess] = []
        (self.root / "xinqiao.toml").write_text(
            _SETTINGS.format(url=url, lease=LEASE_SECONDS, deaths=deaths_before_hold), "utf-8"
        )
        (self.root / "platforms" / f"{PLATFORM}.toml").write_text(
            _PLATFORM.format(
                url=simulator.base_url, exchange=EXCHANGE_SECONDS, rows=ROWS_PER_BATCH
            ),
            "utf-8",
        )
        prepare_database(open_workspace(self.root))
        self.hub = Hub(open_workspace(self.root))

    def copy(self, folder: Path, url: str) -> "Stage":
        """Return a second stage like this one, on a copy of its database at ``url``."""
        other = copy.copy(self)
        shutil.copytree(self.root, folder)
        settings = folder / "xinqiao.toml"
        text = settings.read_text("utf-8")
        settings.write_text(text.replace(f'url = "{self.url}"', f'url = "{url}"'), "utf-8")
        other.root, other.url, other.workers = folder, url, []
        other.hub = Hub(open_workspace(folder))
        return other

    @property
    def database(self) -> Database:
        """The workspace's database, opened by this process."""
        return self.hub.database

    def load(self, count: int) -> None:
        """Import ``count`` new permits."""
        first = len(self.numbers) + 1
        rows = [permit(number) for number in range(first, first + count)]
        path = self.root / "sources" / f"许可{first}.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("双公示")
            for place, cells in enumerate([list(HEADERS), *rows]):
                sheet.write_row(place, 0, cells)
        self.patiently(lambda: self.hub.importer().run(path))
        self.numbers += [row[5] for row in rows]

    def feed(self) -> None:
        """Import more as soon as little is left to send, so that a death finds work in hand."""
        if self.patiently(self.ready) < FED // 3:
            self.load(FED)

    def ready(self) -> int:
        """Return how many submissions wait for their turn."""
        return self.count("ready")

    def count(self, *states: str) -> int:
        """Return how many submissions stand in ``states``."""
        with self.database.reading() as connection:
            total = sa.select(sa.func.coalesce(sa.func.sum(submission_count.c.submissions), 0))
            statement = total.where(submission_count.c.state.in_(states))
            return int(connection.execute(statement).scalar_one())

    def in_hand(self, worker: WorkerProcess) -> int:
        """Return how many submissions ``worker`` holds at this moment."""
        mine = submission.c.lease_owner.contains(f"/{worker.pid}/")
        statement = sa.select(sa.func.count()).select_from(submission).where(mine)

        def look() -> int:
            with self.database.reading() as connection:
                found: int = connection.execute(statement).scalar_one()
            return found

        return self.patiently(look)

    def start_worker(self, module: str = "xinqiao", *arguments: str) -> WorkerProcess:
        """Start one more worker."""
        worker = WorkerProcess(self.root, module, *arguments)
        self.workers.append(worker)
        return worker

    def end_workers(self) -> None:
        """Let every worker end, by force if need be."""
        while self.workers:
            self.workers.pop().end()

    def patiently(self, work: Callable[[], Result]) -> Result:
        """Do ``work`` as an operator would: again while the database is busy or away."""
        ends_at = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                return work()
            except BusyError:
                if time.monotonic() > ends_at:
                    raise
                time.sleep(0.2)

    def settle(self) -> None:
        """Let sound workers run until nothing is left to do."""
        while len([worker for worker in self.workers if worker.running]) < 2:
            self.start_worker()
        ends_at = time.monotonic() + SETTLE_SECONDS
        while self.patiently(lambda: self.count(*OPEN)):
            assert time.monotonic() < ends_at, self._unsettled()
            time.sleep(0.2)
        self.end_workers()

    def verdict(self) -> Verdict:
        """Return what became of everything that was imported."""
        return judge(self.database, self.simulator.received(), self.numbers)

    def _unsettled(self) -> str:
        states = {state: self.count(state) for state in (*OPEN, "held", "accepted")}
        words = [worker.words()[-2000:] for worker in self.workers]
        return f"not settled after {SETTLE_SECONDS} s: {states}; workers said {words}"


@contextmanager
def staged(
    folder: Path,
    url: str = "",
    *,
    seed: int = 0,
    noise: bool = True,
    latency: float = LATENCY_SECONDS,
    deaths_before_hold: int = 1000,
) -> Iterator[Stage]:
    """Give a stage with a platform that takes every repeat for a new record."""
    with start(PLATFORM, accept_repeats=True, latency=latency, seed=seed) as simulator:
        stage = Stage(folder, url, simulator, seed=seed, deaths_before_hold=deaths_before_hold)
        if noise:
            simulator.queue_faults(NOISE)
        try:
            yield stage
        finally:
            stage.end_workers()
            stage.database.close()
