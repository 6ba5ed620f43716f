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
from xinqiao.adapters.exchange_db.exchange import Exchange, answered, proves_nothing
from xinqiao.adapters.exchange_db.presence import look
from xinqiao.adapters.exchange_db.written_rows import rows_of


class RowConsumed:
    """Implements :class:`xinqiao.adapters.parts.ReceiptSource`.

    Only a row that is known to have been written can have been taken. One that is gone may have
    been taken, or deleted by hand: it is never called accepted.
    """

    answers_in_doubt = False
    """A row that is not there may have been taken already, or never have been put in."""

    def __init__(self, exchange: Exchange) -> None:
        """Keep the parts."""
        self._exchange = exchange

    def poll(self, sent: SentBatch) -> BatchReport:
        """Look which rows of a batch are gone, if it is sure that they were there."""
        found = look(self._exchange, sent)
        if isinstance(found, BatchReport):
            return found
        if not found.rows and not sent.serial:
            return proves_nothing("rows_gone", found.rows)
        taken = tuple(
            RowResult(number, Outcome.RECEIVED, "taken", words_for("taken"))
            for number in sorted(rows_of(sent) or ())
            if number not in found.by_row
        )
        return BatchReport(BatchProgress.PENDING, answered(found.rows), taken)

    def probe(self) -> Probe:
        """Return nothing: the delivery checks the same table."""
        return Probe(ok=True)

    def close(self) -> None:
        """Do nothing: the database is the delivery's."""
