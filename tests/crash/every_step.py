"""Kills one worker at each step of a delivery in turn, and lets others find out what became."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO

from tests.crash.judge import Verdict
from tests.crash.later import Later
from tests.crash.manners import in_manner
from tests.crash.stage import LEASE_SECONDS, OPEN, PLATFORM, Stage
from xinqiao.config.workspace import open_workspace
from xinqiao.hub import Hub
from xinqiao.queue.delivery import deliver
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.reconcile.receipts import collect

_MOST_STEPS = 300
_ROUNDS = 6

SetClock = Callable[[datetime], None]
"""Sets the clock of the database that a stage stands on."""

CopyDatabase = Callable[[], tuple[str, SetClock]]
"""Copies the database of the stage; gives the copy's URL (empty: SQLite in the workspace)."""


class Killer:
    """The process that forks workers and has them die; see :mod:`tests.crash.steps`.

    Args:
        process: It.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin: IO[str] = process.stdin
        self._stdout: IO[str] = process.stdout

    def work(self, root: Path, last: int, manner: str, part: str) -> str:
        """Let a worker do its part until step ``last``; return what it said."""
        self._stdin.write(f"{root}\t{last}\t{manner}\t{part}\n")
        self._stdin.flush()
        said = ""
        while (line := self._line()) != "next":
            said = line
        return said

    def _line(self) -> str:
        line = self._stdout.readline()
        assert line, "the killer has ended"
        return line.rstrip("\n")


@contextmanager
def killing() -> Iterator[Killer]:
    """Give a killer; it ends with the block."""
    command = [sys.executable, "-m", "tests.crash.steps"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Killer(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


@dataclass(frozen=True, slots=True)
class Death:
    """One death and what came of it.

    Attributes:
        step: Its number.
        name: What the worker was about to do.
        verdict: What became of the records.
        states: State of every submission in the end.
    """

    step: int
    name: str
    verdict: Verdict
    states: tuple[str, ...]


def every_death(
    killer: Killer, first: Stage, copied: CopyDatabase, manner: str, part: str = "sending"
) -> Iterator[Death]:
    """Yield what came of a death at the first step, at the second, and so on to the last.

    Args:
        killer: Has workers die.
        first: A stage with records that are ready; it is left as it is.
        copied: Copies its database.
        manner: Of the platform, one of :data:`tests.crash.manners.MANNERS`.
        part: Of the work: ``sending``, or ``asking`` about what was sent and not answered.
    """
    first.database.close()
    for step in range(1, _MOST_STEPS):
        first.simulator.reset()
        if part == "asking":
            first.simulator.queue_faults([{"name": "http_500_after_commit"}])
        url, set_clock = copied()
        stage = first.copy(first.root.with_name(f"{first.root.name}-{step}"), url)
        try:
            said = killer.work(stage.root, step, manner, part)
            if said.startswith("done"):
                return
            _recover(stage, manner, set_clock)
            states = tuple(row for row in _states(stage))
            yield Death(step, said.removeprefix("killed "), stage.verdict(), states)
        finally:
            stage.database.close()
    raise AssertionError(f"a delivery has more than {_MOST_STEPS} steps")


def _recover(stage: Stage, manner: str, set_clock: SetClock) -> None:
    """Let another worker go on, once the dead one's lease is over."""
    clock = Later()
    hub = Hub(open_workspace(stage.root), clock)
    for _ in range(_ROUNDS):
        if not stage.count(*OPEN):
            break
        clock.ahead += LEASE_SECONDS + 1
        set_clock(clock.now())
        with hub.reached(PLATFORM) as reached:
            platform = replace(reached, connector=in_manner(reached.connector, manner))
            deliver(hub.worker, platform)
            resolve_doubts(hub.worker, platform)
            # receipts are a matter of their own: here the platform always tells them
            collect(hub.worker, reached)
    hub.database.close()


def _states(stage: Stage) -> list[str]:
    states = ("ready", "sending", "awaiting_receipt", "in_doubt", "accepted", "held", "conflict")
    return [state for state in states for _ in range(stage.count(state))]
