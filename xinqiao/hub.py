"""The composition root: one workspace's database, calendar, platforms and services, put together.

Everything below is handed what it needs; nothing below knows the workspace.
"""

import hashlib
import os
import secrets
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import structlog
from sqlalchemy.engine import Connection as DatabaseConnection

from xinqiao import logs
from xinqiao.adapters.base import Connector, Credentials, Probe
from xinqiao.adapters.connector import build
from xinqiao.adapters.profile import Profile, load_profile, profile_digest
from xinqiao.clock import Clock, end_of
from xinqiao.config.loading import read_toml
from xinqiao.config.workspace import Workspace
from xinqiao.database.engine import Database
from xinqiao.errors import InputError, RefusedError, SettingsError
from xinqiao.intake.importer import Importer
from xinqiao.mapping.registry import digest as format_digest
from xinqiao.mapping.registry import formats
from xinqiao.opening import open_database, person
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue import board, platforms
from xinqiao.queue.delivery import Worker, deliver
from xinqiao.queue.lease import Lease
from xinqiao.queue.planning import Planner
from xinqiao.queue.platforms import Platform
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.retry import Backoff
from xinqiao.queue.states import State
from xinqiao.queue.transitions import Cause
from xinqiao.reconcile.receipts import collect
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Connection:
    """One platform file of the workspace.

    Attributes:
        profile: The shipped profile with the workspace's file laid over it.
        connected: Whether the file names an address.
        digest: Of profile, format tables and endpoint; a confirmation binds to it.
    """

    profile: Profile
    connected: bool
    digest: str


@dataclass(slots=True)
class SyncReport:
    """What one pass over one platform came to.

    Attributes:
        reached: How many submissions reached each state.
        delivered: How many were sent.
        note: Why nothing, or not everything, was done; Chinese, empty if nothing is to be said.
    """

    reached: Counter[State] = field(default_factory=Counter)
    delivered: int = 0
    note: str = ""

    def plain(self) -> dict[str, Any]:
        """Return the report as ``--json`` shows it."""
        shown = (
            State.ACCEPTED,
            State.AWAITING_RECEIPT,
            State.REJECTED,
            State.CONFLICT,
            State.IN_DOUBT,
            State.HELD,
        )
        figures = {state.value: self.reached[state] for state in shown}
        return {"delivered": self.delivered, **figures, "note": self.note}


class Hub:
    """Everything one workspace can do.

    Args:
        workspace: Where it lives.
        clock: What time it is.
        actor: Who acts; the name of the person at the keyboard unless given.
    """

    def __init__(self, workspace: Workspace, clock: Clock | None = None, actor: str = "") -> None:
        """Keep what is given; the database and the keys are opened when first needed."""
        self.workspace = workspace
        self.settings = workspace.settings
        self.clock = clock or Clock()
        self.actor = actor or person()
        logs.configure(self.settings.logging.level, workspace.var / "xinqiao.log")

    @cached_property
    def database(self) -> Database:
        """The database, checked to be the right one at the present schema."""
        return open_database(self.workspace)

    @cached_property
    def keys(self) -> KeyRing:
        """The workspace's keys."""
        return self.workspace.keys()

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """The working-day calendar."""
        return WorkingCalendar()

    @property
    def counting(self) -> Counting:
        """Whether the decision day counts."""
        return Counting(self.settings.deadlines.counting)

    @cached_property
    def platforms(self) -> dict[str, Connection]:
        """Platform identifier → its file, for every file in ``platforms/``."""
        return {
            name: self._read_platform(path.stem, name)
            for name, path in self.workspace.platform_files().items()
        }

    def cause(self, reason: str = "") -> Cause:
        """Return the person at the keyboard as the cause of a change now."""
        return Cause(self.actor, self.clock.now(), reason)

    def importer(self) -> Importer:
        """Return the service that reads files in."""
        planner = Planner(frozenset(self.platforms), self.calendar, self.counting)
        folder = self.workspace.var / "findings"
        return Importer(self.database, self.keys, self.clock, planner, folder, self.actor)

    def chosen(self, platform: str | None) -> list[str]:
        """Return the platforms that a command is about: the one named, or all.

        Raises:
            InputError: The workspace has no such platform.
        """
        if platform is None:
            return list(self.platforms)
        if platform not in self.platforms:
            known = "、".join(self.platforms) or "（还没有）"
            raise InputError(f"本工作区没有平台“{platform}”，已有：{known}")
        return [platform]

    def sync(self, platform: str | None = None) -> dict[str, SyncReport]:
        """Make one pass: deliver what is due, resolve what is in doubt, collect receipts."""
        names = self.chosen(platform)
        if len(names) == 1:
            return {name: self._sync_one(name) for name in names}
        return {name: self._sync_among_others(name) for name in names}

    def status(self) -> dict[str, dict[str, Any]]:
        """Return the board of every platform."""
        now = self.clock.now()
        soon = self._due_soon_at(self.clock.today())
        with self.database.reading() as connection:
            return {
                name: board.platform_board(connection, name, now, soon)
                | {"confirmed": self.is_confirmed(name), "name": self.platforms[name].profile.name}
                for name in self.platforms
            }

    def is_confirmed(self, platform: str) -> bool:
        """Tell whether real records may go to ``platform`` as it is configured now."""
        if self.settings.workspace.rehearsal:
            return True
        with self.database.reading() as connection:
            stands = platforms.standing(connection, platform)
        return stands.confirmed_digest == self.platforms[platform].digest

    def confirm(self, platform: str, reason: str) -> None:
        """Record that a person has checked the profile; lapses with any change of it.

        Raises:
            RefusedError: The workspace is a rehearsal, or the platform has no address.
        """
        (name,) = self.chosen(platform)
        if self.settings.workspace.rehearsal:
            raise RefusedError("演练工作区只连接模拟平台，无须也不能确认；正式报送请另建工作区")
        self._require_address(name)
        with self.database.writing() as connection:
            digest = self.platforms[name].digest
            platforms.confirm(connection, name, digest, self.cause(reason))

    def set_paused(self, platform: str, reason: str, *, paused: bool) -> None:
        """Stop or allow all calls to a platform."""
        (name,) = self.chosen(platform)
        change = platforms.pause if paused else platforms.resume
        with self.database.writing() as connection:
            change(connection, name, self.cause(reason))

    def check(self, platform: str) -> Probe:
        """Reach a platform without sending a record."""
        (name,) = self.chosen(platform)
        with self._connector(name) as connector:
            return connector.probe()

    def _sync_among_others(self, name: str) -> SyncReport:
        """Make a pass over one of several platforms: what is wrong with it stops no other."""
        try:
            return self._sync_one(name)
        except SettingsError as error:
            _log.warning("platform.unusable", platform=name, code=error.code)
            return SyncReport(note=error.message)

    def _sync_one(self, name: str) -> SyncReport:
        report = SyncReport()
        if not self.platforms[name].connected:
            report.note = f"还没有填写接口地址（platforms/{name}.toml），未报送"
            return report
        if not self.is_confirmed(name):
            report.note = "档案未经确认或确认后有改动，未报送；核对后执行 xinqiao platforms confirm"
            return report
        with self._connector(name) as connector:
            platform = self._platform(name, connector)
            sent = deliver(self.worker, platform)
            report.delivered = sum(count for state, count in sent.items() if state != State.READY)
            report.reached = sent + resolve_doubts(self.worker, platform)
            report.reached += collect(self.worker, platform)
        with self.database.reading() as connection:
            report.note = self._note(connection, name)
        return report

    def _note(self, connection: DatabaseConnection, name: str) -> str:
        """Return what keeps a pass from being complete, in Chinese; empty if nothing does."""
        now = self.clock.now()
        stands = platforms.standing(connection, name)
        if stands.paused_at is not None:
            return f"已暂停：{stands.paused_reason}"
        if stands.next_call_at is not None and stands.next_call_at > now:
            wait = max(1, round((stands.next_call_at - now).total_seconds()))
            return f"平台暂时不可用，约 {wait} 秒后可再试；未报送的都已保留"
        under_way = board.under_way(connection, name)
        if under_way.until is not None:
            wait = max(1, round((under_way.until - now).total_seconds()))
            return (
                f"{under_way.count} 条正由另一程序报送，或上次报送时被中断；"
                f"若是中断，约 {wait} 秒后再执行 xinqiao sync 即会向平台查证"
            )
        return ""

    @cached_property
    def worker(self) -> Worker:
        """This very process as a worker of the queue."""
        delivery = self.settings.delivery
        name = f"{self.actor}@{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        return Worker(
            self.database,
            self.keys,
            self.clock,
            Lease(name, delivery.lease_seconds, delivery.deaths_before_hold),
            Backoff(delivery.backoff_first_seconds, delivery.backoff_longest_seconds),
            delivery.questions_before_hold,
        )

    @contextmanager
    def _connector(self, name: str) -> Iterator[Connector]:
        self._require_address(name)
        profile = self.platforms[name].profile
        connector = build(
            profile,
            Credentials(self.workspace.credentials(name)),
            self.clock,
            settings={"organisation_code": self.settings.bureau.code},
            loopback_only=self.settings.workspace.rehearsal,
        )
        try:
            yield connector
        finally:
            connector.close()

    def _platform(self, name: str, connector: Connector) -> Platform:
        profile = self.platforms[name].profile
        lease = self.settings.delivery.lease_seconds
        if profile.longest_submit_seconds >= lease:
            raise SettingsError(
                f"xinqiao.toml 的 delivery.lease_seconds（{lease:g} 秒）须大于平台 {name} 一次报送"
                f"最长需要的 {profile.longest_submit_seconds:g} 秒，否则可能重复报送"
            )
        receipts = profile.receipts
        return Platform(
            name,
            connector,
            profile.limits.rows_per_batch,
            receipts.poll_after_seconds,
            receipts.poll_every_seconds,
            receipts.expected_within_seconds,
        )

    def _read_platform(self, stem: str, name: str) -> Connection:
        path = self.workspace.root / "platforms" / f"{stem}.toml"
        overlay = read_toml(path)
        shipped = overlay.pop("profile", name)
        transport = overlay.get("transport")
        if not isinstance(transport, dict):
            transport = {}  # if it is something else, loading the profile says what is wrong
        connected = bool(transport.get("base_url"))
        if not connected:
            # not filled in yet: the shipped profile's own address stands in, and is never called
            transport.pop("base_url", None)
        profile = load_profile(shipped, overlay, overlay_file=str(path))
        kinds = [one.kind for one in formats() if one.platform == name]
        parts = [profile_digest(profile), *(format_digest(name, kind) for kind in sorted(kinds))]
        return Connection(profile, connected, hashlib.sha256("".join(parts).encode()).hexdigest())

    def _require_address(self, name: str) -> None:
        if not self.platforms[name].connected:
            path = self.workspace.root / "platforms" / f"{name}.toml"
            raise SettingsError(f"{path} 还没有填写接口地址（[transport] base_url）")

    def _due_soon_at(self, today: date) -> datetime:
        days = self.settings.deadlines.due_soon_working_days
        day = today
        while days > 0:
            day += timedelta(days=1)
            days -= self.calendar.status(day).working
        return end_of(day)
