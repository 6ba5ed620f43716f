"""The platform files of a workspace: profile, address, digest, and the way there (接入)."""

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any

import rfc8785

from xinqiao.adapters.base import Connector, Credentials, Surroundings
from xinqiao.adapters.connector import build
from xinqiao.adapters.outside.finding import version_of
from xinqiao.adapters.policies import Pace as ProfilePace
from xinqiao.adapters.profile import (
    ADDRESS_KEYS,
    SHIPPED,
    Profile,
    kinds_with_a_form,
    load_profile,
    profile_digest,
    read_profile,
    way_digest,
)
from xinqiao.clock import Clock
from xinqiao.config.loading import read_toml
from xinqiao.config.workspace import Workspace
from xinqiao.errors import SettingsError
from xinqiao.mapping.registry import digest as format_digest
from xinqiao.mapping.registry import formats
from xinqiao.queue.pace import Hours, Pace, Rate
from xinqiao.queue.platforms import Correction, Platform, Withdrawal
from xinqiao.reconcile.ledger_files.names import LedgerNames
from xinqiao.routing.calendar import WorkingCalendar

_FROM_WORKSPACE = "organisation_code"
"""A value that every profile may ask for: it stands in the workspace's own settings."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One platform file of the workspace.

    Attributes:
        file: The file in ``platforms/``.
        profile: The shipped profile with the workspace's file laid over it, or the file's own.
        connected: Whether the file names an address, or needs none.
        digest: Of profile, format tables, values and endpoint; a confirmation binds to it.
        way: Digest of what decides where batches go and are looked for: the same as long as only
            limits, pace, intervals or policies change. A batch under way binds to it.
        values: What the file gives of the values that the profile asks for (settings).
    """

    file: Path
    profile: Profile
    connected: bool
    digest: str
    way: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing_values(self) -> list[str]:
        """Names of values that the profile asks for and nothing gives."""
        return sorted(set(self.profile.settings) - set(self.values) - {_FROM_WORKSPACE})

    def require_address(self) -> None:
        """Refuse to go on without an address.

        Raises:
            SettingsError: The file names none.
        """
        if not self.connected:
            key = self.profile.transport.address_key
            raise SettingsError(f"{self.file} 还没有填写接口地址（[transport] {key}）")

    def platform(
        self, name: str, connector: Connector, lease_seconds: float, calendar: WorkingCalendar
    ) -> Platform:
        """Return the platform as the queue sees it.

        Raises:
            SettingsError: A send may take longer than a worker may hold what it sends.
        """
        self.check_lease(name, lease_seconds)
        profile = self.profile
        receipts = profile.receipts
        return Platform(
            name,
            connector,
            profile.limits.rows_per_batch,
            receipts.poll_after_seconds,
            receipts.poll_every_seconds,
            receipts.expected_within_seconds,
            {kind: Withdrawal(way.value) for kind, way in profile.withdraw.items()},
            profile.transport.total_seconds,
            pace_of(profile.pace, calendar),
            {kind: Correction(way.value) for kind, way in profile.corrections.items()},
            self.way,
            kinds_with_a_form(profile),
        )

    @property
    def ledger_names(self) -> LedgerNames:
        """What the platform calls the columns of a ledger that people download."""
        named = self.profile.ledger_file
        if named is None:
            return LedgerNames()
        return LedgerNames(named.taken_in, named.reference, named.fields, named.rows_at_most)

    def check_lease(self, name: str, lease_seconds: float) -> None:
        """Refuse a lease that a send may outlast: somebody else could send the same rows by then.

        Raises:
            SettingsError: It is not longer than the longest send.
        """
        profile = self.profile
        if profile.longest_submit_seconds >= lease_seconds:
            raise SettingsError(
                f"xinqiao.toml 的 delivery.lease_seconds（{lease_seconds:g} 秒）须大于平台 {name} "
                f"一次报送最长需要的 {profile.longest_submit_seconds:g} 秒，否则可能重复报送"
            )


def pace_of(pace: ProfilePace, calendar: WorkingCalendar) -> Pace:
    """Return how fast and when a platform may be called, as its profile says.

    Args:
        pace: That part of the profile.
        calendar: Tells working days, where the profile asks for them.
    """
    limits = {1.0: pace.calls_per_second, 60.0: pace.calls_per_minute, 3600.0: pace.calls_per_hour}
    spans = [text.partition("-") for text in pace.hours]
    return Pace(
        pace.parallel_calls,
        tuple(Rate(calls, seconds) for seconds, calls in limits.items() if calls is not None),
        Hours(
            tuple(
                (time.fromisoformat(begins), time.fromisoformat(ends)) for begins, _, ends in spans
            ),
            calendar if pace.working_days_only else None,
        ),
    )


@dataclass(frozen=True, slots=True)
class Connections:
    """The platform files of a workspace.

    Attributes:
        sound: Platform identifier → its file.
        broken: Platform identifier → what is wrong with its file. Nothing is sent to it; it is a
            platform of the workspace all the same, to which records are owed.
    """

    sound: Mapping[str, Connection]
    broken: Mapping[str, SettingsError]

    @property
    def names(self) -> frozenset[str]:
        """Identifiers of all platforms."""
        return frozenset(self.sound) | frozenset(self.broken)

    @property
    def kept_days(self) -> dict[str, int]:
        """Platform → days for which its profile has batches and replies kept at least."""
        return {
            name: one.profile.retention.payload_days
            for name, one in self.sound.items()
            if one.profile.retention is not None
        }

    def require(self, name: str) -> Connection:
        """Return the file of a platform of the workspace.

        Raises:
            SettingsError: It is broken; says what is wrong with it.
        """
        if name in self.broken:
            raise self.broken[name]
        return self.sound[name]


def read_connections(workspace: Workspace) -> Connections:
    """Return every file in ``platforms/``; one that is broken keeps no other from being read."""
    sound: dict[str, Connection] = {}
    broken: dict[str, SettingsError] = {}
    for name, path in workspace.platform_files().items():
        try:
            sound[name] = _read(path, name)
        except SettingsError as error:
            broken[name] = error
    return Connections(sound, broken)


@contextmanager
def connect(
    workspace: Workspace, name: str, connection: Connection, clock: Clock
) -> Iterator[Connector]:
    """Give the way to a platform, closed at the end.

    Raises:
        SettingsError: The address or a credential is missing.
    """
    connection.require_address()
    connector = build(connection.profile, surroundings(workspace, name, connection, clock))
    try:
        yield connector
    finally:
        connector.close()


def surroundings(
    workspace: Workspace, name: str, connection: Connection, clock: Clock
) -> Surroundings:
    """Return what the connector of a platform is given besides its profile.

    Raises:
        SettingsError: The file of its secrets cannot be read, or others can read it too.
    """
    settings = workspace.settings
    return Surroundings(
        Credentials(workspace.credentials(name)),
        clock,
        settings={**connection.values, _FROM_WORKSPACE: settings.bureau.code},
        rehearsal=settings.workspace.rehearsal,
        root=workspace.root,
        secrets=workspace.root / "secrets",
    )


def _read(path: Path, name: str) -> Connection:
    file = read_toml(path)
    given = file.pop("values", {})
    transport = file.get("transport")
    if not isinstance(transport, dict):
        transport = {}  # if it is something else, loading the profile says what is wrong
    profile = _own(path, name, file) if is_whole(name, file) else _overlaid(path, name, file)
    # packages for a clerk lie on this machine: a folder of ours is no address to be found out
    local = profile.transport.type == "manual"
    connected = local or any(transport.get(key) for key in ADDRESS_KEYS)
    kinds = [one.kind for one in formats() if one.platform == name]
    values = _values(path, given, profile)
    around = [*(format_digest(name, kind) for kind in sorted(kinds)), version_of(profile)]
    if values:
        around.append(hashlib.sha256(rfc8785.dumps(values)).hexdigest())
    digest, way = (
        hashlib.sha256("".join([one, *around]).encode()).hexdigest()
        for one in (profile_digest(profile), way_digest(profile))
    )
    return Connection(path, profile, connected, digest, way, values)


def _values(path: Path, given: Any, profile: Profile) -> dict[str, str]:
    """Return the values that a platform's file gives.

    Raises:
        SettingsError: One is none that the profile asks for, or no text.
    """
    if not isinstance(given, Mapping):
        raise SettingsError(f"{path}：values 应为表（[values]）", code="profile")
    known = sorted(set(profile.settings) - {_FROM_WORKSPACE})
    for name, text in given.items():
        where = f"{path}：values.{name}"
        if name == _FROM_WORKSPACE:
            raise SettingsError(
                f"{where} 不在这里写，取自 xinqiao.toml 的 bureau.code", code="profile"
            )
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"，是否想写 {near[0]}" if near else f"，平台配置要的有：{'、'.join(known)}"
            hint = hint if known else "，这个平台配置没有要填的值"
            raise SettingsError(f"{where} 不是平台配置要填的值{hint}", code="profile")
        if not isinstance(text, str) or not text.strip():
            raise SettingsError(f"{where} 应为文字，不得为空", code="profile")
    return dict(given)


def is_whole(name: str, values: Mapping[str, Any]) -> bool:
    """Tell whether a platform's file is a profile of its own, not laid over a shipped one.

    It is when it names no shipped profile to be laid over and says its own ``id``, or when there is
    none of its name.
    """
    return "profile" not in values and (
        "id" in values or ("transport" in values and name not in SHIPPED)
    )


def _own(path: Path, name: str, values: Mapping[str, Any]) -> Profile:
    if values.get("id", name) != name:
        raise SettingsError(f"{path}：id 应与文件名相同，写 {name}", code="profile")
    return read_profile({"id": name, **values}, file=str(path))


def _overlaid(path: Path, name: str, values: Mapping[str, Any]) -> Profile:
    overlay = dict(values)
    shipped = overlay.pop("profile", name)
    if isinstance(overlay.get("transport"), dict):
        # not filled in yet: the shipped profile's own address stands in, and is never called
        overlay["transport"] = {
            key: value
            for key, value in overlay["transport"].items()
            if value != "" or key not in ADDRESS_KEYS
        }
    return load_profile(shipped, overlay, overlay_file=str(path), platform=name)
