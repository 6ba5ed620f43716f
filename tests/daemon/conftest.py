"""A daemon in a process of its own, against a simulated platform in another."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from tests.e2e.conftest import simulator, stage
from tests.e2e.rehearsal import Rehearsal
from tests.support import wait_until

__all__ = ["simulator", "stage"]

PATIENCE_SECONDS = 30


@dataclass
class DaemonProcess:
    """A daemon that runs, and what it tells whoever started it."""

    process: "subprocess.Popen[bytes]"
    told: Path

    def lines(self) -> list[str]:
        """Return what it has told so far, without the time before each line."""
        return [line[9:] for line in self.told.read_text("utf-8").splitlines()]

    def wait_for(self, words: str) -> None:
        """Wait until it has told ``words``."""
        wait_until(
            lambda: any(words in line for line in self.lines()),
            lambda: f"{words!r} not in {self.lines()}",
        )

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; return its exit code."""
        return self.process.wait(PATIENCE_SECONDS)


@pytest.fixture
def daemon(stage: Rehearsal, tmp_path: Path) -> Iterator[Callable[[], DaemonProcess]]:
    """Start daemons on the stage's workspace; whichever still runs is killed at the end."""
    with ExitStack() as stack:

        def start() -> DaemonProcess:
            told = tmp_path / f"told-{len(list(tmp_path.glob('told-*')))}.txt"
            output: IO[bytes] = stack.enter_context(told.open("wb"))
            command = [sys.executable, "-m", "xinqiao", "-w", str(stage.workspace.root), "daemon"]
            process = subprocess.Popen(
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return DaemonProcess(process, told)

        yield start
