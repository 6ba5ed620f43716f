"""What a database is and how much it holds, for people who look after it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.complaints import place_of
from xinqiao.database.dialect import release_of, size_of
from xinqiao.database.migration import revision_of
from xinqiao.database.retirement import is_retired
from xinqiao.database.tables import metadata


@dataclass(frozen=True, slots=True)
class Facts:
    """One look at a database.

    Attributes:
        place: Server and name, or file; never a user or a password.
        dialect: ``sqlite`` or ``postgresql``.
        release: Name and release of its program.
        revision: Revision of the schema.
        size_bytes: The room it takes.
        moved: Whether its content has moved to another, and it can only be read.
        tables: Table → number of rows.
    """

    place: str
    dialect: str
    release: str
    revision: str | None
    size_bytes: int
    moved: bool
    tables: dict[str, int]


def look(connection: Connection) -> Facts:
    """Count every table and ask the database about itself; change nothing."""
    counted = {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }
    return Facts(
        place=place_of(connection.engine.url),
        dialect=connection.dialect.name,
        release=release_of(connection),
        revision=revision_of(connection),
        size_bytes=size_of(connection),
        moved=is_retired(connection),
        tables=counted,
    )
