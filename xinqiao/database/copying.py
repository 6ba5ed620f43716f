"""Copying every row of a hub's tables into another database, and telling whether both are equal.

Rows are read and written as they are stored, in the order of their keys and a few at a time, so
that memory stays bounded however long the history is. The order is the same in every database, and
so is the digest of equal rows.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, IntegrityError

from xinqiao.database.dialect import continue_numbers, in_byte_order
from xinqiao.database.tables import audit_head, metadata
from xinqiao.database.types import JsonText
from xinqiao.errors import DamageError

Progress = Callable[[str, int], None]
"""Called now and then with a table's name and how many of its rows are done."""

_ROWS = 1000
_HEAVY_ROWS = 50
"""How many rows are held at once; rows with sealed batches or raw replies may be megabytes each."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a table holds.

    Attributes:
        rows: How many rows.
        sha256: Over all values of all rows in the order of their keys; 64 hex digits.
    """

    rows: int
    sha256: str


def copy_tables(
    source: Connection, target: Connection, progress: Progress
) -> dict[str, Fingerprint]:
    """Copy every row into the empty tables of ``target``, and let its numbers go on from there.

    Args:
        source: A transaction during which nobody changes the rows.
        target: A write transaction on a database with the present schema.
        progress: See :data:`Progress`.

    Returns:
        Table → what was read of it, in the order of dependency.

    Raises:
        DamageError: A row is not one that the target can hold.
    """
    target.execute(sa.delete(audit_head))  # a new schema comes with the head of an empty chain
    copied = {}
    for table in metadata.sorted_tables:
        statement = sa.insert(_as_stored(table))

        def write(rows: Sequence[sa.Row[Any]], into: sa.Insert = statement) -> None:
            target.execute(into, [row._asdict() for row in rows])

        with _named(table):
            copied[table.name] = _walk(source, table, progress, write)
            if table.autoincrement_column is not None:
                continue_numbers(target, table.autoincrement_column)
    return copied


def fingerprints(connection: Connection, progress: Progress) -> dict[str, Fingerprint]:
    """Read every table through; return table → what it holds, as :func:`copy_tables` does.

    Raises:
        DamageError: A value is not of its column's type.
    """
    read = {}
    for table in metadata.sorted_tables:
        with _named(table):
            read[table.name] = _walk(connection, table, progress, lambda _rows: None)
    return read


def _walk(
    connection: Connection,
    table: sa.Table,
    progress: Progress,
    use: Callable[[Sequence[sa.Row[Any]]], None],
) -> Fingerprint:
    digest, count = hashlib.sha256(), 0
    for rows in _read(connection, table):
        use(rows)
        for row in rows:
            digest.update(_canonical(row))
        count += len(rows)
        progress(table.name, count)
    return Fingerprint(count, digest.hexdigest())


def _read(connection: Connection, table: sa.Table) -> Iterator[Sequence[sa.Row[Any]]]:
    stored = _as_stored(table)
    order = [in_byte_order(connection, stored.c[key.name]) for key in table.primary_key]
    heavy = any(isinstance(column.type, sa.LargeBinary) for column in table.columns)
    statement = sa.select(stored).order_by(*order)
    streaming = {"yield_per": _HEAVY_ROWS if heavy else _ROWS}
    with connection.execute(statement, execution_options=streaming) as result:
        yield from result.partitions()


def _as_stored(table: sa.Table) -> sa.TableClause:
    """Return ``table`` with JSON as the text that it is, so that it is copied to the letter."""
    return sa.table(
        table.name,
        *(
            sa.column(one.name, sa.Text() if isinstance(one.type, JsonText) else one.type)
            for one in table.columns
        ),
    )


def _canonical(row: sa.Row[Any]) -> bytes:
    """Return the same bytes for the same values, and others for any other."""
    pieces = [_typed(value) for value in row]
    return b"".join(len(piece).to_bytes(8, "big") + piece for piece in (b"row", *pieces))


def _typed(value: Any) -> bytes:
    match value:
        case None:
            return b"-"
        case str():
            return b"s" + value.encode()
        case bool():
            return b"b1" if value else b"b0"
        case bytes():
            return b"y" + value
        case datetime() | date():
            return b"t" + value.isoformat().encode()
        case _:
            return b"n" + repr(value).encode()


@contextmanager
def _named(table: sa.Table) -> Iterator[None]:
    """Say in which table a row stands that the other database does not take."""
    try:
        yield
    except (DataError, IntegrityError, ValueError) as error:
        # the driver's own words may quote what stands in the row
        kind = getattr(getattr(error, "orig", None), "sqlstate", None) or type(error).__name__
        raise DamageError(
            f"表 {table.name} 里有目标库存不下或不合规定的内容（{kind}），没有复制，"
            "两边都没有改动：请备份本库，并把这一行告诉开发者",
            code="copy_unfit",
        ) from error
