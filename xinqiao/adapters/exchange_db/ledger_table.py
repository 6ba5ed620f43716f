"""Reading the platform's ledger from a table or view of the exchange database (台账表).

Pages go on from the last row of the page before, by a column that never changes: what is added or
goes away meanwhile moves no other record from one page to another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from xinqiao.adapters.base import LedgerEntry, LedgerPage, Outcome, Probe, Reply
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.exchange_db.cells import as_text
from xinqiao.adapters.exchange_db.complaints import complaint
from xinqiao.adapters.exchange_db.connection import ExchangeDatabase, NotReachedError
from xinqiao.adapters.exchange_db.dates import read_instant, written
from xinqiao.adapters.exchange_db.exchange import Exchange
from xinqiao.adapters.exchange_db.ledger_layout import LedgerTable
from xinqiao.adapters.exchange_db.statements import named, table_of
from xinqiao.clock import SHANGHAI

_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "text": sa.Unicode(),
    "integer": sa.BigInteger(),
    "date": sa.Date(),
    "datetime": sa.DateTime(),
    "instant": sa.DateTime(timezone=True),
}

_Asked = tuple[str, date, date]


class LedgerStatements:
    """The questions for one ledger table; its names are quoted as the profile writes them."""

    def __init__(
        self, table: LedgerTable, schema: str | None, business_key: tuple[str, ...]
    ) -> None:
        self.table = table
        self._order = sa.column(named(table.order), _TYPES[table.order_type])
        self._taken_in = sa.column(named(table.taken_in), _TYPES[table.taken_in_type])
        self._columns = {
            f"f{place}": (code, sa.column(named(name), sa.Unicode()))
            for place, (code, name) in enumerate(table.fields.items())
        }
        self._key = business_key[0]
        self._table = table_of(table.name, table.database_schema or schema, [])
        reference = sa.null() if table.reference is None else sa.column(named(table.reference))
        self._asked = sa.select(
            self._order.label("row_order"),
            self._taken_in.label("taken_in"),
            reference.label("reference"),
            *(column.label(label) for label, (_, column) in self._columns.items()),
        ).select_from(self._table)

    def page(self, connection: Connection, start: date, end: date, after: object) -> list[Any]:
        """Return the rows of one page, those after a place in the order; one more than fits."""
        asked = self._asked.where(
            self._taken_in >= self._bound(start), self._taken_in < self._bound(end, days=1)
        )
        if after is not None:
            asked = asked.where(self._order > after)
        ordered = asked.order_by(self._order).limit(self.table.page_rows + 1)
        return list(connection.execute(ordered))

    def entry(self, row: Any) -> LedgerEntry:
        """Return what a row tells."""
        values = {code: as_text(getattr(row, label)) for label, (code, _) in self._columns.items()}
        at = read_instant(row.taken_in, self.table.date_pattern)
        return LedgerEntry(values[self._key], values, as_text(row.reference), at)

    def try_reading(self, connection: Connection) -> None:
        """Read no row at all: an error tells that a column is not there or not permitted."""
        connection.execute(self._asked.where(sa.text("1 = 0"))).all()

    def _bound(self, day: date, days: int = 0) -> Any:
        moment = datetime.combine(day, time.min) + timedelta(days=days)
        if self.table.taken_in_type == "instant":
            return moment.replace(tzinfo=SHANGHAI)
        if self.table.taken_in_type == "text":
            return written(moment, self.table.date_pattern or "")
        return moment.date() if self.table.taken_in_type == "date" else moment


@dataclass(slots=True)
class _Reading:
    """How far one reading of a ledger has come: page → the place after which it begins."""

    begins: dict[int, object] = field(default_factory=lambda: {1: None})


class LedgerTables:
    """Implements :class:`xinqiao.adapters.parts.LedgerBook`; reads, and never writes.

    Args:
        exchange: The exchange database.
        tables: Record kind → its ledger.
    """

    def __init__(self, exchange: Exchange, tables: Mapping[str, LedgerTable]) -> None:
        self._database: ExchangeDatabase = exchange.database
        transport = exchange.transport
        self._statements = {
            kind: LedgerStatements(
                table, transport.database_schema, transport.tables[kind].business_key
            )
            for kind, table in tables.items()
        }
        self._readings: dict[_Asked, _Reading] = {}
        self._lock = Lock()

    def ledger(self, kind: str, start: date, end: date, page: int) -> LedgerPage:
        """As :meth:`xinqiao.adapters.base.Connector.ledger`; pages are read in order."""
        statements = self._statements.get(kind)
        if statements is None:
            return _nothing("no_ledger_table")
        known, after = self._begin((kind, start, end), page)
        if not known:
            return _nothing("page_skipped")
        try:
            with self._database.transaction() as connection:
                rows = statements.page(connection, start, end, after)
        except NotReachedError as error:
            return LedgerPage(
                Reply(Outcome.RETRYABLE, error.complaint.code, error.complaint.message)
            )
        except (SQLAlchemyError, OSError) as error:
            told = complaint(error, self._database.family)
            outcome = Outcome.AUTH if told.outcome is Outcome.AUTH else Outcome.RETRYABLE
            return LedgerPage(Reply(outcome, told.code, told.message))
        most = statements.table.page_rows
        more = len(rows) > most
        if more:
            self._go_on((kind, start, end), page + 1, rows[most - 1].row_order)
        return LedgerPage(
            Reply(Outcome.RECEIVED, "answered"),
            tuple(statements.entry(row) for row in rows[:most]),
            page + 1 if more else None,
            complete=True,
        )

    def probe(self) -> Probe:
        """Try whether every ledger can be read."""
        checks = [self._check(one) for one in self._statements.values()]
        return Probe(ok=all(passed for _, passed, _ in checks), checks=tuple(checks))

    def close(self) -> None:
        """Do nothing: the database is the delivery's."""

    def _check(self, statements: LedgerStatements) -> tuple[str, bool, str]:
        title = f"台账表 {statements.table.name}"
        try:
            with self._database.transaction() as connection:
                statements.try_reading(connection)
        except NotReachedError as error:
            return title, False, error.complaint.message
        except SQLAlchemyError as error:
            return title, False, complaint(error, self._database.family).message
        return title, True, "各列都可读"

    def _begin(self, asked: _Asked, page: int) -> tuple[bool, object]:
        with self._lock:
            if page == 1:
                self._readings[asked] = _Reading()
            begins = self._readings.get(asked, _Reading()).begins
            return page in begins, begins.get(page)

    def _go_on(self, asked: _Asked, page: int, after: object) -> None:
        with self._lock:
            reading = self._readings.setdefault(asked, _Reading())
            # the page before may be asked for again; no earlier one is
            reading.begins = {
                number: place for number, place in reading.begins.items() if number >= page - 1
            } | {page: after}


def _nothing(code: str) -> LedgerPage:
    return LedgerPage(Reply(Outcome.IN_DOUBT, code, words_for(code)))
