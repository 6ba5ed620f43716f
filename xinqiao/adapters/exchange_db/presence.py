"""Whether the rows of a batch stand in the table, and what it means when not (在库情况)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.engine import Connection

from xinqiao.adapters.base import BatchProgress, BatchReport, SentBatch
from xinqiao.adapters.exchange_db.complaints import BEFORE_COMMIT, complaint
from xinqiao.adapters.exchange_db.connection import NotReachedError
from xinqiao.adapters.exchange_db.exchange import Exchange, answered, no_answer, proves_nothing
from xinqiao.adapters.exchange_db.statements import Seen, business_key_of
from xinqiao.adapters.exchange_db.written_rows import rows_of


@dataclass(frozen=True, slots=True)
class Presence:
    """What stands in the table of the lines of a batch.

    Attributes:
        rows: What was read, as it came.
        by_row: Row of the batch → its lines that are there, by row key.
        keys: Row of the batch → row keys of its lines, the void one first.
        expected: Rows that were written; where no answer told it, those that may have been.
    """

    rows: Sequence[Seen]
    by_row: Mapping[int, Mapping[str, Seen]]
    keys: Mapping[int, tuple[str, ...]]
    expected: frozenset[int]


def look(exchange: Exchange, sent: SentBatch) -> Presence | BatchReport:
    """Return what stands there of a batch, or the report where nothing more can be told of it.

    That is where the database cannot be asked, and where the delivery was to delete rows.
    """
    try:
        with exchange.database.transaction() as connection:
            if exchange.writer.deletes(sent.batch):
                return of_deletion(exchange, connection, sent)
            return presence(exchange, connection, sent)
    except NotReachedError as error:
        return no_answer(error.complaint)
    except BEFORE_COMMIT as error:
        return no_answer(complaint(error, exchange.database.family))


def presence(exchange: Exchange, connection: Connection, sent: SentBatch) -> Presence:
    """Look for the lines of a batch."""
    batch = sent.batch
    keys = exchange.writer.keys(batch)
    statements = exchange.statements[batch.kind]
    rows = statements.states(connection, [key for row in keys.values() for key in row])
    there = {str(row.row_key).strip(): row for row in rows}
    by_row = {
        number: {key: there[key] for key in of_row if key in there}
        for number, of_row in keys.items()
    }
    written = rows_of(sent)
    if written is None:
        written = frozenset(keys.keys() - exchange.writer.lines(batch).refused.keys())
    return Presence(rows, {row: lines for row, lines in by_row.items() if lines}, keys, written)


def of_nothing(exchange: Exchange, sent: SentBatch, rows: Sequence[Seen]) -> BatchReport:
    """Return what it means that no line of a batch is there.

    That it was never put in is believed only where rows stay, and only when there was time for a
    commit under way to be done.
    """
    if sent.serial:
        # the commit was answered: the rows were there, and have been taken away since
        return BatchReport(BatchProgress.PENDING, answered(rows))
    if not exchange.transport.rows_stay:
        return proves_nothing("rows_gone", rows)
    return _not_done(exchange, sent, rows)


def _not_done(exchange: Exchange, sent: SentBatch, rows: Sequence[Seen]) -> BatchReport:
    """Return that a delivery was not done, if a commit under way would be done by now."""
    seen_by = sent.sent_at and sent.sent_at + timedelta(seconds=exchange.visible_after)
    if seen_by is not None and exchange.clock.now() < seen_by:
        return proves_nothing("not_visible_yet", rows)
    return BatchReport(BatchProgress.UNKNOWN_BATCH, answered(rows))


def of_deletion(exchange: Exchange, connection: Connection, sent: SentBatch) -> BatchReport:
    """Return what can be told of a delivery that was to delete rows, and whose fate is unknown."""
    lines = exchange.writer.lines(sent.batch).lines
    statements = exchange.statements[sent.batch.kind]
    found = statements.of_records(connection, [line.business_key for line in lines])
    there = {business_key_of(row) for row in found}
    if all(line.business_key in there for line in lines):
        # one transaction deletes all of them or none
        return _not_done(exchange, sent, found)
    return proves_nothing("row_gone", found)
