"""Reading submissions: the part of a row that delivery and settlement work with."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import submission
from xinqiao.queue.states import State


@dataclass(frozen=True, slots=True)
class Ticket:
    """One submission as it was read. ``fence`` guards every change made on its strength."""

    id: int
    holding_id: int
    record_id: str
    version: int
    platform: str
    kind: str
    operation: str
    state: State
    fence: int
    attempts: int
    deaths: int
    questions: int
    batch_id: int | None
    row_number: int | None
    batch_limit: int | None
    request_started_at: datetime | None
    lease_until: datetime | None
    platform_key: str | None


_COLUMNS = [submission.c[name] for name in Ticket.__dataclass_fields__]


def select_tickets() -> sa.Select[tuple[object, ...]]:
    """Return a SELECT of the columns of a :class:`Ticket`."""
    return sa.select(*_COLUMNS)


def read_tickets(connection: Connection, statement: sa.Select[tuple[object, ...]]) -> list[Ticket]:
    """Run a statement made from :func:`select_tickets`."""
    return [
        Ticket(**{**row._mapping, "state": State(row.state)})  # noqa: SLF001 - the public name of a row's mapping
        for row in connection.execute(statement)
    ]


def tickets_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, Ticket]:
    """Return the submissions of ``ids`` that exist."""
    found: dict[int, Ticket] = {}
    for chunk in in_chunks(list(ids)):
        statement = select_tickets().where(submission.c.id.in_(chunk))
        found.update({ticket.id: ticket for ticket in read_tickets(connection, statement)})
    return found
