"""Every fault of the proof, with how to run it on either database (故障表)."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.crash import mischief
from tests.crash.database_server import database_server
from tests.crash.disk import small_disk
from tests.crash.judge import Verdict
from tests.crash.mischief import Tally
from tests.crash.stage import Stage, staged

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table.

    Attributes:
        fault: What was done.
        database: To workers on which database.
        tally: How often.
        verdict: What came of it.
    """

    fault: str
    database: str
    tally: Tally
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    Attributes:
        run: Does it so many times on a stage.
        short: How often in ``make test``.
        long: How often in ``make crash``.
        databases: Where it can happen.
        deaths_before_hold: How often a worker may die of a submission there.
        small_disk: Whether it takes a disk of its own.
    """

    run: Callable[[Stage, int], Tally]
    short: int
    long: int
    databases: tuple[str, ...] = (SQLITE, POSTGRESQL)
    deaths_before_hold: int = 1000
    small_disk: bool = False

    def people(self, times: int) -> int:
        """Return how many submissions must end with a person: those that kill, and no other."""
        return times if self.run is mischief.poison else 0


FAULTS: Mapping[str, Fault] = {
    "kill -9": Fault(mischief.kill, 8, 220),
    "freeze past the lease": Fault(mischief.freeze, 6, 111),
    "freeze within the lease": Fault(mischief.blink, 3, 30),
    "orderly stop": Fault(mischief.stop, 2, 30),
    "foreign lock": Fault(mischief.lock, 1, 12),
    "two instances": Fault(mischief.twins, 1, 12),
    # one machine has one clock: workers on SQLite cannot differ
    "clock hours off": Fault(mischief.clock, 1, 12, (POSTGRESQL,)),
    "server killed": Fault(mischief.restart, 1, 12, (POSTGRESQL,)),
    "disk full": Fault(mischief.fill_disk, 1, 10, small_disk=True),
    "poison record": Fault(mischief.poison, 2, 4, deaths_before_hold=3),
}
"""Name → fault."""


def run(name: str, database: str, times: int, folder: Path) -> Result:
    """Do one fault so many times on ``database``, and judge what came of it.

    Raises:
        UnavailableError: PostgreSQL does not run on this machine.
        NoSmallDiskError: No small disk can be made on this machine.
    """
    fault = FAULTS[name]
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk()) if fault.small_disk else None
        place = disk.path if disk is not None else folder
        server, url = None, ""
        if database == POSTGRESQL:
            server = stack.enter_context(database_server(place / "server" if disk else None))
            url = server.fresh()
        stage = stack.enter_context(
            staged(
                place / "workspace",
                url,
                seed=times,
                noise=fault.deaths_before_hold > times,
                deaths_before_hold=fault.deaths_before_hold,
            )
        )
        stage.server, stage.disk = server, disk
        tally = fault.run(stage, times)
        stage.settle()
        return Result(name, database, tally, stage.verdict())
