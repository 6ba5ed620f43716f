"""The long proof (make crash): one row for each fault and database.

``python -m tests.crash`` runs all of them, each as often as its table says.

Faults and databases can be named: ``python -m tests.crash "kill -9" --times 50``.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.crash.disk import NoSmallDiskError
from tests.crash.faults import FAULTS, POSTGRESQL, SQLITE, Result, run
from tests.postgresql import UnavailableError

HEAD = (
    "| fault | database | times | met work in hand | records | lost | doubled | unasked resends |"
    " chain | for a person | seconds |"
)
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it


def row(result: Result, seconds: float) -> str:
    """Return one row of the table."""
    verdict, tally = result.verdict, result.tally
    cells = (
        result.fault,
        result.database,
        tally.done,
        "–" if tally.in_hand is None else tally.in_hand,
        verdict.records,
        len(verdict.lost),
        len(verdict.doubled),
        len(verdict.unasked),
        "whole" if verdict.chain and verdict.counts else "BROKEN",
        verdict.waiting,
        round(seconds),
    )
    return f"| {' | '.join(map(str, cells))} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return 1 if anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("faults", nargs="*", choices=[[], *FAULTS], help="all unless named")
    parser.add_argument("--database", choices=[SQLITE, POSTGRESQL], help="both unless named")
    parser.add_argument("--times", type=int, help="how often each, instead of the usual number")
    options = parser.parse_args(arguments)
    sys.stdout.write(f"{HEAD}\n|{'---|' * (HEAD.count('|') - 1)}\n")
    bad = 0
    for name in options.faults or FAULTS:
        for database in FAULTS[name].databases:
            if options.database in (None, database):
                bad += not _told(name, database, options.times or FAULTS[name].long)
    return 1 if bad else 0


def _told(name: str, database: str, times: int) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="xq-crash-", dir=_MEMORY if _MEMORY.is_dir() else None))
    started = time.monotonic()
    try:
        result = run(name, database, times, folder)
    except (UnavailableError, NoSmallDiskError) as error:
        # a proof with a hole in it is none
        sys.stdout.write(f"| {name} | {database} | not run: {error} |\n")
        return False
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(f"{row(result, time.monotonic() - started)}\n")
    sys.stdout.flush()
    if not result.verdict.clean:
        sys.stderr.write(f"{json.dumps(result.verdict.lost[:20], ensure_ascii=False)}\n")
        sys.stderr.write(f"{json.dumps(result.verdict.doubled[:20], ensure_ascii=False)}\n")
        sys.stderr.write(f"{json.dumps(result.verdict.unasked[:20], ensure_ascii=False)}\n")
    return result.verdict.clean and result.verdict.waiting == FAULTS[name].people(times)


if __name__ == "__main__":
    sys.exit(main())
