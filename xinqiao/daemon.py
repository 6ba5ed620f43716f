"""The process that nobody watches (常驻程序): passes over every platform, and scheduled work.

A platform that hangs, a database that is away, a file that somebody is editing: each is told once,
the others go on, and it is told when it is well again. Nothing here owns work: whatever becomes of
this process, leases see to it that another one goes on.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType

import structlog

from xinqiao.clock import SHANGHAI, Clock
from xinqiao.config.workspace import open_workspace
from xinqiao.errors import BusyError, SettingsError, XinqiaoError
from xinqiao.hub import Hub
from xinqiao.passes import make_pass
from xinqiao.queue.ending import END_PUBLICATIONS
from xinqiao.queue.jobs import run_if_due
from xinqiao.queue.overdue import NOTE_OVERDUE
from xinqiao.queue.workers import sign

_log = structlog.get_logger()

JOBS = (NOTE_OVERDUE, END_PUBLICATIONS)
"""Scheduled work, in the order in which it is looked at."""

_LOOK_SECONDS = 1.0
_HEED_SECONDS = 0.1
_SIGN_SECONDS = 30.0
_STUCK_SECONDS = 1800.0
_REOPEN_SECONDS = 3600.0
_JITTER = 0.2
_LEFT_AT_ONCE = 130
_DATABASE = "数据库"

Tell = Callable[[str], None]


class Troubles:
    """What is wrong at the moment, told once when it begins and once when it is over.

    Args:
        tell: Shows a line to whoever started the program.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._open: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()

    def begin(self, what: str, error: XinqiaoError) -> None:
        """Note that ``what`` does not work because of ``error``."""
        with self._lock:
            # another mistake of the same sort is news to whoever mended the first one
            trouble = (error.code, error.message)
            if self._open.get(what) == trouble:
                return
            self._open[what] = trouble
        self._tell(f"{what}：{error.message}")
        _log.warning("trouble.began", what=what, code=error.code)

    def end(self, what: str) -> None:
        """Note that ``what`` works."""
        with self._lock:
            if self._open.pop(what, None) is None:
                return
        self._tell(f"{what}：已恢复")
        _log.info("trouble.ended", what=what)


class Daemon:
    """Works on one workspace until it is told to stop.

    Args:
        root: The workspace.
        tell: Shows a line to whoever started the program.
        clock: What time it is.
    """

    def __init__(self, root: Path, tell: Tell, clock: Clock | None = None) -> None:
        self._root = root
        self._clock = clock or Clock()
        self._show = tell
        self._troubles = Troubles(self._tell)
        self._stopping = threading.Event()
        self._signals = 0
        self._as_read: Mapping[Path, int] = {}
        self._moved_at: dict[str, float] = {}

    def run(self) -> None:
        """Work until a signal: the first one ends in order, a second one at once.

        Raises:
            SettingsError: The workspace cannot be used at all as the program starts.
        """
        signal.signal(signal.SIGTERM, self._signalled)
        signal.signal(signal.SIGINT, self._signalled)
        hub = self._begin()
        self._tell(f"已开始，工作区 {self._root}；按 Ctrl-C 结束")
        while hub is not None:
            self._serve(hub)
            hub.database.close()
            hub = self._reopen()
        self._tell("已停止；没有报送的都已保留")

    def _tell(self, line: str) -> None:
        with suppress(OSError):  # whoever started it may be gone
            self._show(f"{self._clock.now().astimezone(SHANGHAI):%H:%M:%S} {line}")

    def stop(self) -> None:
        """Ask it to end in order: nothing more is claimed, what is in hand is finished."""
        self._stopping.set()

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        # may come while the main thread holds any lock: it only counts here, and is acted on later
        del number, frame
        self._signals += 1
        if self._signals > 1:
            os._exit(_LEFT_AT_ONCE)  # leases do the rest

    def _wait(self, seconds: float) -> bool:
        """Wait for so long, or until the program is to stop; return whether it is."""
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and time.monotonic() < until:
            if self._signals:
                self._tell("收到停止信号，做完手里的就停；再来一次立即退出")
                self.stop()
                break
            time.sleep(min(_HEED_SECONDS, max(0.0, until - time.monotonic())))
        return self._stopping.is_set()

    def _begin(self) -> Hub | None:
        """Open the workspace; a mistake in it is told to the person who starts the program.

        A database that is away is waited for: after a power cut its server may come up later.
        """
        try:
            return self._open()
        except BusyError:
            return self._reopen()

    def _open(self) -> Hub:
        self._as_read = _file_times(self._root)
        hub = Hub(open_workspace(self._root), self._clock)
        _ = hub.platforms, hub.worker  # opened here, so that what is wrong is told here
        return hub

    def _reopen(self) -> Hub | None:
        """Open the workspace anew; while that cannot be done nothing is sent and it is told why.

        Returns:
            The hub; None when the program is to stop.
        """
        while not self._stopping.is_set():
            try:
                hub = self._open()
            except XinqiaoError as error:
                self._ill("工作区", error)
                self._wait(_LOOK_SECONDS)
            else:
                self._well("工作区")
                return hub
        return None

    def _serve(self, hub: Hub) -> None:
        """Work until the program is to stop, or the workspace's files have changed."""
        reopen_at = time.monotonic() + _REOPEN_SECONDS
        threads = [
            threading.Thread(target=self._attend, args=(hub, name), name=name)
            for name in hub.platforms
        ]
        for name, error in hub.connections.broken.items():
            # the other platforms go on; it is taken up again once somebody has mended its file
            self._ill(f"平台 {name}", error)
        self._moved_at = dict.fromkeys(hub.platforms, time.monotonic())
        for thread in threads:
            thread.start()
        try:
            self._watch(hub, reopen_at)
        finally:
            # whatever ends the watch ends the passes with it
            hub.worker.stopping.set()
            for thread in threads:
                thread.join()
        self._attempt("定时作业", lambda: self._sign(hub, leaves=True))

    def _watch(self, hub: Hub, reopen_at: float) -> None:
        """Sign, look after scheduled work and the workspace's files until it is time to end."""
        signed_at = -_SIGN_SECONDS
        while not self._wait(_LOOK_SECONDS):
            if time.monotonic() - signed_at >= _SIGN_SECONDS:
                signed_at = time.monotonic()
                self._attempt("定时作业", lambda: self._housekeeping(hub))
                self._attempt("审计锚点", hub.anchoring.if_due)
            if time.monotonic() > reopen_at or _file_times(self._root) != self._as_read:
                return

    def _attend(self, hub: Hub, name: str) -> None:
        """Make one pass after the other over one platform."""
        stopping = hub.worker.stopping
        while not stopping.is_set():
            self._attempt(f"平台 {name}", lambda: self._passes(hub, name))
            self._moved_at[name] = time.monotonic()
            stopping.wait(self._pause(hub))

    def _passes(self, hub: Hub, name: str) -> None:
        """Make passes over one platform on one connector, until something goes wrong."""
        stopping = hub.worker.stopping
        # before anything is sent: what no longer fits edited tables must not come to be held back
        hub.refit(name)
        while not stopping.is_set():
            why_not = hub.unreachable(name)
            if why_not:
                raise SettingsError(f"{why_not}，未报送", code="unreachable")
            with hub.reached(name) as platform:
                # one connector for many passes: tokens are asked for as seldom as may be
                while not stopping.is_set() and not hub.unreachable(name):
                    make_pass(hub.worker, platform)
                    self._moved_at[name] = time.monotonic()
                    self._well(f"平台 {name}")
                    stopping.wait(self._pause(hub))

    def _pause(self, hub: Hub) -> float:
        # processes that were started together do not come to the database together for ever
        spread = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
        return hub.settings.daemon.poll_seconds * spread

    def _housekeeping(self, hub: Hub) -> None:
        # one sign stands for all its threads: a process of which one hangs must not look well
        stuck = [
            name for name, at in self._moved_at.items() if time.monotonic() - at > _STUCK_SECONDS
        ]
        if not stuck:
            self._sign(hub)
        hub.take_over()
        for job in JOBS:
            run_if_due(hub.worker, job)

    def _sign(self, hub: Hub, *, leaves: bool = False) -> None:
        with hub.database.writing() as connection:
            sign(connection, hub.worker, leaves=leaves)

    def _attempt(self, what: str, work: Callable[[], object]) -> None:
        """Do ``work``; whatever goes wrong with it is told once and ends nothing else."""
        try:
            work()
        except XinqiaoError as error:
            self._ill(what, error)
        except Exception as error:  # noqa: BLE001 - nobody watches: the loop goes on, whatever it was
            _log.exception("unforeseen", what=what)
            words = f"意外错误（{type(error).__name__}），详情见 var/xinqiao.log；将继续再试"
            self._troubles.begin(what, XinqiaoError(words, code="unforeseen"))
        else:
            self._well(what)

    def _ill(self, what: str, error: XinqiaoError) -> None:
        # waiting is for the database, whoever met it
        self._troubles.begin(_DATABASE if isinstance(error, BusyError) else what, error)

    def _well(self, what: str) -> None:
        self._troubles.end(_DATABASE)
        self._troubles.end(what)


_MADE_ON_THE_WAY = frozenset({"anchor.pem", "anchor-next.pem"})
"""Secrets that the program itself makes and changes, and reads anew whenever it needs them."""


def _file_times(root: Path) -> Mapping[Path, int]:
    """Return when each of the workspace's files was last changed, in nanoseconds."""
    files = [
        root / "xinqiao.toml",
        *root.glob("platforms/*.toml"),
        *root.glob("tables/**/*.toml"),
        *(one for one in root.glob("secrets/*") if one.name not in _MADE_ON_THE_WAY),
    ]
    times = {}
    for file in files:
        # an editor may be replacing it at this very moment; what cannot be looked at has changed
        times[file] = 0
        with suppress(OSError):
            times[file] = file.stat().st_mtime_ns
    return times
