"""Receipts in columns of the very row that was put in (状态列)."""

from collections.abc import Mapping

from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    Outcome,
    Probe,
    RowResult,
    SentBatch,
)
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.exchange_db.cells import as_text
from xinqiao.adapters.exchange_db.dates import read_instant
from xinqiao.adapters.exchange_db.exchange import Exchange, answered
from xinqiao.adapters.exchange_db.layout import Meaning, Role
from xinqiao.adapters.exchange_db.presence import look, of_nothing
from xinqiao.adapters.exchange_db.statements import Seen

DECIDED: Mapping[Meaning, Outcome] = {
    "received": Outcome.RECEIVED,
    "accepted": Outcome.ACCEPTED,
    "rejected": Outcome.REJECTED,
}
"""Meaning of a text → outcome of the row; ``pending`` is none."""


class StatusColumn:
    """Implements :class:`xinqiao.adapters.parts.ReceiptSource`; reads, and never writes."""

    def __init__(self, exchange: Exchange) -> None:
        """Keep the parts."""
        self._exchange = exchange

    @property
    def answers_in_doubt(self) -> bool:
        """Whether absence proves anything: only where rows stay."""
        return self._exchange.transport.rows_stay

    def poll(self, sent: SentBatch) -> BatchReport:
        """Read the columns of the rows of a batch, by our own row keys."""
        found = look(self._exchange, sent)
        if isinstance(found, BatchReport):
            return found
        if not found.rows:
            return of_nothing(self._exchange, sent, found.rows)
        results = []
        for number, lines in found.by_row.items():
            keys = found.keys[number]
            if keys[-1] in lines:
                result = self._result(sent.batch.kind, number, [lines.get(key) for key in keys])
                results += [result] if result is not None else []
        decided = {one.row for one in results if one.outcome is not Outcome.RECEIVED}
        complete = decided >= found.expected
        progress = BatchProgress.COMPLETE if complete else BatchProgress.PENDING
        return BatchReport(progress, answered(found.rows), tuple(results))

    def probe(self) -> Probe:
        """Return nothing: the delivery checks the same table."""
        return Probe(ok=True)

    def close(self) -> None:
        """Do nothing: the database is the delivery's."""

    def _result(self, kind: str, number: int, lines: list[Seen | None]) -> RowResult | None:
        """Return what the lines of one row say; the last is the row itself."""
        row = lines[-1]
        outcome = None if row is None else DECIDED.get(self._exchange.meaning(row.status))
        if row is None or outcome is None:
            return None
        void = lines[0] if len(lines) > 1 else None
        if void is not None and outcome is Outcome.ACCEPTED:
            of_void = self._exchange.meaning(void.status)
            if of_void == "rejected":
                words = f"{words_for('void_refused')}：{as_text(void.error_text)}"
                return RowResult(number, Outcome.RECEIVED, "void_refused", words)
            if of_void != "accepted":
                return None
        taken = self._exchange.transport.tables[kind].column_of(Role.TAKEN_AT)
        return RowResult(
            number,
            outcome,
            as_text(row.error_code) or as_text(row.status),
            as_text(row.error_text),
            at=None if taken is None else read_instant(row.taken_at, taken.date_pattern),
        )
