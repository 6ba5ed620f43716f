"""Whether a record may be shown to the public now, and until when (能否公示).

What keeps a record from being shown is worked out anew with every plan from what people decided and
from what repairs say, so that no import puts up what was taken down. Nothing is written here but
the note that a record was taken down.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import classification, publication_look, record_version, take_down
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.reviewing import NOT_REVIEWED, Review
from xinqiao.queue.targets import repairs_of
from xinqiao.queue.transitions import Cause
from xinqiao.records.doubtful_text import may_hold_identity_number, may_hold_telephone_number
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kinds import kind_of
from xinqiao.routing.severities import SEVERITY, severities

NEEDS_LOOK = "needs_look"
"""Code of the finding on text that a person must look at before it is shown."""

PAST_BOUND = "past_bound"
"""Code of the finding on a decision so old that it may certainly be shown no more."""

IDENTITY_NUMBER = "identity_number_shown"
"""Code of the finding on text that no person can release."""

STILL_DOWN = "still_down"
"""Code of the finding that a record stays down although the reason for it is gone."""

RELEASABLE = frozenset({NEEDS_LOOK, PAST_BOUND})
"""Codes of what waits until a person says that it may be shown."""


class Why(StrEnum):
    """Why a record is shown no more, or never was (下架原因)."""

    REPAIRED = "repaired"
    """It was repaired (已修复)."""

    ENDED = "ended"
    """The period of publicity is over (公示期满)."""

    MINOR = "minor"
    """Its class is in principle not shown (轻微，原则上不公示)."""

    FORBIDDEN = "forbidden"
    """A person says that it must not be shown (不予公开)."""

    PERSON = "person"
    """A person took it down for another reason (人工下架)."""


CHINESE: Mapping[Why, str] = {
    Why.REPAIRED: "已修复",
    Why.ENDED: "公示期满",
    Why.MINOR: "失信程度轻微，原则上不公示",
    Why.FORBIDDEN: "不予公开",
    Why.PERSON: "人工下架",
}
"""What operators read."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What people decided about showing one record, and what repairs say of it.

    Attributes:
        taken_down: Why it was taken down; None while it was not.
        repaired_by: Number of the repair, or of the notice of one, that names it; empty if none
            does.
        severity: The class that a person gave it, beside the record's own field.
        published: Whether a person has it shown although its class is in principle not.
        looked_at: What the record said when a person looked at it; empty while nobody did.
    """

    taken_down: Why | None = None
    repaired_by: str = ""
    severity: str | None = None
    published: bool = False
    looked_at: Mapping[str, str] = field(default_factory=dict)

    @property
    def outlived(self) -> bool:
        """Whether the note of its taking down follows from something that may cease to be so."""
        return self.taken_down in (Why.REPAIRED, Why.ENDED, Why.MINOR)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether one version of a record may be shown, and sent at all.

    Attributes:
        stopped: Why it must not be shown; None where it may.
        document: What that rests on, where it follows from a repair.
        until: Last day on which it may be shown; None where nothing sets one.
        severity: Its class (失信程度), or empty.
        past_bound: Whether it was decided so long ago that it may certainly be shown no more.
        looked_at: What the record said when a person looked at it.
        shown_at: Platforms that show it, or may come to.
        still_down: Why it is down still, though nothing says any more that it must be.
        review: How it stands with its review by a second person.
    """

    stopped: Why | None = None
    document: str = ""
    until: date | None = None
    severity: str = ""
    past_bound: bool = False
    looked_at: Mapping[str, str] = field(default_factory=dict)
    shown_at: frozenset[str] = frozenset()
    still_down: Why | None = None
    review: Review = NOT_REVIEWED

    def allows(self, finding: Finding, content: Mapping[str, str]) -> bool:
        """Tell whether a person looked at what ``finding`` is about, as it is now."""
        seen = self.looked_at.get(finding.field)
        return (
            finding.code in RELEASABLE and seen is not None and seen == content.get(finding.field)
        )


def facts_of(connection: Connection, record_ids: Iterable[str]) -> dict[str, Facts]:
    """Return record → what was decided about showing it; those with nothing are left out."""
    ids = sorted(set(record_ids))
    found: dict[str, dict[str, object]] = {}
    for chunk in in_chunks(ids):
        for row in connection.execute(
            sa.select(take_down.c.record_id, take_down.c.why).where(
                take_down.c.record_id.in_(chunk)
            )
        ):
            found.setdefault(row.record_id, {})["taken_down"] = Why(row.why)
        for row in connection.execute(
            sa.select(
                classification.c.record_id, classification.c.severity, classification.c.published
            ).where(classification.c.record_id.in_(chunk))
        ):
            said = found.setdefault(row.record_id, {})
            said |= {"severity": row.severity, "published": row.published}
        for row in connection.execute(
            sa.select(publication_look.c.record_id, record_version.c.content)
            .join(
                record_version,
                sa.and_(
                    record_version.c.record_id == publication_look.c.record_id,
                    record_version.c.version == publication_look.c.version,
                ),
            )
            .where(publication_look.c.record_id.in_(chunk))
        ):
            # what is encrypted there holds an identity number, and no look releases that
            found.setdefault(row.record_id, {})["looked_at"] = row.content or {}
    for record_id, number in repairs_of(connection, ids).items():
        found.setdefault(record_id, {})["repaired_by"] = number
    return {record_id: Facts(**said) for record_id, said in found.items()}  # type: ignore[arg-type] # each name is given its own type above


def severity_of(kind: str, content: Mapping[str, str], facts: Facts) -> str | None:
    """Return the class of a record: what a person said of it goes before its own field."""
    own = content.get(SEVERITY) if kind in severities().kinds else None
    return facts.severity or own or None


def standing(
    kind: str,
    content: Mapping[str, str],
    decided_on: date | None,
    facts: Facts,
    today: date,
    shown_at: frozenset[str] = frozenset(),
) -> Standing:
    """Return whether a version of a record may be shown, and until when.

    Args:
        kind: Record kind.
        content: The version's content; of what is encrypted nothing is asked.
        decided_on: Date of the document; None when it cannot be read.
        facts: What people decided about the record.
        today: Legal date in Asia/Shanghai.
        shown_at: Platforms that show it, or may come to.
    """
    severity = severity_of(kind, content, facts)
    until = severities().shown_until(kind, content, severity, decided_on)
    found = severities().of(kind, severity)
    by_itself = None
    if facts.repaired_by:
        by_itself = Why.REPAIRED
    elif found is not None and not (found.published or facts.published):
        by_itself = Why.MINOR
    elif until is not None and until < today:
        by_itself = Why.ENDED
    bound = severities().outer_bound
    return Standing(
        facts.taken_down or by_itself,
        facts.repaired_by,
        until,
        severity=severity or "",
        past_bound=kind in severities().kinds
        and decided_on is not None
        and bound.passed(decided_on, today),
        looked_at=facts.looked_at,
        shown_at=shown_at,
        still_down=facts.taken_down if facts.outlived and by_itself is None else None,
    )


def doubtful_fields(
    kind: str, content: Mapping[str, str], shown: Iterable[str]
) -> Iterator[Finding]:
    """Yield what a person must look at before a record is shown.

    Args:
        kind: Record kind.
        content: The record.
        shown: Paths of the texts that are shown.
    """
    definition = kind_of(kind)
    labels = definition.labels
    for path in shown:
        text = content.get(path, "")
        # in the other fields the format itself refuses one; numbers of documents look alike
        if path in definition.free_text_fields and may_hold_identity_number(text):
            yield Finding(
                path,
                IDENTITY_NUMBER,
                Severity.WARNING,
                f"{labels[path]}中疑似有证件号码，不能公开：请在原表中删去后重新导入",
            )
        elif may_hold_telephone_number(text):
            yield Finding(
                path,
                NEEDS_LOOK,
                Severity.WARNING,
                f"{labels[path]}中疑似有个人的号码，没有公开："
                "请删去后重新导入；确认可以公开的用 xinqiao publication allow 登记",
            )


def past_bound(kind: str) -> Finding:
    """Return that a record was decided too long ago to be shown for the first time."""
    bound = severities().outer_bound
    return Finding(
        kind_of(kind).decision_date_fields[0],
        PAST_BOUND,
        Severity.WARNING,
        f"决定已满 {bound.years} 年，没有公开（{bound.basis}）：请核对日期；"
        "确认仍可以公开的用 xinqiao publication allow 登记",
    )


def still_down(why: Why) -> Finding:
    """Return that a record stays down although the reason for it is gone."""
    return Finding(
        "",
        STILL_DOWN,
        Severity.WARNING,
        f"这条记录因{CHINESE[why]}下架，现在已不是这样，但仍为下架："
        "应当公示的用 xinqiao publication restore，不再公示的用 xinqiao publication forbid",
    )


@dataclass(frozen=True, slots=True)
class Stop:
    """A record that is to be shown no more.

    Attributes:
        record_id: Which.
        why: Why.
        document: What it rests on; empty where nothing was written.
        reason: In the person's words, or ours.
    """

    record_id: str
    why: Why
    document: str
    reason: str


def note_stops(connection: Connection, stops: Sequence[Stop], cause: Cause) -> None:
    """Note that records are shown no more, audited; they must not be noted already."""
    if not stops:
        return
    connection.execute(
        sa.insert(take_down),
        [
            {
                "record_id": one.record_id,
                "why": one.why.value,
                "reason": mask_identity_numbers(one.reason),
                "document": mask_identity_numbers(one.document),
                "actor": cause.actor,
                "at": cause.at,
            }
            for one in stops
        ],
    )
    entries = [
        Entry(
            "publication.taken_down",
            record_id=one.record_id,
            reason=one.reason,
            details={"why": one.why.value, "document": mask_identity_numbers(one.document)},
        )
        for one in stops
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)
