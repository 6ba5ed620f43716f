"""Which records a repair, a notice of one or an objection is about (所指的记录).

They name the other record by its document number and its subject, or by its 记录标识. What they
name may come into the hub after them; so they are looked up from both sides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import PRESENT_VERSION, record, record_version, target
from xinqiao.privacy.keys import is_token
from xinqiao.records.doubtful_text import may_hold_identity_number
from xinqiao.records.fields import iso_date
from xinqiao.records.keys import plain_number
from xinqiao.records.kinds import KINDS
from xinqiao.records.repair import PASSED

TARGET_NUMBER = "target_number"
"""Path of the number by which the other record is named."""

TARGET_KIND = "target_kind"
"""Path of what sort of record that is, in Chinese."""

REPAIRING = frozenset({"repair", "repair_notice"})
"""Kinds that say that another record is repaired."""

OBJECTING = "objection"
TARGETING = REPAIRING | {OBJECTING}
"""Kinds that are about another record."""

TARGET_KINDS: Mapping[str, frozenset[str]] = {
    "行政处罚": frozenset({"penalty"}),
    "严重失信主体名单": frozenset({"list_entry"}),
    "黑名单": frozenset({"list_entry"}),
    "安全生产信用信息": frozenset({"safety_info"}),
    "其他失信信息": frozenset({"penalty", "list_entry", "safety_info"}),
    **{kind.name: frozenset({kind.identifier}) for kind in KINDS.values()},
}
"""Words of 修复的信息类型 and 异议的信息类型 → kinds of record that they mean."""


@dataclass(frozen=True, slots=True)
class Named:
    """A record that another one is about.

    Attributes:
        record_id: Its id.
        kind: Its kind.
        version: Its present version.
        decided_on: Date of its document, if known.
    """

    record_id: str
    kind: str
    version: int
    decided_on: date | None


def is_settled(kind: str, content: Mapping[str, str]) -> bool:
    """Tell whether a repair was granted, or an objection handled and its result told."""
    if kind == OBJECTING:
        return all(iso_date(content.get(path)) is not None for path in ("decided_on", "told_on"))
    # a notice comes only of what was repaired
    return kind != "repair" or content.get("status") in PASSED


def note_target(
    connection: Connection,
    record_id: str,
    content: Mapping[str, str],
    *,
    settled: bool,
) -> None:
    """Keep what a record is about, in the place of what was kept of it before.

    What is kept is looked up, and so not encrypted: no identity number may be in it.
    """
    number, word = plain_number(content.get(TARGET_NUMBER, "")), content.get(TARGET_KIND, "")
    if not number or may_hold_identity_number(number):
        forget_target(connection, record_id)
        return
    subject = connection.execute(
        sa.select(record.c.subject_hash).where(record.c.id == record_id)
    ).scalar_one()
    values = {
        "number": number,
        "target_kind": word if word in TARGET_KINDS else "",
        "subject_hash": subject,
        "settled": settled,
    }
    changed = connection.execute(
        sa.update(target).where(target.c.record_id == record_id).values(values)
    )
    if not changed.rowcount:
        connection.execute(sa.insert(target).values(record_id=record_id, **values))


def forget_target(connection: Connection, record_id: str) -> None:
    """Take note that a repair or objection was withdrawn: nothing follows from it any more."""
    connection.execute(sa.delete(target).where(target.c.record_id == record_id))


_MEANS = sa.and_(
    record.c.subject_hash == target.c.subject_hash,
    record.c.id != target.c.record_id,
    sa.or_(
        record.c.id == target.c.number,
        # kind and authority stand before the number: see records.keys.document_key
        sa.func.substr(
            record.c.document_key,
            sa.func.length(record.c.document_key) - sa.func.length(target.c.number),
        )
        == sa.literal("|").concat(target.c.number),
    ),
)
"""A record that a row of the table of targets may be about: of the same subject and number."""


def named_by(connection: Connection, record_id: str) -> list[Named]:
    """Return the records that a repair or objection is about, oldest first."""
    statement = (
        sa.select(
            record.c.id,
            record.c.kind,
            record_version.c.version,
            record_version.c.decided_on,
            target.c.target_kind,
        )
        .join(record_version, PRESENT_VERSION)
        .join(target, _MEANS)
        .where(target.c.record_id == record_id)
        .order_by(record.c.created_at, record.c.id)
    )
    return [
        Named(row.id, row.kind, row.version, row.decided_on)
        for row in connection.execute(statement)
        if _fits(row.target_kind, row.kind)
    ]


def repairs_of(connection: Connection, record_ids: Sequence[str]) -> dict[str, str]:
    """Return record → number of the first granted repair that is about it; others are left out."""
    found: dict[str, str] = {}
    for named, of_target in _about(connection, record_ids, target.c.settled.is_(True)):
        if of_target.kind in REPAIRING:
            found.setdefault(named, of_target.number)
    return found


@dataclass(frozen=True, slots=True)
class About:
    """A repair or objection, seen from the record that it is about.

    Attributes:
        record_id: Of the repair or objection.
        kind: Its kind.
        number: Number by which people name it.
    """

    record_id: str
    kind: str
    number: str


def open_objections(
    connection: Connection, record_ids: Sequence[str]
) -> dict[str, tuple[About, ...]]:
    """Return record → the objections to it that are not handled and told; others are left out."""
    found: dict[str, tuple[About, ...]] = {}
    for named, one in _about(connection, record_ids, target.c.settled.is_(False)):
        if one.kind == OBJECTING:
            found[named] = (*found.get(named, ()), one)
    return found


def objections_to(connection: Connection, record_id: str) -> list[str]:
    """Return the 记录标识 of all objections to a record, answered or not."""
    about = _about(connection, [record_id], sa.true())
    return [one.record_id for _, one in about if one.kind == OBJECTING]


def _about(
    connection: Connection, record_ids: Iterable[str], which: sa.ColumnElement[bool]
) -> Iterable[tuple[str, About]]:
    """Yield the id of a record, and what is about it."""
    other, version = record.alias("other"), record_version.alias("other_version")
    for chunk in in_chunks(sorted(set(record_ids))):
        statement = (
            sa.select(
                record.c.id,
                record.c.kind,
                target.c.target_kind,
                other.c.id.label("target_id"),
                other.c.kind.label("other_kind"),
                version.c.content,
            )
            .join(target, _MEANS)
            .join(other, other.c.id == target.c.record_id)
            .join(
                version,
                sa.and_(
                    version.c.record_id == other.c.id, version.c.version == other.c.current_version
                ),
            )
            .where(record.c.id.in_(chunk), which)
            .order_by(other.c.created_at, other.c.id)
        )
        for row in connection.execute(statement):
            if _fits(row.target_kind, row.kind):
                number_field = KINDS[row.other_kind].number_field
                number = (row.content or {}).get(number_field, "")
                # encrypted because it holds what looks like an identity number
                shown = "" if is_token(number) else number
                yield row.id, About(row.target_id, row.other_kind, shown)


def _fits(target_kind: str, kind: str) -> bool:
    # an objection may say it in words of its own: number and subject tell enough
    return kind in TARGET_KINDS.get(target_kind, frozenset(KINDS) - TARGETING)
