"""``python -m tests.quarter.stand_in CLOCK …``: a stand-in that looks at the clock on the wall."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.quarter.wall import reader
from xinqiao.clock import Clock
from xinqiao.simulator.__main__ import main
from xinqiao.simulator.process import SimulatorProcess

_ROOT = Path(__file__).parents[2]


class ClockedStandIn(SimulatorProcess):
    """A stand-in in a process of its own, which a power cut can stop for a while."""

    def stand_still(self) -> None:
        """Answer nobody from now on."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> int:
        """End it; one that stands still would not hear of it."""
        if self.running:
            self.go_on()
        return super().stop()


def start(platform: str, clock: Path) -> ClockedStandIn:
    """Start the stand-in of ``platform`` beside the clock at ``clock``."""
    stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.quarter.stand_in", str(clock)),
            *("--platform", platform, "--until-stdin-closes"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=_ROOT,
        bufsize=0,
    )
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], 20)
    assert readable, f"{platform} did not start"
    ready = json.loads(process.stdout.readline())
    return ClockedStandIn(process, stderr, platform, int(ready["port"]))


if __name__ == "__main__":
    Clock.now = reader(Path(sys.argv[1]))  # type: ignore[method-assign,assignment]  # the clock of a whole process
    sys.exit(main(sys.argv[2:]))
