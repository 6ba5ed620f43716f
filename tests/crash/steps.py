"""Kills a worker at one chosen step of its work: ``python -m tests.crash.steps``.

The process imports everything once. For every line ``ROOT STEP MANNER PART`` on standard input it
forks a child that does one part of the work and is killed, as by ``kill -9``, at that step; it
answers with one line: ``killed NAME``, or ``done COUNT`` when there are fewer steps than that. The
part is ``sending``, or ``asking``: resolving the doubt that a delivery has just left, and
collecting receipts.

A step is every statement sent to the database, every commit, and everything that the HTTP library
tells of: connecting, each part of a request, each part of an answer.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.crash.later import Later
from tests.crash.manners import in_manner
from xinqiao.adapters.http.watchdog import Watchdog
from xinqiao.config.workspace import open_workspace
from xinqiao.hub import Hub
from xinqiao.queue.delivery import deliver
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.reconcile.receipts import collect

PLATFORM = "credit_shandong"
_A_WHILE_SECONDS = 5.0
"""After so long what is in doubt is asked about."""


class Steps:
    """Counts the steps of this process and ends it at one of them.

    Args:
        last: The step at which the process is killed.
        report: Told the name of that step just before.
    """

    def __init__(self, last: int, report: Callable[[str], None]) -> None:
        self._last = last
        self._report = report
        self.taken = 0

    def step(self, name: str) -> None:
        """Come to one more step."""
        self.taken += 1
        if self.taken == self._last:
            self._report(name)
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, engine: sa.Engine) -> None:
        """Come to a step at everything that ``engine`` and the HTTP library do from now on."""

        @sa.event.listens_for(engine, "before_cursor_execute")
        def statement(_c: Any, _k: Any, text: str, *_: Any) -> None:
            self.step(" ".join(text.split()[:3]))

        @sa.event.listens_for(engine, "commit")
        def commit(_: Any) -> None:
            self.step("COMMIT")

        trace = Watchdog.trace

        def traced(watchdog: Watchdog, event: str, info: Any) -> None:
            self.step(event)
            trace(watchdog, event, info)

        Watchdog.trace = traced  # type: ignore[method-assign, assignment] # steps are put in here


def work(root: Path, last: int, manner: str, part: str, report: Callable[[str], None]) -> int:
    """Do one part of the work; return how many steps it had, if it comes to its end."""
    clock = Later()
    hub = Hub(open_workspace(root), clock)
    worker = hub.worker  # the database is opened and checked before steps are counted
    steps = Steps(last, report)
    with hub.reached(PLATFORM) as reached:
        platform = replace(reached, connector=in_manner(reached.connector, manner))
        if part == "asking":
            deliver(worker, platform)
            clock.ahead += _A_WHILE_SECONDS
        steps.watch(hub.database.engine)
        if part == "asking":
            resolve_doubts(worker, platform)
            collect(worker, reached)
        else:
            deliver(worker, platform)
    return steps.taken


def main() -> None:
    """Serve until standard input ends."""
    for line in sys.stdin:
        root, last, manner, part = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            taken = work(Path(root), int(last), manner, part, lambda name: _say(f"killed {name}"))
            _say(f"done {taken}")
            os._exit(0)
        os.waitpid(child, 0)
        _say("next")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
