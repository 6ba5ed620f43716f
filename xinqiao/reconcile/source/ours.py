"""Records of the hub that a list should show, and which of them it did show (本地决定)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import (
    PRESENT_VERSION,
    ledger_line,
    record,
    record_version,
    withdrawal,
)
from xinqiao.mapping.engine import KEY_SEPARATOR
from xinqiao.privacy.keys import KeyRing
from xinqiao.reconcile.window import Window

_PORTION = 400
_DIGITS = 32
"""Hex digits of a hash that a line keeps."""

_SHORT = 8
"""Characters of a record's id that tell the offenders of one document apart, for people."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A record of the hub, by its decision."""

    id: str
    document: str
    decided_on: date
    department: str


def key_of(document: str, record_id: str) -> str:
    """Return what a difference about a record of ours is known by: its number comes first."""
    _, *parts = document.split("|")
    return KEY_SEPARATOR.join([*reversed(parts), record_id[:_SHORT]])


def note_seen(
    connection: Connection, keys: KeyRing, reading: int, record_ids: Iterable[str]
) -> None:
    """Note which of our records a list shows."""
    hashes = sorted({_hash(keys, one) for one in record_ids})
    fresh = set(hashes) - _seen(connection, reading, hashes)
    if fresh:
        rows = [
            {"reading_id": reading, "entry_hash": one, "key_hash": one} for one in sorted(fresh)
        ]
        connection.execute(sa.insert(ledger_line), rows)


def not_shown(
    connection: Connection,
    keys: KeyRing,
    reading: int,
    kind: str,
    window: Window,
    department: str,
) -> Iterator[list[Decided]]:
    """Yield, in portions, the records decided within ``window`` that a reading did not show.

    A decision that was withdrawn is expected in no list.
    """
    after = ""
    while portion := _decided(connection, kind, window, department, after):
        after = portion[-1].id
        hashes = {one.id: _hash(keys, one.id) for one in portion}
        seen = _seen(connection, reading, list(hashes.values()))
        yield [one for one in portion if hashes[one.id] not in seen]


def _decided(
    connection: Connection, kind: str, window: Window, department: str, after: str
) -> list[Decided]:
    statement = (
        sa.select(
            record.c.id, record.c.document_key, record_version.c.decided_on, record.c.department
        )
        .join(record_version, PRESENT_VERSION)
        .where(
            record.c.kind == kind,
            record.c.id > after,
            record.c.document_key.is_not(None),
            record_version.c.decided_on.between(window.start, window.end),
            ~sa.exists().where(withdrawal.c.record_id == record.c.id),
        )
        .order_by(record.c.id)
        .limit(_PORTION)
    )
    if department:
        statement = statement.where(record.c.department == department)
    return [Decided(*row) for row in connection.execute(statement)]


def _seen(connection: Connection, reading: int, hashes: Sequence[str]) -> set[str]:
    seen: set[str] = set()
    for chunk in in_chunks(hashes):
        statement = sa.select(ledger_line.c.entry_hash).where(
            ledger_line.c.reading_id == reading, ledger_line.c.entry_hash.in_(chunk)
        )
        seen.update(connection.execute(statement).scalars())
    return seen


def _hash(keys: KeyRing, record_id: str) -> str:
    return keys.lookup_hash(f"source\0{record_id}".encode())[:_DIGITS]
