"""A worker in a process of its own that can be killed, frozen and thawed."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

_ENDS_WITHIN_SECONDS = 20.0


class WorkerProcess:
    """One ``xinqiao daemon``, or a module of the tests that runs one with a flaw.

    Args:
        root: The workspace.
        module: What is run as ``python -m``.
        arguments: Further arguments of a module of the tests.
    """

    def __init__(self, root: Path, module: str = "xinqiao", *arguments: str) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        command = [sys.executable, "-m", module]
        command += ["-w", str(root), "daemon"] if module == "xinqiao" else [str(root), *arguments]
        self._process = subprocess.Popen(command, stdout=self._output, stderr=self._output)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def ready(self) -> bool:
        """Whether it has told that it works."""
        return "已开始" in self.words()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()
        self._output.close()

    def freeze(self) -> None:
        """Stop it where it stands."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, as if no time had passed."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self._process.terminate()
        return self._process.wait(_ENDS_WITHIN_SECONDS)

    def wait(self) -> int:
        """Wait until it ends by itself, and return its exit code."""
        return self._process.wait(_ENDS_WITHIN_SECONDS)

    def end(self) -> None:
        """Make sure that it does not run any more."""
        if self.running:
            self.thaw()
            self._process.terminate()
        try:
            self._process.wait(_ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def words(self) -> str:
        """Return what it has told whoever started it."""
        if self._output.closed:
            return ""
        # the child writes at the offset that both share: reading must not move it
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0).decode(errors="replace")
