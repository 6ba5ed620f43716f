"""What the log says of holdings: each change of one, as it was before and is after (持有留痕).

A holding decides what is sent and what is taken back, so a row that somebody changes past the
program must not go unnoticed. Every writer of holdings therefore changes them inside :func:`noted`,
which tells the log, in one entry for many, what the rows were and what they became. The check of
the state (:mod:`xinqiao.audit.verification.state`) follows each holding from note to note: what was
changed between two of them does not fit the second, what was changed after the last does not fit
the row.

A note is one detail of the entry: the holding's number → record, platform, wanted version, held
version, digest before, digest after, with ``-`` for nothing.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Detail, Entry
from xinqiao.database.tables import audit, holding

NOTED = "holding.noted"
"""Action of the entry that notes holdings."""

NOTHING = "-"
"""Stands in a note for a version or a digest that there is none of."""

_FACTS = (
    "record_id",
    "platform",
    "wanted_version",
    "held_version",
    "wanted_key",
    "held_key",
    "reference",
    "findings",
    "replaces",
    "removal",
    "shown_until",
    "leaves_key",
    "format_digest",
    "differs",
    "adopted_at",
    "taken_in_at",
    "adopted_version",
    "adopted_key",
    "before_start",
)
"""Columns that a digest covers: all but the row's number and the time of its last change."""

_LETTERS = str.maketrans("0123456789", "ghijklmnop")
"""Digits of a digest could look like an identity number and be masked; letters do not."""

_DIGEST_LENGTH = 32
_PER_ENTRY = 100


@dataclass(frozen=True, slots=True)
class Note:
    """One change of one holding.

    Attributes:
        record_id: Record.
        platform: Platform.
        wanted: Version it should hold from then on; None for nothing.
        held: Version it is believed to hold from then on; None for nothing.
        before: Digest of the row before; None where there was no row.
        after: Digest of the row after.
    """

    record_id: str
    platform: str
    wanted: int | None
    held: int | None
    before: str | None
    after: str


class Cause(Protocol):
    """Who or what changes a holding, and when."""

    @property
    def actor(self) -> str:
        """Name of the person, or of the program's part."""

    @property
    def at(self) -> datetime:
        """The instant."""


@contextmanager
def noted(
    connection: Connection, conditions: Sequence[sa.ColumnElement[bool]], cause: Cause
) -> Iterator[None]:
    """Note every holding that is made or changed inside.

    Args:
        connection: A write transaction.
        conditions: Which rows may be; one condition for each chunk of them.
        cause: Who or what changes them, and when.
    """
    before = {row.id: row for row in _rows(connection, conditions)}
    yield
    notes: dict[str, str] = {}
    for row in _rows(connection, conditions):
        earlier = before.get(row.id)
        digest = digest_of(row)
        was = NOTHING if earlier is None else digest_of(earlier)
        if was != digest:
            notes[str(row.id)] = _text(row, was, digest)
    _append(connection, notes, cause.actor, cause.at)


def note_existing(connection: Connection, *, actor: str, at: datetime) -> int:
    """Note all holdings of a log that says nothing of any: of one that an older program wrote.

    Returns:
        How many.
    """
    known = sa.exists().where(audit.c.action == NOTED)
    if connection.execute(sa.select(known)).scalar_one():
        return 0
    count = 0
    last = 0
    while True:
        statement = sa.select(holding).where(holding.c.id > last).order_by(holding.c.id).limit(1000)
        rows = connection.execute(statement).all()
        if not rows:
            return count
        notes = {str(row.id): _text(row, NOTHING, digest_of(row)) for row in rows}
        _append(connection, notes, actor, at)
        count, last = count + len(rows), rows[-1].id


def digest_of(row: sa.Row[Any]) -> str:
    """Return the digest (32 letters) of everything that a row of ``holding`` says."""
    facts = [getattr(row, name) for name in _FACTS]
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH].translate(_LETTERS)


def note_of(text: str) -> Note:
    """Return what a note says.

    Raises:
        ValueError: It is not in this form.
    """
    record_id, platform, wanted, held, before, after = text.split(" ")
    return Note(
        record_id,
        platform,
        _version(wanted),
        _version(held),
        None if before == NOTHING else before,
        after,
    )


def _text(row: sa.Row[Any], before: str, after: str) -> str:
    versions = (
        NOTHING if one is None else str(one) for one in (row.wanted_version, row.held_version)
    )
    return " ".join((row.record_id, row.platform, *versions, before, after))


def _version(word: str) -> int | None:
    return None if word == NOTHING else int(word)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _rows(
    connection: Connection, conditions: Sequence[sa.ColumnElement[bool]]
) -> Iterator[sa.Row[Any]]:
    for condition in conditions:
        yield from connection.execute(
            sa.select(holding).where(condition).order_by(holding.c.id)
        ).all()


def _append(connection: Connection, notes: dict[str, str], actor: str, at: datetime) -> None:
    remaining = iter(notes.items())
    entries = []
    while details := dict[str, Detail](islice(remaining, _PER_ENTRY)):
        entries.append(Entry(NOTED, details=details))
    append(connection, entries, actor=actor, at=at)
