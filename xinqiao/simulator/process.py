"""Starts a stand-in in a process of its own and ends it again; for demos, rehearsals and tests."""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.request import ProxyHandler, Request, build_opener

from xinqiao.errors import BusyError
from xinqiao.simulator.rules import PLATFORMS

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_CONTROL_SECONDS = 10.0


class SimulatorProcess:
    """A stand-in that runs. As a context manager it ends with the block.

    Attributes:
        platform: Which platform it stands in for.
        port: Port on 127.0.0.1 that it listens on.
    """

    def __init__(
        self, process: "subprocess.Popen[bytes]", stderr: IO[bytes], platform: str, port: int
    ) -> None:
        self._process = process
        self._stderr = stderr
        self.platform = platform
        self.port = port

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def base_url(self) -> str:
        """Address under which the platform's paths stand, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def received(self) -> dict[str, Any]:
        """Return what it really received: ``calls``, ``queries``, ``effects``, ``history``."""
        return self._control("received")

    def queue_faults(self, faults: Sequence[Mapping[str, object]]) -> None:
        """Queue ``faults``, each with the keys of a ``[[faults]]`` entry.

        Raises:
            urllib.error.HTTPError: A fault is not right (status 400).
        """
        self._control("faults", json.dumps([dict(fault) for fault in faults]).encode())

    def plant(
        self,
        resource: str,
        number: str,
        *,
        subject: str = "",
        fields: Mapping[str, str] | None,
    ) -> None:
        """Change what it holds behind the hub's back; ``fields`` of None takes a record away.

        Raises:
            urllib.error.HTTPError: The change is not right (status 400).
        """
        change = {"resource": resource, "number": number, "subject": subject, "fields": fields}
        self._control("plant", json.dumps(change).encode())

    def reset(self) -> None:
        """Let it forget tokens, batches, records, journal and faults, as if started afresh."""
        self._control("reset", b"{}")

    def stderr(self) -> str:
        """Return what the process has written to standard error, until :meth:`stop`."""
        return _whole(self._stderr)

    def stop(self) -> int:
        """End the process, if it runs, and return its exit code."""
        code = _end(self._process)
        self._stderr.close()
        return code

    def _control(self, command: str, body: bytes | None = None) -> dict[str, Any]:
        request = Request(f"{self.base_url}/_control/{command}", data=body)  # noqa: S310 - our own loopback address
        # A proxy from the environment has no business between two processes of one machine.
        with build_opener(ProxyHandler({})).open(request, timeout=_CONTROL_SECONDS) as answer:
            content: dict[str, Any] = json.load(answer)
            return content


def start(
    platform: str = PLATFORMS[0],
    *,
    faults: Path | Sequence[Mapping[str, object]] | None = None,
    receipt_delay: float = 0.0,
    latency: float = 0.0,
    seed: int = 0,
    port: int = 0,
    credentials: Mapping[str, str] | None = None,
    accept_repeats: bool = False,
    where: str = "",
    timeout: float = _START_SECONDS,
) -> SimulatorProcess:
    """Start a stand-in and return when it answers. It ends with this process at the latest.

    Args:
        platform: Which platform to stand in for.
        faults: A TOML file of faults, or the faults themselves.
        receipt_delay: Seconds from a submission to its receipts.
        latency: Seconds that every call takes.
        seed: Seed of everything that happens by chance.
        port: Port to listen on; 0 for any that is free.
        credentials: ``client_id`` and ``client_secret`` that it expects; None for the usual ones.
        accept_repeats: Whether it takes a document number that it holds in once more.
        where: Exchange database (a URL) or folder that the stand-in serves.
        timeout: Seconds it may take to be ready.

    Raises:
        BusyError: It did not start; the message holds its own last words.
    """
    command = [sys.executable, "-P", "-m", "xinqiao.simulator", "--until-stdin-closes"]
    command += ["--platform", platform, "--port", str(port), "--seed", str(seed)]
    command += ["--receipt-delay", str(receipt_delay), "--latency", str(latency)]
    if where:
        command += ["--where", where]
    if accept_repeats:
        command.append("--accept-repeats")
    if isinstance(faults, Path):
        command += ["--faults", str(faults)]
    running = _launch(command, platform, _environment(credentials), timeout)
    if faults and not isinstance(faults, Path):
        try:
            running.queue_faults(faults)
        except BaseException:
            running.stop()
            raise
    return running


def _environment(credentials: Mapping[str, str] | None) -> dict[str, str]:
    given = {
        f"XINQIAO_SIMULATOR_{name.upper()}": text for name, text in (credentials or {}).items()
    }
    return dict(os.environ) | given


def _launch(
    command: Sequence[str], platform: str, environment: Mapping[str, str], timeout: float
) -> SimulatorProcess:
    stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=dict(environment),
        bufsize=0,
    )
    try:
        ready = json.loads(_first_line(process, timeout))
    except BaseException as error:
        _end(process)
        words = _whole(stderr).strip()
        stderr.close()
        if not isinstance(error, ValueError):
            raise
        last = words.splitlines()[-1] if words else f"{timeout:g} 秒内没有就绪"
        raise BusyError(f"模拟平台 {platform} 未能启动：{last}") from None
    return SimulatorProcess(process, stderr, platform, int(ready["port"]))


def _first_line(process: "subprocess.Popen[bytes]", timeout: float) -> bytes:
    """Return the first line of standard output, cut short at ``timeout`` or the end."""
    stdout = process.stdout
    line = b""
    until = time.monotonic() + timeout
    while stdout is not None and not line.endswith(b"\n"):
        readable, _, _ = select.select([stdout], [], [], max(0.0, until - time.monotonic()))
        piece = os.read(stdout.fileno(), 4096) if readable else b""
        if not piece:
            break
        line += piece
    return line


def _end(process: "subprocess.Popen[bytes]") -> int:
    if process.poll() is None:
        process.terminate()
    try:
        code = process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    return code


def _whole(file: IO[bytes]) -> str:
    # The child writes at the offset that both share: reading must not move it.
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode(errors="replace")
