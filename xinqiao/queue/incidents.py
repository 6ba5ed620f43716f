"""What is wrong with a platform (异常事项): opened once, counted while it lasts, closed once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.tables import incident
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.transitions import Cause


class IncidentKind(StrEnum):
    """What can be wrong."""

    UNUSABLE = "platform_unusable"
    """It failed several times in a row; it is tried again by and by (平台连续不可用)."""

    CREDENTIALS = "credentials_refused"
    """It refused the credentials; it is paused until a person has looked (凭据不被认可)."""

    ANCHORS = "anchors_not_placed"
    """No platform's: anchors of the log could not be made or brought to a place (锚点没有写成)."""


CHINESE = {
    IncidentKind.UNUSABLE: "连续不可用",
    IncidentKind.CREDENTIALS: "凭据不被认可",
    IncidentKind.ANCHORS: "锚点没有写成",
}
"""What operators read."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident as it stands."""

    kind: IncidentKind
    platform: str
    message: str
    opened_at: datetime
    last_at: datetime
    times: int


def note_incident(
    connection: Connection, kind: IncidentKind, platform: str, message: str, cause: Cause
) -> None:
    """Open an incident, or count it once more if it is open."""
    text = mask_identity_numbers(message)
    counted = connection.execute(
        sa.update(incident)
        .where(*_open(platform, kind))
        .values(times=incident.c.times + 1, last_at=cause.at, message=text)
    )
    if counted.rowcount:
        return
    connection.execute(
        sa.insert(incident).values(
            kind=kind.value,
            platform=platform,
            message=text,
            opened_at=cause.at,
            last_at=cause.at,
            times=1,
        )
    )
    _audit(connection, "incident.opened", kind, platform, cause, message=text)


def close_incident(connection: Connection, kind: IncidentKind, platform: str, cause: Cause) -> None:
    """Close an incident if it is open."""
    times = connection.execute(
        sa.update(incident)
        .where(*_open(platform, kind))
        .values(closed_at=cause.at)
        .returning(incident.c.times)
    ).scalar_one_or_none()
    if times is not None:
        _audit(connection, "incident.closed", kind, platform, cause, times=times)


def open_incidents(connection: Connection, platform: str) -> list[Incident]:
    """Return the open incidents of ``platform``, oldest first."""
    columns = (
        incident.c.kind,
        incident.c.platform,
        incident.c.message,
        incident.c.opened_at,
        incident.c.last_at,
        incident.c.times,
    )
    statement = (
        sa.select(*columns)
        .where(incident.c.platform == platform, incident.c.closed_at.is_(None))
        .order_by(incident.c.id)
    )
    return [Incident(IncidentKind(row.kind), *row[1:]) for row in connection.execute(statement)]


def _open(platform: str, kind: IncidentKind) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        incident.c.platform == platform,
        incident.c.kind == kind.value,
        incident.c.closed_at.is_(None),
    )


def _audit(
    connection: Connection,
    action: str,
    kind: IncidentKind,
    platform: str,
    cause: Cause,
    **details: str | int,
) -> None:
    entry = Entry(action, platform=platform, reason=cause.reason, details={"kind": kind, **details})
    append(connection, [entry], actor=cause.actor, at=cause.at)
