"""The platform files of a workspace: profile, address, digest, and the way there (接入)."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from xinqiao.adapters.base import Connector, Credentials, Surroundings
from xinqiao.adapters.connector import build
from xinqiao.adapters.profile import ADDRESS_KEYS, Profile, load_profile, profile_digest
from xinqiao.adapters.profile import Pace as ProfilePace
from xinqiao.clock import Clock
from xinqiao.config.loading import read_toml
from xinqiao.config.workspace import Workspace
from xinqiao.errors import SettingsError
from xinqiao.mapping.registry import digest as format_digest
from xinqiao.mapping.registry import formats
from xinqiao.queue.pace import Hours, Pace, Rate
from xinqiao.queue.platforms import Correction, Platform, Withdrawal
from xinqiao.routing.calendar import WorkingCalendar


@dataclass(frozen=True, slots=True)
class Connection:
    """One platform file of the workspace.

    Attributes:
        file: The file in ``platforms/``.
        profile: The shipped profile with the workspace's file laid over it.
        connected: Whether the file names an address.
        digest: Of profile, format tables and endpoint; a confirmation binds to it.
    """

    file: Path
    profile: Profile
    connected: bool
    digest: str

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
        )

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


def read_connections(workspace: Workspace) -> Mapping[str, Connection]:
    """Return platform identifier → its file, for every file in ``platforms/``.

    Raises:
        SettingsError: A file is not a platform's file; says what is wrong with it.
    """
    return {name: _read(path, name) for name, path in workspace.platform_files().items()}


@contextmanager
def connect(
    workspace: Workspace, name: str, connection: Connection, clock: Clock
) -> Iterator[Connector]:
    """Give the way to a platform, closed at the end.

    Raises:
        SettingsError: The address or a credential is missing.
    """
    connection.require_address()
    settings = workspace.settings
    connector = build(
        connection.profile,
        Surroundings(
            Credentials(workspace.credentials(name)),
            clock,
            settings={"organisation_code": settings.bureau.code},
            rehearsal=settings.workspace.rehearsal,
            root=workspace.root,
            secrets=workspace.root / "secrets",
        ),
    )
    try:
        yield connector
    finally:
        connector.close()


def _read(path: Path, name: str) -> Connection:
    overlay = read_toml(path)
    shipped = overlay.pop("profile", name)
    transport = overlay.get("transport")
    if not isinstance(transport, dict):
        transport = {}  # if it is something else, loading the profile says what is wrong
    connected = any(transport.get(key) for key in ADDRESS_KEYS)
    for key in ADDRESS_KEYS:
        if transport.get(key) == "":
            # not filled in yet: the shipped profile's own address stands in, and is never called
            del transport[key]
    profile = load_profile(shipped, overlay, overlay_file=str(path), platform=name)
    kinds = [one.kind for one in formats() if one.platform == name]
    parts = [profile_digest(profile), *(format_digest(name, kind) for kind in sorted(kinds))]
    digest = hashlib.sha256("".join(parts).encode()).hexdigest()
    return Connection(path, profile, connected, digest)
