"""Recording that a platform stood still, with evidence, and taking that back (登记平台停机).

What follows is in the same transaction: time limits move, and each move is in the log. What the hub
noticed itself is only a hint to ask the platform for its notice: it proves nothing to anybody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Detail, Entry
from xinqiao.clock import SHANGHAI, local_date
from xinqiao.database.tables import incident, outage
from xinqiao.errors import InputError, RefusedError
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.acting import ActingFor, refusals_noted
from xinqiao.queue.incidents import IncidentKind
from xinqiao.queue.notices import notices_in_force
from xinqiao.queue.operations import Evidence
from xinqiao.queue.recalculation import MovedDuty, recount_after_outage
from xinqiao.queue.transitions import Cause
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.outages import Span, merged, outage_rules

LONGEST = timedelta(days=92)
"""A longer outage is more likely a slip in the year."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One recorded outage (平台停机).

    Attributes:
        id: Its number.
        platform: Whose.
        begins_at: When it began.
        ends_at: When it was over.
        reason: Why, in the words of whoever recorded it.
        evidence: Name of the file that proves it.
        sha256: Of that file.
        actor: Who recorded it.
        recorded_at: When.
        revoked_at: When it was revoked; None while it stands.
        revoked_reason: Why, or empty.
        lost: The working days that it takes by itself, by the present calendar.
    """

    id: int
    platform: str
    begins_at: datetime
    ends_at: datetime
    reason: str
    evidence: str
    sha256: str
    actor: str
    recorded_at: datetime
    revoked_at: datetime | None
    revoked_reason: str
    lost: tuple[date, ...]

    @property
    def span(self) -> Span:
        """When it was."""
        return Span(self.begins_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class OutageDone:
    """What recording or revoking an outage came to."""

    outage: Outage
    moved: list[MovedDuty]


@dataclass(frozen=True, slots=True)
class Noticed:
    """A time in which the hub could not use a platform, of which no outage is recorded.

    Attributes:
        platform: Which.
        span: From the failure that was told to people to the first answer after it.
        lost: The working days that it would take, were it proven.
    """

    platform: str
    span: Span
    lost: tuple[date, ...]


def record_outage(
    connection: Connection,
    platform: str,
    span: Span,
    evidence: Evidence,
    cause: Cause,
) -> OutageDone:
    """Record that ``platform`` stood still; limits move in the caller's write transaction.

    Raises:
        InputError: It cannot have been then.
        RefusedError: It is recorded already.
    """
    _check(span, cause.at)
    same = [one for one in outages(connection) if one.platform == platform and one.span == span]
    if any(one.revoked_at is None for one in same):
        raise RefusedError(
            f"这次停机已登记（编号 {same[-1].id}）；登记错了先用 xinqiao outage revoke 撤销",
            code="recorded_already",
        )
    statement = sa.insert(outage).returning(outage.c.id)
    outage_id: int = connection.execute(
        statement,
        {
            "platform": platform,
            "begins_at": span.begins,
            "ends_at": span.ends,
            "reason": mask_identity_numbers(cause.reason),
            "evidence": mask_identity_numbers(evidence.file_name),
            "evidence_sha256": evidence.sha256,
            "actor": cause.actor,
            "recorded_at": cause.at,
        },
    ).scalar_one()
    return _carry_out(connection, outage_id, "outage.recorded", cause)


def revoke_outage(connection: Connection, outage_id: int, cause: Cause) -> OutageDone:
    """Take back what was recorded by mistake; limits are again what they would be without it.

    Raises:
        InputError: There is no such outage.
        RefusedError: It is revoked already.
    """
    found = {one.id: one for one in outages(connection)}.get(outage_id)
    if found is None:
        raise InputError(
            f"没有编号为 {outage_id} 的停机；用 xinqiao outage list 查看", code="unknown"
        )
    if found.revoked_at is not None:
        raise RefusedError(f"停机 {outage_id} 已经撤销", code="revoked_already")
    connection.execute(
        sa.update(outage)
        .where(outage.c.id == outage_id)
        .values(revoked_at=cause.at, revoked_reason=mask_identity_numbers(cause.reason))
    )
    return _carry_out(connection, outage_id, "outage.revoked", cause)


def _check(span: Span, now: datetime) -> None:
    begins, ends = (f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for at in (span.begins, span.ends))
    if span.begins >= span.ends:
        raise InputError(f"停机止于 {ends}，不在开始（{begins}）之后，请核对")
    if span.ends > now:
        raise InputError(
            f"停机止于 {ends}，还没有到；还在停机的先登记到现在，恢复后再登记其余的"
            "（重叠的不重复计）"
        )
    if span.ends - span.begins > LONGEST:
        raise InputError(f"停机从 {begins} 到 {ends} 超过 {LONGEST.days} 天，请核对年份；分段登记")


def _carry_out(connection: Connection, outage_id: int, action: str, cause: Cause) -> OutageDone:
    """Count anew what it touches, and log it."""
    calendar = WorkingCalendar(notices_in_force(connection))
    one = {found.id: found for found in outages(connection)}[outage_id]
    days = (local_date(one.begins_at), local_date(one.ends_at))
    moved = recount_after_outage(connection, one.platform, days, calendar, cause, outage_id)
    details: dict[str, Detail] = {
        "outage": outage_id,
        "begins_at": one.begins_at.isoformat(),
        "ends_at": one.ends_at.isoformat(),
        "evidence": one.evidence,
        "sha256": one.sha256,
        "moved": len(moved),
    }
    entry = Entry(action, platform=one.platform, reason=cause.reason, details=details)
    append(connection, [entry], actor=cause.actor, at=cause.at)
    return OutageDone(one, moved)


def outages(connection: Connection) -> list[Outage]:
    """Return every outage that was ever recorded, in the order of recording."""
    calendar = WorkingCalendar(notices_in_force(connection))
    return [
        Outage(*(*row, _lost(Span(row.begins_at, row.ends_at), calendar)))
        for row in connection.execute(sa.select(*outage.c).order_by(outage.c.id))
    ]


def _lost(span: Span, calendar: WorkingCalendar) -> tuple[date, ...]:
    return tuple(sorted(outage_rules().lost_days([span], calendar)))


def noticed(connection: Connection, now: datetime) -> list[Noticed]:
    """Return when platforms could not be used and no outage is recorded, oldest first.

    Only what took a working day, had it been an outage: shorter ones move no limit.
    """
    calendar = WorkingCalendar(notices_in_force(connection))
    standing: dict[str, list[Span]] = {}
    for one in outages(connection):
        if one.revoked_at is None:
            standing.setdefault(one.platform, []).append(one.span)
    statement = (
        sa.select(incident.c.platform, incident.c.opened_at, incident.c.closed_at)
        .where(incident.c.kind == IncidentKind.UNUSABLE.value)
        .order_by(incident.c.opened_at, incident.c.id)
    )
    found = []
    for row in connection.execute(statement):
        span = Span(row.opened_at, row.closed_at or now)
        lost = _lost(span, calendar)
        if lost and not _covered(span, standing.get(row.platform, ())):
            found.append(Noticed(row.platform, span, lost))
    return found


def _covered(span: Span, recorded: Sequence[Span]) -> bool:
    """Tell whether an outage is recorded for any of the time; whoever did that knew of it."""
    return any(one.begins < span.ends and span.begins < one.ends for one in merged(recorded))


@dataclass(frozen=True, slots=True)
class OutageDesk:
    """Where a person records outages; what is refused is logged too.

    Attributes:
        acting: Begins a write transaction.
    """

    acting: ActingFor

    def record(
        self, platform: str, span: Span, evidence: Evidence, reason: str, *, dry_run: bool = False
    ) -> OutageDone:
        """Record an outage; with ``dry_run`` only tell what would move.

        Raises:
            InputError: It cannot have been then.
            RefusedError: It is recorded already.
        """
        with (
            refusals_noted(self.acting, reason, "outage.record_refused", platform=platform),
            self.acting(reason) as (connection, cause),
        ):
            done = record_outage(connection, platform, span, evidence, cause)
            if dry_run:
                connection.rollback()
        return done

    def revoke(self, outage_id: int, reason: str, *, dry_run: bool = False) -> OutageDone:
        """Revoke an outage; with ``dry_run`` only tell what would move.

        Raises:
            InputError: There is no such outage.
            RefusedError: It is revoked already.
        """
        with (
            refusals_noted(self.acting, reason, "outage.revoke_refused"),
            self.acting(reason) as (connection, cause),
        ):
            done = revoke_outage(connection, outage_id, cause)
            if dry_run:
                connection.rollback()
        return done
