"""Dropping payloads by age from the database, in small transactions (清理).

Each transaction writes its own audit entry with what it dropped: a change and its entry are stored
together or not at all, so that what an interrupted run did is told as well. Such a run is simply
run again. What is dropped is looked for outside of the transaction, since others wait to write.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.engine import Database
from xinqiao.database.size import byte_length
from xinqiao.database.tables import attempt, batch
from xinqiao.queue.payloads import PAYLOADS, Condition, Cutoff, Payload, settled_batch
from xinqiao.queue.transitions import Cause

CHUNK = 400
"""Rows of one transaction; two columns of each must fit into one query."""

SAMPLE = 200
"""Batches that :func:`estimate` looks at."""

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """How much of one kind of payload was dropped, or would be.

    Attributes:
        name: English name of the kind.
        title: Chinese name.
        rows: How many rows, or files.
        bytes: How many bytes of payload; what the database keeps around them is not counted.
    """

    name: str
    title: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What pruning would free at least.

    Attributes:
        batches: How many batches were found that would lose their bytes.
        bytes: Their bytes, and those of the replies about them.
        more: Whether there may well be more.
    """

    batches: int
    bytes: int
    more: bool


def survey_database(connection: Connection, cutoff: Cutoff, now: datetime) -> list[Dropped]:
    """Return how much of each kind :func:`prune_database` would drop; changes nothing."""
    found = []
    for payload in PAYLOADS:
        statement = sa.select(sa.func.count(), sa.func.sum(_bytes(payload, connection))).where(
            payload.droppable(cutoff, now)
        )
        rows, size = connection.execute(statement.select_from(payload.table)).one()
        found.append(Dropped(payload.name, payload.title, rows, int(size or 0)))
    return found


def estimate(connection: Connection, cutoff: Cutoff) -> Estimate:
    """Return what pruning would free at least, without reading much.

    Only the oldest batches that still have their bytes are looked at: they and the replies about
    them are what grows.
    """
    oldest = (
        sa.select(batch.c.id).where(batch.c.sealed.is_not(None)).order_by(batch.c.id).limit(SAMPLE)
    )
    ids = connection.execute(oldest).scalars().all()
    bytes_of = partial(byte_length, dialect=connection.dialect.name)
    old = connection.execute(
        sa.select(batch.c.id, bytes_of(batch.c.sealed)).where(
            batch.c.id.in_(ids), settled_batch(cutoff)
        )
    ).all()
    replies = connection.execute(
        sa.select(sa.func.sum(bytes_of(attempt.c.evidence))).where(
            attempt.c.batch_id.in_([row[0] for row in old]),
            attempt.c.request_started_at < cutoff.at,
        )
    ).scalar_one()
    size = sum(int(row[1]) for row in old) + int(replies or 0)
    return Estimate(len(old), size, more=len(old) == SAMPLE)


def prune_database(database: Database, cutoff: Cutoff, cause: Cause) -> Iterator[Dropped]:
    """Drop what is older than ``cutoff`` and needed by nothing; yield what each transaction did.

    Args:
        database: Where; no transaction is open when a part is yielded.
        cutoff: What is younger stays.
        cause: Who prunes, when and why; goes to the audit log.
    """
    for payload in PAYLOADS:
        condition = payload.droppable(cutoff, cause.at)
        after: Key | None = None
        while True:
            with database.reading() as connection:
                found = _find(connection, payload, condition, after)
            if not found:
                break
            after = found[-1]
            with database.writing() as connection:
                dropped = _drop(connection, payload, condition, found)
                note(connection, dropped, cutoff, cause)
            yield dropped


def note(connection: Connection, dropped: Dropped, cutoff: Cutoff, cause: Cause) -> None:
    """Write the audit entry of what one transaction dropped, unless that is nothing."""
    if dropped.rows:
        entry = Entry(
            "data.pruned",
            reason=cause.reason,
            details={
                "what": dropped.name,
                "rows": dropped.rows,
                "bytes": dropped.bytes,
                "cutoff": cutoff.at.isoformat(),
            },
        )
        append(connection, [entry], actor=cause.actor, at=cause.at)


def _find(
    connection: Connection, payload: Payload, condition: Condition, after: Key | None
) -> list[Key]:
    statement = sa.select(*payload.key).where(condition).order_by(*payload.key).limit(CHUNK)
    if after is not None:
        statement = statement.where(sa.tuple_(*payload.key) > _literals(payload, after))
    return [tuple(row) for row in connection.execute(statement)]


def _drop(
    connection: Connection, payload: Payload, condition: Condition, found: Sequence[Key]
) -> Dropped:
    """Drop those of ``found`` that still may go: others wrote since they were found."""
    among = sa.tuple_(*payload.key).in_(found)
    chosen = connection.execute(
        sa.select(*payload.key, _bytes(payload, connection)).where(among, condition)
    ).all()
    if chosen:
        these = sa.and_(*(column == sa.bindparam(f"its_{column.name}") for column in payload.key))
        statement: sa.Update | sa.Delete = (
            sa.delete(payload.table).where(these)
            if payload.values is None
            else sa.update(payload.table).where(these).values(dict(payload.values))
        )
        connection.execute(
            statement,
            [
                {
                    f"its_{column.name}": value
                    for column, value in zip(payload.key, row, strict=False)
                }
                for row in chosen
            ],
        )
    return Dropped(payload.name, payload.title, len(chosen), sum(int(row[-1]) for row in chosen))


def _literals(payload: Payload, key: Key) -> sa.Tuple:
    columns = zip(payload.key, key, strict=True)
    return sa.tuple_(*(sa.literal(value, column.type) for column, value in columns))


def _bytes(payload: Payload, connection: Connection) -> sa.ColumnElement[int]:
    lengths = [byte_length(column, connection.dialect.name) for column in payload.columns]
    total = lengths[0]
    for length in lengths[1:]:
        total = total + length
    return total
