"""What a platform held before us, as it told (存量条目): kept encrypted, found by a keyed hash."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import LedgerEntry
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import adopted_entry, holding
from xinqiao.privacy.keys import KeyRing

HOW_TO_CORRECT = (
    "先用 xinqiao adopt --accept-different 接管（只算作平台已有，不更正平台），再执行 "
    "xinqiao reconcile，对它列出的差异用 xinqiao reconcile items act 编号 --action correct 更正平台"
)
"""What a person does where the platform held something else before us, and our record is right."""


def key_hash(keys: KeyRing, platform: str, kind: str, key: str) -> str:
    """Return the keyed hash of the platform's key of an entry."""
    return keys.lookup_hash(f"{platform}\0{kind}\0{key}".encode())


def entry_hash(keys: KeyRing, entry: LedgerEntry) -> str:
    """Return a keyed hash of what an entry says: equal for the same words, whatever their order."""
    return keys.lookup_hash(_serialised(entry))


def seal_entry(keys: KeyRing, entry: LedgerEntry, context: str) -> tuple[str, bytes]:
    """Return the key's id and the encrypted entry."""
    return keys.encrypt(_serialised(entry), context)


def open_entry(keys: KeyRing, key_id: str, sealed: bytes, context: str) -> LedgerEntry:
    """Return the entry that :func:`seal_entry` was given.

    Raises:
        SettingsError: The key is missing.
        DamageError: It was changed or moved.
    """
    plain = json.loads(keys.decrypt(key_id, sealed, context))
    at = plain["at"]
    return LedgerEntry(
        plain["key"],
        plain["values"],
        plain["reference"],
        None if at is None else datetime.fromisoformat(at),
    )


def _serialised(entry: LedgerEntry) -> bytes:
    told = {
        "key": entry.key,
        "values": dict(entry.values),
        "reference": entry.reference,
        "at": None if entry.at is None else entry.at.isoformat(),
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def context_of(platform: str, kind: str, hashed: str) -> str:
    """Return where an adopted entry belongs, for its encryption."""
    return f"adopted/{platform}/{kind}/{hashed}"


def keep_entries(
    connection: Connection,
    keys: KeyRing,
    platform: str,
    kind: str,
    entries: Mapping[str, LedgerEntry],
    adoption_id: int,
    record_ids: Mapping[str, str] | None = None,
) -> None:
    """Keep what a platform told: of a key that is known already, what it tells now.

    An entry stays with the adoption that told it first; only a record that is held as it goes
    with the adoption by which it is. So undoing a later one forgets no more than that one brought.

    Args:
        connection: The transaction.
        keys: Of the workspace.
        platform: Whose entries they are.
        kind: Record kind.
        entries: The platform's key → entry.
        adoption_id: The adoption that read them.
        record_ids: The platform's key → our record that is held as this, where there is one.
    """
    hashed = {key_hash(keys, platform, kind, key): key for key in entries}
    known = _kept(connection, platform, kind, hashed)
    rows = []
    for digest, key in hashed.items():
        context = context_of(platform, kind, digest)
        key_id, sealed = seal_entry(keys, entries[key], context)
        rows.append(
            {
                "platform": platform,
                "kind": kind,
                "key_hash": digest,
                "adoption_id": adoption_id,
                "first_adoption_id": adoption_id,
                "entry": sealed,
                "key_id": key_id,
                "taken_in_at": entries[key].at,
                "record_id": (record_ids or {}).get(key),
            }
        )
    fresh = [row for row in rows if row["key_hash"] not in known]
    if fresh:
        connection.execute(sa.insert(adopted_entry), fresh)
    stale = [row for row in rows if row["key_hash"] in known]
    told = ("entry", "key_id", "taken_in_at", "record_id")
    _refresh(connection, [row for row in stale if row["record_id"] is None], told)
    held = [row for row in stale if row["record_id"] is not None]
    _refresh(connection, held, (*told, "adoption_id"))


def _refresh(
    connection: Connection, rows: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> None:
    """Let entries that are known already say anew what ``names`` name."""
    if not rows:
        return
    which = ("platform", "kind", "key_hash")
    statement = (
        sa.update(adopted_entry)
        .where(*(adopted_entry.c[name] == sa.bindparam(f"which_{name}") for name in which))
        .values({name: sa.bindparam(f"new_{name}") for name in names})
    )
    connection.execute(
        statement,
        [
            {f"which_{name}": row[name] for name in which}
            | {f"new_{name}": row[name] for name in names}
            for row in rows
        ],
    )


def _kept(
    connection: Connection, platform: str, kind: str, hashes: Collection[str]
) -> dict[str, sa.Row[Any]]:
    found: dict[str, sa.Row[Any]] = {}
    for chunk in in_chunks(hashes):
        statement = sa.select(adopted_entry).where(
            adopted_entry.c.platform == platform,
            adopted_entry.c.kind == kind,
            adopted_entry.c.key_hash.in_(chunk),
        )
        found.update((row.key_hash, row) for row in connection.execute(statement))
    return found


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that was taken over.

    Attributes:
        adoption_id: The adoption by which a record is held as it, or that read it first.
        entry: What the platform told.
        record_id: Our record that is held as this; None where there is none.
    """

    adoption_id: int
    entry: LedgerEntry
    record_id: str | None


def kept_entries(
    connection: Connection, keys: KeyRing, platform: str, kind: str, wanted: Collection[str]
) -> dict[str, Kept]:
    """Return key → entry, of those of ``wanted`` that were taken over.

    Raises:
        DamageError: An entry was changed in the database, or moved.
    """
    hashed = {key_hash(keys, platform, kind, key): key for key in wanted}
    return {
        hashed[digest]: Kept(
            row.adoption_id,
            open_entry(keys, row.key_id, row.entry, context_of(platform, kind, digest)),
            row.record_id,
        )
        for digest, row in _kept(connection, platform, kind, hashed).items()
    }


def held_before(
    connection: Connection, keys: KeyRing, platform: str, kind: str, wanted: Collection[str]
) -> set[str]:
    """Return those of the keys ``wanted`` that the platform held before us for no record of ours.

    Args:
        connection: A connection.
        keys: Of the workspace.
        platform: Whose keys they are.
        kind: Record kind.
        wanted: The platform's keys.
    """
    hashed = {key_hash(keys, platform, kind, key): key for key in wanted}
    kept = _kept(connection, platform, kind, hashed)
    return {hashed[digest] for digest, row in kept.items() if row.record_id is None}


def records_beside(
    connection: Connection, keys: KeyRing, platform: str, kind: str, wanted: Collection[str]
) -> dict[str, str | None]:
    """Return key → our record of that key, of those of ``wanted`` that the platform held before us.

    Left out are those that a record is held as. None stands where we have no record; where we have
    one, it was not taken over as this: the two differ.
    """
    found: dict[str, str | None] = dict.fromkeys(
        held_before(connection, keys, platform, kind, wanted)
    )
    for chunk in in_chunks(sorted(found)):
        ours = sa.select(holding.c.wanted_key, holding.c.record_id).where(
            holding.c.wanted_key.in_(chunk), holding.c.platform == platform
        )
        found.update((row[0], row[1]) for row in connection.execute(ours))
    return found
