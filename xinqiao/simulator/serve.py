"""Runs a stand-in until it is told to end."""

import json
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from xinqiao.errors import SettingsError
from xinqiao.simulator.application import Application
from xinqiao.simulator.faults import load_faults
from xinqiao.simulator.rules import PLATFORMS, CredentialRules
from xinqiao.simulator.server import SimulatorServer
from xinqiao.simulator.stand_in import Setup

_WORK_SECONDS = 0.05
_ENDING = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Place:
    """One stand-in to run: which platform, on which port (0: any that is free)."""

    platform: str
    port: int = 0


def serve(
    platform: str = "credit_shandong",
    *,
    port: int = 0,
    faults: Path | None = None,
    receipt_delay: float = 0.0,
    latency: float = 0.0,
    seed: int = 0,
    credentials: CredentialRules | None = None,
    accept_repeats: bool = False,
    where: str = "",
    until_stdin_closes: bool = False,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Stand in for ``platform`` on 127.0.0.1 until SIGTERM or SIGINT. Main thread only.

    Args:
        platform: Which platform, one of :data:`~xinqiao.simulator.rules.PLATFORMS`.
        port: Port to listen on; 0 for any that is free.
        faults: TOML file of faults to have from the start.
        receipt_delay: Seconds from a submission to its receipts.
        latency: Seconds that every call takes.
        seed: Seed of everything that happens by chance.
        credentials: What clients must show; None for the rehearsal credentials of the table.
        accept_repeats: Take a document number that is held in once more.
        where: Exchange database (a URL) or folder that the stand-in serves.
        until_stdin_closes: End as well when standard input closes, so that no stand-in outlives
            the process that started it.
        announce: Is handed one line of JSON (port, pid, platform) as soon as requests are
            answered; None writes it to standard output.

    Raises:
        SettingsError: The platform is unknown, the port is taken or the fault file is wrong.
    """
    _refuse_unknown(platform)
    queued = load_faults(faults) if faults else ()
    setup = Setup(platform, queued, receipt_delay, seed, credentials, accept_repeats, where)
    with _woken_by_signals() as wake, _listening(Application(setup), port, latency) as server:
        _tell_ready(platform, server, announce)
        _wait(wake, until_stdin_closes)


def serve_together(
    places: Sequence[Place],
    *,
    receipt_delay: float = 0.0,
    latency: float = 0.0,
    seed: int = 0,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Stand in for several platforms at once, as :func:`serve` does for one.

    Args:
        places: Which, and where.
        receipt_delay: As for one.
        latency: As for one.
        seed: As for one.
        announce: Is handed a line for each.

    Raises:
        SettingsError: A platform is unknown, or a port is taken: then none runs.
    """
    for place in places:
        _refuse_unknown(place.platform)
    with ExitStack() as running:
        wake = running.enter_context(_woken_by_signals())
        servers = []
        for place in places:
            setup = Setup(place.platform, receipt_delay=receipt_delay, seed=seed)
            listening = _listening(Application(setup), place.port, latency)
            servers.append(running.enter_context(listening))
        for place, server in zip(places, servers, strict=True):
            _tell_ready(place.platform, server, announce)
        _wait(wake, until_stdin_closes=False)


def _refuse_unknown(platform: str) -> None:
    if platform not in PLATFORMS:
        raise SettingsError(f"没有平台 {platform} 的模拟，可用：{'、'.join(PLATFORMS)}")


def _tell_ready(
    platform: str, server: SimulatorServer, announce: Callable[[str], None] | None
) -> None:
    ready = {"port": server.server_port, "pid": os.getpid(), "platform": platform}
    (announce or _write_line)(json.dumps(ready))


@contextmanager
def _listening(application: Application, port: int, latency: float) -> Iterator[SimulatorServer]:
    try:
        server = SimulatorServer(application, port, latency)
    except (OSError, OverflowError):
        raise SettingsError(f"端口 {port} 不可用，请换一个端口或使用 0") from None
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    worker = Thread(target=_work, args=(application, server.stopping), daemon=True)
    worker.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        worker.join()


def _work(application: Application, stopping: Event) -> None:
    while not stopping.wait(_WORK_SECONDS):
        application.work()


@contextmanager
def _woken_by_signals() -> Iterator[int]:
    """Yield a descriptor from which the numbers of arriving signals can be read.

    The interpreter writes them at once, whichever thread a signal reaches. A handler in Python
    would run only after the main thread's wait, and so could let a signal go unnoticed.
    """
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    former_descriptor = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    former = {number: signal.signal(number, lambda *_: None) for number in _ENDING}
    try:
        yield readable
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(former_descriptor)
        os.close(readable)
        os.close(writable)


def _wait(wake: int, until_stdin_closes: bool) -> None:
    stdin = sys.stdin.fileno() if until_stdin_closes else wake
    while True:
        readable, _, _ = select.select({wake, stdin}, [], [])
        if wake in readable and {*os.read(wake, 4096)} & {*_ENDING}:
            return
        if stdin in readable and stdin != wake and not os.read(stdin, 4096):
            return


def _write_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
