"""What the queue knows of one platform, and whether it may be called now (平台状态)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Connector
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.tables import platform_state
from xinqiao.queue.incidents import IncidentKind, close_incident
from xinqiao.queue.moments import MomentRule
from xinqiao.queue.pace import Pace
from xinqiao.queue.transitions import Cause


class Withdrawal(StrEnum):
    """How a platform lets go of a record (撤回方式)."""

    OPERATION = "operation"
    """It has an operation for it: the record is deleted, or marked as void."""

    VOID_ROW = "void_row"
    """An update that says that the record is void (当前状态为无效)."""

    BY_HAND = "by_hand"
    """A person does it in the platform's own pages."""


class Correction(StrEnum):
    """How a platform takes a newer version of a record that it holds (变更方式)."""

    UPDATE = "update"
    """In the place of the old one."""

    REPLACE = "replace"
    """The old one is withdrawn first, and the new one inserted after that was accepted."""

    BY_HAND = "by_hand"
    """A person does it in the platform's own pages."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A connected platform and the policies of its profile; all times in seconds.

    Attributes:
        id: Identifier, such as ``credit_shandong``.
        connector: The way there.
        rows_per_batch: Most rows in one delivery.
        poll_after: How long after a send the first receipts are asked for.
        poll_every: How long between two questions for receipts.
        expected_within: After this time without a receipt a person is asked.
        withdrawals: Record kind → how it is withdrawn; one that is left out is done by hand.
        exchange_seconds: Longest that one exchange with it can take.
        pace: How fast and when it may be called.
        corrections: Record kind → how a newer version is taken; an update where it is left out.
        way_digest: Of what decides where batches go and are looked for.
        kinds: Record kinds that its profile has a form for; None for whatever there is. Others wait
            and hold up nobody.
        moment: Which moment counts as reported.
    """

    id: str
    connector: Connector
    rows_per_batch: int
    poll_after: float
    poll_every: float
    expected_within: float
    withdrawals: Mapping[str, Withdrawal]
    exchange_seconds: float = 0
    pace: Pace = field(default_factory=Pace)
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    way_digest: str = ""
    kinds: frozenset[str] | None = None
    moment: MomentRule = field(default_factory=MomentRule)

    @property
    def first_look(self) -> float:
        """How long after a send it is first looked after: at the end where nobody can be asked."""
        return self.poll_after if self.connector.capabilities.poll else self.expected_within

    def correction(self, kind: str) -> Correction:
        """Return how a newer version of a record of ``kind`` is taken."""
        return self.corrections.get(kind, Correction.UPDATE)

    def withdrawal(self, kind: str) -> Withdrawal:
        """Return how records of ``kind`` are withdrawn."""
        return self.withdrawals.get(kind, Withdrawal.BY_HAND)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a platform stands at the moment."""

    confirmed_digest: str | None = None
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    paused_at: datetime | None = None
    paused_reason: str = ""
    failures: int = 0
    next_call_at: datetime | None = None
    last_success_at: datetime | None = None

    def hindered(self, now: datetime) -> bool:
        """Tell whether it is paused, or rests after failures."""
        resting = self.next_call_at is not None and self.next_call_at > now
        return resting or self.paused_at is not None


_COLUMNS = [platform_state.c[name] for name in Standing.__dataclass_fields__]


def standing(connection: Connection, platform: str) -> Standing:
    """Return how ``platform`` stands; one never heard of stands unconfirmed and free."""
    row = connection.execute(
        sa.select(*_COLUMNS).where(platform_state.c.platform == platform)
    ).one_or_none()
    return Standing() if row is None else Standing(*row)


def note_success(connection: Connection, platform: str, cause: Cause) -> None:
    """Record that the platform answered: earlier failures are forgotten.

    While it rests, only that it answered is kept: the call began before the failure, or before the
    platform asked for the wait.
    """
    stands = standing(connection, platform)
    if stands.next_call_at is not None and stands.next_call_at > cause.at:
        _write(connection, platform, {"last_success_at": cause.at})
        return
    working = {"failures": 0, "next_call_at": None, "last_success_at": cause.at}
    _write(connection, platform, working)
    close_incident(connection, IncidentKind.UNUSABLE, platform, cause)


def note_failure(
    connection: Connection, platform: str, failures: int, next_call_at: datetime
) -> None:
    """Record that the platform could not be used; nobody calls it before ``next_call_at``."""
    _write(connection, platform, {"failures": failures, "next_call_at": next_call_at})


def pause(connection: Connection, platform: str, cause: Cause) -> None:
    """Stop all calls to a platform until :func:`resume`; audited."""
    _write(connection, platform, {"paused_at": cause.at, "paused_reason": cause.reason})
    _audit(connection, "platform.paused", platform, cause)


def resume(connection: Connection, platform: str, cause: Cause) -> None:
    """Allow calls again, at once; audited."""
    free = {"paused_at": None, "paused_reason": "", "failures": 0, "next_call_at": None}
    _write(connection, platform, free)
    _audit(connection, "platform.resumed", platform, cause)
    for kind in IncidentKind:
        close_incident(connection, kind, platform, cause)


def confirm(connection: Connection, platform: str, digest: str, cause: Cause) -> None:
    """Record that a person checked profile, tables and endpoint as they are in ``digest``."""
    confirmed = {
        "confirmed_digest": digest,
        "confirmed_by": cause.actor,
        "confirmed_at": cause.at,
    }
    _write(connection, platform, confirmed)
    _audit(connection, "platform.confirmed", platform, cause, digest)


def _audit(
    connection: Connection, action: str, platform: str, cause: Cause, digest: str = ""
) -> None:
    details = {"digest": digest} if digest else {}
    entry = Entry(action, platform=platform, reason=cause.reason, details=details)
    append(connection, [entry], actor=cause.actor, at=cause.at)


def _write(connection: Connection, platform: str, values: dict[str, Any]) -> None:
    changed = connection.execute(
        sa.update(platform_state).where(platform_state.c.platform == platform).values(values)
    )
    if changed.rowcount == 0:
        connection.execute(sa.insert(platform_state).values(platform=platform, **values))
