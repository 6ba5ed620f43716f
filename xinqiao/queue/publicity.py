"""What is shown to the public, until when, and what waits for a person (公示一览)."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.database.tables import (
    OPEN,
    PRESENT_VERSION,
    holding,
    record,
    record_version,
    submission,
    take_down,
    withdrawal,
)
from xinqiao.privacy.keys import is_token
from xinqiao.queue.publishing import (
    PAST_BOUND,
    RELEASABLE,
    STILL_DOWN,
    Facts,
    Standing,
    Why,
    facts_of,
    past_bound,
    standing,
)
from xinqiao.queue.reviewing import AWAITING
from xinqiao.queue.states import State
from xinqiao.queue.targets import open_objections
from xinqiao.records.kinds import kind_of
from xinqiao.routing.severities import months_after, severities


class Showing(StrEnum):
    """How a record stands with a platform that shows records."""

    WAITS = "waits"
    """A person must look at it first (待查看)."""

    TO_REVIEW = "to_review"
    """A second person must approve it first (待审核)."""

    TO_CORRECT = "to_correct"
    """It cannot be shown as it is: something in it is wrong (有错待改)."""

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
    Showing.TO_REVIEW: "待审核",
    Showing.TO_CORRECT: "有错待改",
    Showing.TO_BE_SHOWN: "待公示",
    Showing.SHOWN: "公示中",
    Showing.TAKING_DOWN: "待下架",
    Showing.TAKEN_DOWN: "不公示",
}
"""What operators read."""

NO_PERIOD = "no_period"
"""Nothing says until when it may be shown: neither a class nor a date was entered."""

OLD_SHOWN = "old_shown"
"""An older version is shown, and the present one cannot be shown as it is."""

NOT_MOVING = "not_moving"
"""It should change at the platform, and nothing is under way that would do it."""

NOT_ROUTED = "not_routed"
"""Why a record is not shown of which no rule says any more that it should be."""


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
        why: Why it is not shown: a value of :class:`~xinqiao.queue.publishing.Why`, or
            :data:`NOT_ROUTED`; empty where it is.
        reason: In the person's words, or ours.
        document: What that rests on.
        actor: Who took it down.
        objections: Numbers of the objections to it that are under way.
        ends_soon: Whether the last day on which it may be shown is near.
        warnings: What a person should see to: :data:`NO_PERIOD`, :data:`PAST_BOUND`,
            :data:`OLD_SHOWN`, :data:`NOT_MOVING`, :data:`STILL_DOWN`.
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
    ends_soon: bool
    warnings: tuple[str, ...]

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody should look at it."""
        waits = (Showing.WAITS, Showing.TO_REVIEW, Showing.TO_CORRECT)
        return self.showing in waits or bool(self.warnings)

    @property
    def worth_telling(self) -> bool:
        """Whether it is listed without being asked for."""
        going = self.showing is Showing.TAKING_DOWN
        return bool(self.needs_a_person or self.ends_soon or self.objections or going)

    def plain(self) -> dict[str, Any]:
        """Return the line as ``--json`` shows it."""
        dates = {
            name: None if day is None else day.isoformat()
            for name, day in (("decided_on", self.decided_on), ("shown_until", self.shown_until))
        }
        lists = {"objections": list(self.objections), "warnings": list(self.warnings)}
        return asdict(self) | dates | lists


def publicity(connection: Connection, today: date, soon: date) -> list[Line]:
    """Return every record at every platform that shows records, in order of import.

    Args:
        connection: A reading connection.
        today: Legal date in Asia/Shanghai.
        soon: Last day of what counts as near.
    """
    rows = connection.execute(_statement()).all()
    ids = [row.id for row in rows]
    objections = {
        record_id: tuple(one.number for one in found)
        for record_id, found in open_objections(connection, ids).items()
    }
    facts = facts_of(connection, ids)
    moving = _moving(connection)
    return [
        _line(
            row,
            _standing(row, facts, today),
            objections.get(row.id, ()),
            soon,
            moving=row.holding_id in moving,
        )
        for row in rows
    ]


def shown_past_bound(connection: Connection, platform: str, today: date) -> int:
    """Return how many records a platform shows though they are past the bound, unreleased."""
    # month ends differ: what is certain is worked out below
    last = months_after(today, -severities().outer_bound.months)
    statement = (
        sa.select(record.c.id, record.c.kind, record_version.c.content, record_version.c.decided_on)
        .join(record_version, PRESENT_VERSION)
        .join(holding, holding.c.record_id == record.c.id)
        .where(
            holding.c.platform == platform,
            holding.c.removal == Operation.TAKE_DOWN.value,
            holding.c.held_version.is_not(None),
            record.c.kind.in_(sorted(severities().kinds)),
            record_version.c.decided_on <= last,
        )
    )
    rows = connection.execute(statement).all()
    facts = facts_of(connection, [row.id for row in rows])
    return sum(_past_bound(row, _standing(row, facts, today)) for row in rows)


def _standing(row: Any, facts: Mapping[str, Facts], today: date) -> Standing:
    known = facts.get(row.id, Facts())
    return standing(row.kind, row.content or {}, row.decided_on, known, today)


def _past_bound(row: Any, now: Standing) -> bool:
    """Tell whether a record is past the bound and no person said that it may be shown still."""
    return now.past_bound and not now.allows(past_bound(row.kind), row.content or {})


def _moving(connection: Connection) -> set[int]:
    """Return the holdings for which something is under way without a person."""
    statement = sa.select(submission.c.holding_id).where(
        OPEN, submission.c.state.not_in([State.HELD.value, State.CONFLICT.value])
    )
    return set(connection.execute(statement).scalars())


def _statement() -> sa.Select[Any]:
    return (
        sa.select(
            record.c.id,
            record.c.kind,
            record_version.c.content,
            record_version.c.decided_on,
            holding.c.id.label("holding_id"),
            holding.c.platform,
            holding.c.wanted_version,
            holding.c.held_version,
            holding.c.findings,
            holding.c.shown_until,
            take_down.c.why,
            take_down.c.reason,
            take_down.c.document,
            take_down.c.actor,
        )
        .join(record_version, PRESENT_VERSION)
        .join(holding, holding.c.record_id == record.c.id)
        .outerjoin(take_down, take_down.c.record_id == record.c.id)
        .where(
            holding.c.removal == Operation.TAKE_DOWN.value,
            ~sa.exists().where(withdrawal.c.record_id == record.c.id),
        )
        .order_by(holding.c.id)
    )


def _line(
    row: Any, now: Standing, objections: tuple[str, ...], soon: date, *, moving: bool
) -> Line:
    content = row.content or {}
    showing = _showing(row)
    why = row.why or ""
    if row.wanted_version is None and not why:
        why = now.stopped.value if now.stopped is not None else NOT_ROUTED
    return Line(
        record=row.id,
        kind=row.kind,
        number=_shown(content.get(kind_of(row.kind).number_field, "")),
        name=_shown(content.get("subject.name", "")),
        platform=row.platform,
        showing=showing,
        decided_on=row.decided_on,
        severity=now.severity,
        # what is taken down has its end still: it says why
        shown_until=now.until,
        why=why,
        reason=row.reason or "",
        document=row.document or (now.document if now.stopped is Why.REPAIRED else ""),
        actor=row.actor or "",
        objections=objections,
        ends_soon=row.wanted_version is not None and now.until is not None and now.until <= soon,
        warnings=tuple(_warnings(row, now, showing, moving=moving)),
    )


def _showing(row: Any) -> Showing:
    if row.wanted_version is None:
        return Showing.TAKEN_DOWN if row.held_version is None else Showing.TAKING_DOWN
    if any(one["code"] == AWAITING for one in row.findings):
        return Showing.TO_REVIEW
    if row.findings:
        released = all(one["code"] in RELEASABLE for one in row.findings)
        return Showing.WAITS if released else Showing.TO_CORRECT
    return Showing.TO_BE_SHOWN if row.held_version is None else Showing.SHOWN


def _warnings(row: Any, now: Standing, showing: Showing, *, moving: bool) -> Iterator[str]:
    if now.still_down is not None:
        yield STILL_DOWN
    if row.findings and row.held_version is not None:
        yield OLD_SHOWN
    changes = row.wanted_version != row.held_version and not row.findings
    if changes and not moving:
        yield NOT_MOVING
    if showing is Showing.TAKEN_DOWN:
        return
    dated = row.kind in severities().kinds and now.until is None
    if dated and showing is not Showing.TAKING_DOWN:
        yield NO_PERIOD
    if _past_bound(row, now):
        yield PAST_BOUND


def _shown(stored: str) -> str:
    # encrypted because it holds what looks like an identity number
    return "（内容已加密）" if is_token(stored) else stored
