"""The anchors that a database keeps, and in which places each was written (锚点表)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import anchor as anchors
from xinqiao.database.tables import anchor_copy, audit

_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Stored:
    """One row of the table, as it stands there."""

    number: int
    last: int
    at: str
    body: str


def stored_anchors(connection: Connection, after: int = 0) -> Iterator[Stored]:
    """Give the anchors after number ``after``, in order."""
    while True:
        statement = (
            sa.select(anchors.c.number, anchors.c.last, anchors.c.at, anchors.c.body)
            .where(anchors.c.number > after)
            .order_by(anchors.c.number)
            .limit(_CHUNK)
        )
        rows = connection.execute(statement).all()
        if not rows:
            return
        for row in rows:
            yield Stored(*row)
        after = rows[-1].number


def last_anchor(connection: Connection) -> Stored | None:
    """Return the anchor that was made last."""
    statement = (
        sa.select(anchors.c.number, anchors.c.last, anchors.c.at, anchors.c.body)
        .order_by(anchors.c.number.desc())
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else Stored(*row)


def body_of(connection: Connection, number: int) -> str | None:
    """Return the text of an anchor; None where none has that number."""
    statement = sa.select(anchors.c.body).where(anchors.c.number == number)
    found: str | None = connection.execute(statement).scalar_one_or_none()
    return found


def workspace_of(connection: Connection) -> str | None:
    """Return the hash of the log's first entry; None for an empty log."""
    statement = sa.select(audit.c.hash).where(audit.c.sequence == 1)
    found: str | None = connection.execute(statement).scalar_one_or_none()
    return found


def hashes(connection: Connection, first: int, last: int) -> Iterator[str]:
    """Give the hashes of the entries from ``first`` to ``last``, as far as there are any."""
    after = first - 1
    while after < last:
        statement = (
            sa.select(audit.c.sequence, audit.c.hash)
            .where(audit.c.sequence > after, audit.c.sequence <= last)
            .order_by(audit.c.sequence)
            .limit(_CHUNK)
        )
        rows = connection.execute(statement).all()
        if not rows:
            return
        for row in rows:
            yield row[1]
        after = rows[-1][0]


def missing_at(connection: Connection, place: str, most: int) -> list[Stored]:
    """Return the oldest anchors that were not written to ``place`` yet, at most so many."""
    there = sa.exists().where(
        anchor_copy.c.number == anchors.c.number, anchor_copy.c.place == place
    )
    statement = (
        sa.select(anchors.c.number, anchors.c.last, anchors.c.at, anchors.c.body)
        .where(~there)
        .order_by(anchors.c.number)
        .limit(most)
    )
    return [Stored(*row) for row in connection.execute(statement)]


def note_copies(
    connection: Connection, place: str, numbers: Sequence[int], at: datetime
) -> list[int]:
    """Note that anchors were written to ``place``; return those that nobody had noted before."""
    known = set(
        connection.execute(
            sa.select(anchor_copy.c.number).where(anchor_copy.c.place == place)
        ).scalars()
    )
    fresh = [number for number in numbers if number not in known]
    if fresh:
        connection.execute(
            sa.insert(anchor_copy),
            [{"number": number, "place": place, "at": at} for number in fresh],
        )
    return fresh


def copies(connection: Connection, place: str) -> list[int]:
    """Return the numbers of the anchors that were written to ``place``, in order."""
    statement = (
        sa.select(anchor_copy.c.number)
        .where(anchor_copy.c.place == place)
        .order_by(anchor_copy.c.number)
    )
    return list(connection.execute(statement).scalars())
