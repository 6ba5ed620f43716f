"""Receipts by absence: the row disappears, so somebody took it, and nobody confirmed it (取走)."""

from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    Outcome,
    Probe,
    RowResult,
    SentBatch,
)
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.exchange_db.complaints import BEFORE_COMMIT, complaint
from xinqiao.adapters.exchange_db.connection import NotReachedError
from xinqiao.adapters.exchange_db.exchange import Exchange, answered, no_answer, proves_nothing
from xinqiao.adapters.exchange_db.presence import of_deletion, presence


class RowConsumed:
    """Implements :class:`xinqiao.adapters.parts.ReceiptSource`.

    A row that is gone may have been taken, or deleted by hand: it is never called accepted.
    """

    answers_in_doubt = False
    """A row that is not there may have been taken already, or never have been put in."""

    def __init__(self, exchange: Exchange) -> None:
        """Keep the parts."""
        self._exchange = exchange

    def poll(self, sent: SentBatch) -> BatchReport:
        """Look which rows of a batch are gone, if it is sure that they were there."""
        exchange = self._exchange
        try:
            with exchange.database.transaction() as connection:
                if exchange.writer.deletes(sent.batch):
                    return of_deletion(exchange, connection, sent)
                found = presence(exchange, connection, sent.batch)
        except NotReachedError as error:
            return no_answer(error.complaint)
        except BEFORE_COMMIT as error:
            return no_answer(complaint(error, exchange.database.family))
        if not found.rows and not sent.serial:
            return proves_nothing("rows_gone", found.rows)
        never_there = exchange.writer.lines(sent.batch).refused
        taken = tuple(
            RowResult(number, Outcome.RECEIVED, "taken", words_for("taken"))
            for number in found.keys
            if number not in found.by_row and number not in never_there
        )
        return BatchReport(BatchProgress.PENDING, answered(found.rows), taken)

    def probe(self) -> Probe:
        """Return nothing: the delivery checks the same table."""
        return Probe(ok=True)

    def close(self) -> None:
        """Do nothing: the database is the delivery's."""
