"""The life of differences (差异的经过): opened once, closed once, reopened with their history.

Every opening, closing and reopening is audited in the transaction that makes it. That one was seen
again changes nothing but when that was.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import difference, difference_event, record
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.transitions import Cause
from xinqiao.reconcile.differences.catalogue import nature_of
from xinqiao.reconcile.key_hash import hash_of_key

GONE = "gone"
"""Closed because a later look, that covers it, does not show it any more."""

ACCEPTED_THEIRS = "accept-theirs"
"""Closed because a person knows why, and finds it right: not opened again while it is the same."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Between what a difference is, and which look finds it.

    Attributes:
        platform: The platform, or the source (the case system).
        kind: Record kind.
        reading: The reading that looks, None where nothing is read.
    """

    platform: str
    kind: str
    reading: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One thing in which two sides differ, as a look finds it.

    Attributes:
        what: Identifier of what differs; see ``differences.toml``.
        key: The record's key over there; it is hashed, and shown masked.
        lies: First and last day on which it may stand there. A look at fewer days does not tell
            that it is gone.
        record_id: Our record, where there is one.
        department: Whose it is, where there is no record.
        details: What is shown of it, masked already; ``why`` names the cause, where there are
            several.
        content: What differs, unmasked: tells whether it is still the same. It is only hashed.
    """

    what: str
    key: str
    lies: tuple[date, date]
    record_id: str | None = None
    department: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    content: str = ""


@dataclass(slots=True)
class Noted:
    """What noting came to.

    Attributes:
        opened: How many are new.
        reopened: How many were closed and are open again.
        known: How many a person has accepted as they are, and stay closed.
    """

    opened: int = 0
    reopened: int = 0
    known: int = 0


def note_differences(
    connection: Connection, sides: Sides, found: Sequence[Found], keys: KeyRing, cause: Cause
) -> Noted:
    """Open what is new, reopen what came back, and note that the rest was seen again.

    Args:
        connection: A write transaction.
        sides: Between what.
        found: What differs; several of one ``what`` under one key count as one, the last holds.
        keys: Of the workspace.
        cause: Who looked, and when.
    """
    noted = Noted()
    by_place = {
        (one.what, hash_of_key(keys, sides.platform, sides.kind, one.key)): one for one in found
    }
    existing = _existing(connection, sides, by_place)
    departments = _departments(connection, {one.record_id for one in found} - {None})
    fresh, again, back = [], [], []
    for place, one in by_place.items():
        values = _values(sides, place[1], one, departments, keys, cause)
        before = existing.get(place)
        if before is None:
            fresh.append(values | {"opened_at": cause.at, "times": 1})
        elif before.closed_at is None:
            again.append(values | {"which": before.id})
        elif _accepted(before, values):
            noted.known += 1
            again.append(values | {"which": before.id})
        else:
            back.append(values | {"which": before.id})
    _insert(connection, fresh, cause)
    _update(connection, again)
    _update(connection, back, opened_at=cause.at, closed_at=None, closed_by=None)
    _count_openings(connection, [one["which"] for one in back])
    _tell(connection, [one["which"] for one in back], "reopened", cause)
    noted.opened, noted.reopened = len(fresh), len(back)
    return noted


def see_again(connection: Connection, sides: Sides, ids: Collection[int]) -> None:
    """Note of open differences that this look cannot tell whether they are gone."""
    for chunk in in_chunks(ids):
        connection.execute(
            sa.update(difference).where(difference.c.id.in_(chunk)).values(seen_by=sides.reading)
        )


def open_under(
    connection: Connection, sides: Sides, whats: Collection[str], keys: Collection[str]
) -> list[sa.Row[tuple[int, str, str]]]:
    """Return number, what and hashed key of the open differences under hashed ``keys``."""
    found: list[sa.Row[tuple[int, str, str]]] = []
    for chunk in in_chunks(keys):
        statement = sa.select(difference.c.id, difference.c.what, difference.c.key_hash).where(
            difference.c.platform == sides.platform,
            difference.c.kind == sides.kind,
            # named, so that the unique index finds them however many are open
            difference.c.what.in_(whats),
            difference.c.key_hash.in_(chunk),
            difference.c.closed_at.is_(None),
        )
        found += connection.execute(statement)
    return found


def close_under(
    connection: Connection,
    sides: Sides,
    keys: Collection[str],
    whats: Collection[str],
    cause: Cause,
) -> int:
    """Close open differences under hashed ``keys`` that are proven not to be any more."""
    ids = [row.id for row in open_under(connection, sides, whats, keys)]
    close(connection, ids, GONE, cause)
    return len(ids)


def any_open(connection: Connection, sides: Sides) -> bool:
    """Tell whether anything is open between ``sides``."""
    statement = sa.select(difference.c.id).where(
        difference.c.platform == sides.platform,
        difference.c.kind == sides.kind,
        difference.c.closed_at.is_(None),
    )
    return connection.execute(statement.limit(1)).scalar_one_or_none() is not None


def unseen(
    connection: Connection,
    sides: Sides,
    whats: Collection[str],
    window: tuple[date, date],
    after: int = 0,
) -> list[sa.Row[Any]]:
    """Return open differences that a whole look at ``window`` covers and did not see, by number.

    Args:
        connection: The transaction.
        sides: Between what, and which look.
        whats: Which differences.
        window: First and last day looked at.
        after: Only those with a higher number; of these so many as fit into one statement.
    """
    statement = (
        sa.select(
            difference.c.id,
            difference.c.what,
            difference.c.key_hash,
            difference.c.record_id,
            difference.c.details,
        )
        .where(
            difference.c.platform == sides.platform,
            difference.c.kind == sides.kind,
            difference.c.what.in_(whats),
            difference.c.closed_at.is_(None),
            difference.c.seen_by.is_distinct_from(sides.reading),
            difference.c.lies_from >= window[0],
            difference.c.lies_to <= window[1],
            difference.c.id > after,
        )
        .order_by(difference.c.id)
        .limit(_PORTION)
    )
    return list(connection.execute(statement))


_PORTION = 400


def close_unseen(
    connection: Connection,
    sides: Sides,
    whats: Collection[str],
    window: tuple[date, date],
    cause: Cause,
) -> int:
    """Close what a whole look at ``window`` covers and did not see; return how many.

    Of many only a portion is closed: call it until it returns nothing, each time in a transaction
    of its own.
    """
    ids = [row.id for row in unseen(connection, sides, whats, window)]
    close(connection, ids, GONE, cause)
    return len(ids)


def close(
    connection: Connection,
    ids: Sequence[int],
    by: str,
    cause: Cause,
    evidence: Sequence[Mapping[str, str]] = (),
) -> None:
    """Close open differences, audited.

    Args:
        connection: A write transaction.
        ids: Which.
        by: :data:`GONE`, or the action of a person.
        cause: Who, when and why.
        evidence: Name and SHA-256 of the files that a person showed.
    """
    for chunk in in_chunks(ids):
        connection.execute(
            sa.update(difference)
            .where(difference.c.id.in_(chunk), difference.c.closed_at.is_(None))
            .values(closed_at=cause.at, closed_by=by)
        )
    by_person = "" if by == GONE else by
    _tell(connection, ids, "acted" if by_person else "closed", cause, by_person, evidence)


def _accepted(before: sa.Row[Any], values: Mapping[str, Any]) -> bool:
    same = before.content_hash == values["content_hash"]
    return bool(before.closed_by == ACCEPTED_THEIRS and same)


def _existing(
    connection: Connection, sides: Sides, places: Collection[tuple[str, str]]
) -> dict[tuple[str, str], sa.Row[Any]]:
    existing: dict[tuple[str, str], sa.Row[Any]] = {}
    for what in sorted({what for what, _ in places}):
        for chunk in in_chunks([hashed for one, hashed in places if one == what]):
            statement = sa.select(
                difference.c.id,
                difference.c.what,
                difference.c.key_hash,
                difference.c.content_hash,
                difference.c.closed_at,
                difference.c.closed_by,
            ).where(
                difference.c.platform == sides.platform,
                difference.c.kind == sides.kind,
                difference.c.what == what,
                difference.c.key_hash.in_(chunk),
            )
            existing.update(
                {(row.what, row.key_hash): row for row in connection.execute(statement)}
            )
    return existing


def _departments(connection: Connection, record_ids: Iterable[str | None]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in in_chunks(sorted(filter(None, record_ids))):
        statement = sa.select(record.c.id, record.c.department).where(record.c.id.in_(chunk))
        found.update((row[0], row[1]) for row in connection.execute(statement))
    return found


def _values(
    sides: Sides,
    key_hash: str,
    one: Found,
    departments: Mapping[str, str],
    keys: KeyRing,
    cause: Cause,
) -> dict[str, Any]:
    content = json.dumps([one.content, dict(one.details)], sort_keys=True, ensure_ascii=False)
    return {
        "platform": sides.platform,
        "kind": sides.kind,
        "what": one.what,
        "key_hash": key_hash,
        "document_number": mask_identity_numbers(one.key),
        "record_id": one.record_id,
        "department": departments.get(one.record_id or "", one.department),
        "details": dict(one.details),
        "content_hash": keys.lookup_hash(content.encode()),
        "suggested": nature_of(one.what, str(one.details.get("why", ""))).suggested,
        "lies_from": one.lies[0],
        "lies_to": one.lies[1],
        "seen_by": sides.reading,
        "last_seen_at": cause.at,
    }


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]], cause: Cause) -> None:
    if not rows:
        return
    connection.execute(sa.insert(difference), list(rows))
    ids: list[int] = []
    for what in sorted({row["what"] for row in rows}):
        for chunk in in_chunks([row["key_hash"] for row in rows if row["what"] == what]):
            statement = sa.select(difference.c.id).where(
                difference.c.platform == rows[0]["platform"],
                difference.c.kind == rows[0]["kind"],
                difference.c.what == what,
                difference.c.key_hash.in_(chunk),
            )
            ids += connection.execute(statement).scalars()
    _tell(connection, sorted(ids), "opened", cause)


_CHANGING = (
    "record_id",
    "department",
    "details",
    "content_hash",
    "suggested",
    "lies_from",
    "lies_to",
    "seen_by",
    "last_seen_at",
)


def _update(connection: Connection, rows: Sequence[Mapping[str, Any]], **further: Any) -> None:
    if not rows:
        return
    connection.execute(
        sa.update(difference)
        .where(difference.c.id == sa.bindparam("which"))
        .values({name: sa.bindparam(f"new_{name}") for name in _CHANGING} | further),
        [
            {"which": row["which"]} | {f"new_{name}": row[name] for name in _CHANGING}
            for row in rows
        ],
    )


def _count_openings(connection: Connection, ids: Sequence[int]) -> None:
    for chunk in in_chunks(ids):
        connection.execute(
            sa.update(difference)
            .where(difference.c.id.in_(chunk))
            .values(times=difference.c.times + 1)
        )


def _tell(
    connection: Connection,
    ids: Sequence[int],
    what: str,
    cause: Cause,
    action: str = "",
    evidence: Sequence[Mapping[str, str]] = (),
) -> None:
    """Write what became of differences, to their history and to the audit log."""
    if not ids:
        return
    connection.execute(
        sa.insert(difference_event),
        [
            {
                "difference_id": one,
                "what": what,
                "action": action,
                "reason": mask_identity_numbers(cause.reason),
                "evidence": list(evidence),
                "actor": cause.actor,
                "at": cause.at,
            }
            for one in ids
        ],
    )
    shown = {f"evidence_{number}": one["sha256"] for number, one in enumerate(evidence, 1)}
    entries = []
    for chunk in in_chunks(ids):
        statement = (
            sa.select(
                difference.c.id,
                difference.c.platform,
                difference.c.kind,
                difference.c.what,
                difference.c.record_id,
            )
            .where(difference.c.id.in_(chunk))
            .order_by(difference.c.id)
        )
        entries += [
            Entry(
                f"difference.{what}",
                record_id=row.record_id,
                platform=row.platform,
                reason=cause.reason,
                details={"difference": row.id, "kind": row.kind, "what": row.what}
                | ({"action": action} if action else {})
                | shown,
            )
            for row in connection.execute(statement)
        ]
    append(connection, entries, actor=cause.actor, at=cause.at)
