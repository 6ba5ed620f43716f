"""The few statements that are ever sent to an exchange database, made once for each table.

Questions by lists of keys, insertions, and changes that hold only while a row is as it was seen.
Names are quoted exactly as the profile writes them; nothing is looked up (no reflection).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.exchange_db.layout import THEIRS, Column, Role, TableMap

_KEYS_AT_ONCE = 200
"""Keys in one question; several databases take no more than a thousand values."""

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "text": sa.Unicode(),
    "integer": sa.BigInteger(),
    "decimal": sa.Numeric(),
    "date": sa.Date(),
    "datetime": sa.DateTime(),
}

_NO_ROW = sa.text("1 = 0")

Seen = sa.Row[Any]
"""A row as it was found."""


def named(name: str) -> sa.quoted_name:
    """Return ``name`` for a statement: quoted, and in upper and lower case as it is written."""
    return sa.quoted_name(name, quote=True)


def table_of(name: str, schema: str | None, columns: Sequence[sa.ColumnClause[Any]]) -> Any:
    """Return a table that is only known by what a profile says of it."""
    return sa.table(named(name), *columns, schema=None if schema is None else named(schema))


def in_pieces(keys: Sequence[str]) -> Iterator[list[str]]:
    """Give ``keys`` in lists that every database takes in one question."""
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        yield list(keys[start : start + _KEYS_AT_ONCE])


class Statements:
    """Statements for one table.

    Attributes:
        table: What the profile says of it.
        schema: Schema that it is in, if the profile names one.
        written: Columns that we write, in order.
    """

    def __init__(self, table: TableMap, schema: str | None) -> None:
        self.table = table
        self.schema = schema
        self.written = tuple(column for column in table.columns if column.role not in THEIRS)
        self._columns = {
            column.name: sa.column(named(column.name), _type_of(column)) for column in table.columns
        }
        self._table = table_of(table.name, schema, list(self._columns.values()))
        # parameters have names of our own: those of columns may hold anything
        self._parameters = {column.name: f"c{place}" for place, column in enumerate(table.columns)}
        self._insert = sa.insert(self._table).values(
            {
                self._columns[column.name]: sa.bindparam(
                    self._parameters[column.name], type_=_type_of(column)
                )
                for column in self.written
            }
        )
        self._key = self._of(Role.ROW_KEY)
        self._business = self._columns[
            next(one.name for one in table.columns if one.field == table.business_key[0])
        ]

    def insert(self, connection: Connection, lines: Sequence[dict[str, Any]]) -> None:
        """Put in lines, each column → content."""
        bound = [
            {self._parameters[name]: content for name, content in line.items()} for line in lines
        ]
        connection.execute(self._insert, bound)

    def overwrite(self, connection: Connection, seen: Seen, line: dict[str, Any]) -> bool:
        """Write a line over the one that was seen; tell whether it still stood there unchanged.

        What the other side said of the former line is taken away with it: it would be read as an
        answer to the new one.
        """
        values: dict[Any, Any] = {self._columns[name]: told for name, told in line.items()}
        theirs = (column for column in self.table.columns if column.role in THEIRS)
        values |= {self._columns[column.name]: None for column in theirs}
        done = connection.execute(sa.update(self._table).where(*self._as(seen)).values(values))
        return bool(done.rowcount == 1)

    def delete(self, connection: Connection, seen: Seen) -> bool:
        """Delete the line that was seen; tell whether it still stood there unchanged."""
        done = connection.execute(sa.delete(self._table).where(*self._as(seen)))
        return bool(done.rowcount == 1)

    def states(self, connection: Connection, keys: Sequence[str]) -> list[Seen]:
        """Return row key, status, error code, error text and time taken, for keys that are there.

        Columns that the table does not have are NULL.
        """
        roles = (Role.STATUS, Role.ERROR_CODE, Role.ERROR_TEXT, Role.TAKEN_AT)
        asked = sa.select(
            self._key.label("row_key"), *(self._or_null(role).label(role.value) for role in roles)
        )
        return self._by_keys(connection, asked, self._key, keys)

    def of_records(self, connection: Connection, records: Sequence[tuple[str, ...]]) -> list[Seen]:
        """Return row key, status, version and business key, for lines of any of ``records``."""
        business = [
            self._columns[next(one.name for one in self.table.columns if one.field == code)]
            for code in self.table.business_key
        ]
        asked = sa.select(
            self._key.label("row_key"),
            self._or_null(Role.STATUS).label("status"),
            self._or_null(Role.VERSION).label("version"),
            *(column.label(f"business_{place}") for place, column in enumerate(business)),
        )
        firsts = sorted({record[0] for record in records})
        found = self._by_keys(connection, asked, self._business, firsts)
        wanted = set(records)
        return [row for row in found if _business_key(row, len(business)) in wanted]

    def contents(self, connection: Connection, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return row key → column → what stands in it, for the columns that we write."""
        names = [column.name for column in self.written]
        asked = sa.select(
            self._key.label("row_key"),
            *(self._columns[name].label(self._parameters[name]) for name in names),
        )
        return {
            str(row.row_key).strip(): {name: getattr(row, self._parameters[name]) for name in names}
            for row in self._by_keys(connection, asked, self._key, keys)
        }

    def try_reading(self, connection: Connection, column: Column) -> None:
        """Read a column of no row at all: an error tells that it is not there or not permitted."""
        connection.execute(sa.select(self._columns[column.name]).where(_NO_ROW)).all()

    def try_storing(self, connection: Connection, column: Column) -> None:
        """Put no row in with a value of a column's type: an error tells that it does not fit."""
        typed = sa.bindparam("tried", None, type_=_type_of(column))
        none = sa.select(typed).where(_NO_ROW)
        names = [self._columns[column.name]]
        connection.execute(sa.insert(self._table).from_select(names, none))

    def try_writing(self, connection: Connection) -> None:
        """Put in no row at all: an error tells that it is not permitted."""
        columns = [self._columns[column.name] for column in self.written]
        none = sa.select(*columns).where(_NO_ROW)
        connection.execute(sa.insert(self._table).from_select(columns, none))

    def _of(self, role: Role) -> sa.ColumnClause[Any]:
        column = self.table.column_of(role)
        if column is None:
            raise LookupError(role)
        return self._columns[column.name]

    def _or_null(self, role: Role) -> sa.ColumnElement[Any]:
        column = self.table.column_of(role)
        return sa.null() if column is None else self._columns[column.name]

    def _as(self, seen: Seen) -> list[sa.ColumnElement[bool]]:
        same = [self._key == seen.row_key]
        if self.table.column_of(Role.STATUS) is not None:
            status = self._of(Role.STATUS)
            same.append(status.is_(None) if seen.status is None else status == seen.status)
        return same

    def _by_keys(
        self,
        connection: Connection,
        asked: sa.Select[Any],
        column: sa.ColumnClause[Any],
        keys: Sequence[str],
    ) -> list[Seen]:
        found: list[Seen] = []
        for piece in in_pieces(keys):
            wanted = sa.bindparam("wanted", piece, expanding=True, type_=sa.Unicode())
            found += connection.execute(asked.where(column.in_(wanted))).all()
        return found


def _type_of(column: Column) -> sa.types.TypeEngine[Any]:
    # the other side may keep a status as a number: what is read is taken as it comes
    return _TYPES[column.type]


def _business_key(row: Seen, parts: int) -> tuple[str, ...]:
    return tuple(
        "" if row[3 + place] is None else str(row[3 + place]).rstrip() for place in range(parts)
    )


def business_key_of(row: Seen) -> tuple[str, ...]:
    """Return the business key of a row that :meth:`Statements.of_records` found."""
    return _business_key(row, len(row) - 3)
