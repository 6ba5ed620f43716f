"""The short form of the proof: every fault a few times on either database (see ``make crash``).

Several faults share one stage, one after the other, and are judged together in the end.
"""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.crash import mischief
from tests.crash.database_server import DatabaseServer, database_server
from tests.crash.disk import NoSmallDiskError
from tests.crash.faults import FAULTS, POSTGRESQL, SQLITE, run
from tests.crash.stage import staged
from tests.postgresql import UnavailableError

TOGETHER = (
    "two instances",
    "kill -9",
    "freeze past the lease",
    "freeze within the lease",
    "foreign lock",
)
ON_A_SERVER = ("server killed", "clock hours off")
ALONE = ("disk full", "poison record")


def server(stack: ExitStack, database: str) -> DatabaseServer | None:
    """Start a server where one is needed; without one on this machine, say so and skip."""
    if database == SQLITE:
        return None
    try:
        return stack.enter_context(database_server())
    except UnavailableError as error:
        pytest.skip(f"PostgreSQL does not run on this machine: {error}")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", [SQLITE, POSTGRESQL])
def test_workers_that_are_killed_frozen_and_locked_out_lose_nothing_and_double_nothing(
    folder: Path, database: str
) -> None:
    names = TOGETHER + (ON_A_SERVER if database == POSTGRESQL else ())
    with ExitStack() as stack:
        running = server(stack, database)
        url = "" if running is None else running.fresh()
        stage = stack.enter_context(staged(folder / "workspace", url, seed=20261124))
        stage.server = running
        for name in names:
            tally = FAULTS[name].run(stage, FAULTS[name].short)
            assert tally.done >= FAULTS[name].short
        stage.end_workers()
        mischief.stop(stage, FAULTS["orderly stop"].short)
        stage.settle()
        verdict = stage.verdict()
        assert verdict.clean, verdict
        assert (verdict.waiting, verdict.records > 0) == (0, True)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", [SQLITE, POSTGRESQL])
@pytest.mark.parametrize("name", ALONE)
def test_a_full_disk_and_a_record_that_kills_hold_up_nobody_else(
    folder: Path, name: str, database: str
) -> None:
    try:
        result = run(name, database, FAULTS[name].short, folder)
    except (UnavailableError, NoSmallDiskError) as error:
        pytest.skip(f"{name} on {database} cannot be tried on this machine: {error}")
    assert result.verdict.clean, result
    expected = FAULTS[name].people(FAULTS[name].short)
    assert result.verdict.waiting == expected, "exactly those that kill are held for a person"
