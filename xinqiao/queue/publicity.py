"""What is shown to the public, until when, and what waits for a person (公示一览)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import (
    PRESENT_VERSION,
    classification,
    holding,
    record,
    record_version,
    take_down,
    withdrawal,
)
from xinqiao.privacy.keys import is_token
from xinqiao.queue.publishing import NEEDS_LOOK
from xinqiao.queue.targets import open_objections
from xinqiao.records.kinds import kind_of
from xinqiao.routing.severities import SEVERITY, severities


class Showing(StrEnum):
    """How a record stands with a platform that shows records."""

    WAITS = "waits"
    """A person must look at it first (待查看)."""

    TO_BE_SHOWN = "to_be_shown"
    """It is to be shown and is not yet (待公示)."""

    SHOWN = "shown"
    """It is shown (公示中)."""

    TAKING_DOWN = "taking_down"
    """It is to be shown no more and still is (待下架)."""

    TAKEN_DOWN = "taken_down"
    """It is not shown, and is not to be (不公示)."""


CHINESE = {
    Showing.WAITS: "待查看",
    Showing.TO_BE_SHOWN: "待公示",
    Showing.SHOWN: "公示中",
    Showing.TAKING_DOWN: "待下架",
    Showing.TAKEN_DOWN: "不公示",
}
"""What operators read."""

NO_PERIOD = "no_period"
"""Nothing says until when it may be shown: neither a class nor a date was entered."""

PAST_BOUND = "past_bound"
"""It was decided so long ago that it may certainly be shown no more."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record at one platform that shows records.

    Attributes:
        record: 记录标识.
        kind: Its kind.
        number: Document number, or empty.
        name: The subject's name.
        platform: Identifier.
        showing: How it stands there.
        decided_on: Date of the document, if known.
        severity: Its class (失信程度), or empty.
        shown_until: Last day on which it may be shown, if one is set.
        why: Why it was taken down, or empty.
        reason: In the person's words, or ours.
        document: What that rests on.
        actor: Who took it down.
        objections: Numbers of the objections to it that are under way.
        warnings: What a person should see to: :data:`NO_PERIOD`, :data:`PAST_BOUND`.
    """

    record: str
    kind: str
    number: str
    name: str
    platform: str
    showing: Showing
    decided_on: date | None
    severity: str
    shown_until: date | None
    why: str
    reason: str
    document: str
    actor: str
    objections: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody should look at it."""
        return self.showing is Showing.WAITS or bool(self.warnings)

    def plain(self) -> dict[str, Any]:
        """Return the line as ``--json`` shows it."""
        dates = {
            name: None if day is None else day.isoformat()
            for name, day in (("decided_on", self.decided_on), ("shown_until", self.shown_until))
        }
        lists = {"objections": list(self.objections), "warnings": list(self.warnings)}
        return asdict(self) | dates | lists


def publicity(connection: Connection, today: date) -> list[Line]:
    """Return every record at every platform that shows records, in order of import."""
    rows = connection.execute(_statement()).all()
    objections: dict[str, tuple[str, ...]] = {}
    for chunk in in_chunks([row.id for row in rows]):
        for record_id, found in open_objections(connection, chunk).items():
            objections[record_id] = tuple(one.number for one in found)
    return list(_lines(rows, objections, today))


def _statement() -> sa.Select[Any]:
    return (
        sa.select(
            record.c.id,
            record.c.kind,
            record_version.c.content,
            record_version.c.decided_on,
            holding.c.platform,
            holding.c.wanted_version,
            holding.c.held_version,
            holding.c.findings,
            holding.c.shown_until,
            classification.c.severity,
            take_down.c.why,
            take_down.c.reason,
            take_down.c.document,
            take_down.c.actor,
        )
        .join(record_version, PRESENT_VERSION)
        .join(holding, holding.c.record_id == record.c.id)
        .outerjoin(classification, classification.c.record_id == record.c.id)
        .outerjoin(take_down, take_down.c.record_id == record.c.id)
        .where(
            holding.c.removal == Operation.TAKE_DOWN.value,
            ~sa.exists().where(withdrawal.c.record_id == record.c.id),
        )
        .order_by(holding.c.id)
    )


def _lines(
    rows: Sequence[Any], objections: dict[str, tuple[str, ...]], today: date
) -> Iterator[Line]:
    for row in rows:
        content = row.content or {}
        number_field = kind_of(row.kind).number_field
        severity = row.severity or content.get(SEVERITY, "")
        showing = _showing(row)
        yield Line(
            record=row.id,
            kind=row.kind,
            number=_shown(content.get(number_field, "")),
            name=_shown(content.get("subject.name", "")),
            platform=row.platform,
            showing=showing,
            decided_on=row.decided_on,
            severity=severity,
            shown_until=row.shown_until,
            why=row.why or "",
            reason=row.reason or "",
            document=row.document or "",
            actor=row.actor or "",
            objections=objections.get(row.id, ()),
            warnings=tuple(_warnings(row, showing, today)),
        )


def _showing(row: Any) -> Showing:
    if row.wanted_version is None:
        return Showing.TAKEN_DOWN if row.held_version is None else Showing.TAKING_DOWN
    if any(one["code"] == NEEDS_LOOK for one in row.findings):
        return Showing.WAITS
    return Showing.TO_BE_SHOWN if row.held_version is None else Showing.SHOWN


def _warnings(row: Any, showing: Showing, today: date) -> Iterator[str]:
    if showing is Showing.TAKEN_DOWN or row.kind not in severities().kinds:
        return
    if row.shown_until is None and showing is not Showing.TAKING_DOWN:
        yield NO_PERIOD
    if row.decided_on is not None and severities().outer_bound.passed(row.decided_on, today):
        yield PAST_BOUND


def _shown(stored: str) -> str:
    # encrypted because it holds what looks like an identity number
    return "（内容已加密）" if is_token(stored) else stored
