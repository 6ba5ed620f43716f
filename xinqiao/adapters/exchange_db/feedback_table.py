"""Receipts in a table of their own, in the same database or another (反馈表).

The other side may answer a row late, twice, or one way and then the other. The newest answer
counts; of two that contradict each other and were given at the same time, none does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    Outcome,
    Probe,
    RowResult,
    SentBatch,
    Surroundings,
)
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.exchange_db.cells import as_text
from xinqiao.adapters.exchange_db.complaints import BEFORE_COMMIT, complaint
from xinqiao.adapters.exchange_db.connection import ExchangeDatabase, NotReachedError
from xinqiao.adapters.exchange_db.dates import read_instant
from xinqiao.adapters.exchange_db.exchange import Exchange, answered, no_answer
from xinqiao.adapters.exchange_db.layout import FeedbackTable, Meaning
from xinqiao.adapters.exchange_db.presence import Presence, look, of_nothing
from xinqiao.adapters.exchange_db.probing import connection_check, failed
from xinqiao.adapters.exchange_db.statements import Seen, in_pieces, named, table_of
from xinqiao.adapters.exchange_db.status_column import DECIDED

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer about one line.

    Attributes:
        key: Texts by which it is matched: our row key, or the business key.
        meaning: What its result means.
        at: When it was given; long ago where the table does not say.
        seen: The row.
    """

    key: tuple[str, ...]
    meaning: Meaning
    at: datetime
    seen: Seen


class FeedbackReader:
    """Implements :class:`xinqiao.adapters.parts.ReceiptSource`; reads, and never writes."""

    def __init__(
        self,
        exchange: Exchange,
        feedback: FeedbackTable,
        surroundings: Surroundings,
    ) -> None:
        """Prepare; nothing is opened.

        Raises:
            SettingsError: As :class:`~xinqiao.adapters.exchange_db.connection.ExchangeDatabase`.
        """
        self._exchange = exchange
        self._feedback = feedback
        self._own_database = None
        if feedback.url is not None:
            self._own_database = ExchangeDatabase(
                feedback.url, feedback, surroundings, prefix="feedback"
            )
        self._matched = (
            [feedback.row_key] if feedback.row_key else [*feedback.business_key.values()]
        )
        told = {
            "result": feedback.result,
            "code": feedback.code,
            "text": feedback.text,
            "time": feedback.time,
        }
        names = {*self._matched, *(name for name in told.values() if name is not None)}
        columns: dict[str, sa.ColumnClause[Any]] = {
            name: sa.column(named(name), _type_of(feedback, name)) for name in sorted(names)
        }
        self._first = columns[self._matched[0]]
        self._asked = sa.select(
            *(columns[name].label(f"key_{place}") for place, name in enumerate(self._matched)),
            *(
                (sa.null() if name is None else columns[name]).label(part)
                for part, name in told.items()
            ),
        ).select_from(table_of(feedback.name, feedback.database_schema, list(columns.values())))

    @property
    def answers_in_doubt(self) -> bool:
        """Whether absence proves anything: only where the rows we put in stay."""
        return self._exchange.transport.rows_stay

    @property
    def _database(self) -> ExchangeDatabase:
        return self._own_database or self._exchange.database

    def poll(self, sent: SentBatch) -> BatchReport:
        """Read what the table holds about the rows of a batch."""
        there = look(self._exchange, sent)
        if isinstance(there, BatchReport):
            return there
        try:
            with self._database.transaction() as connection:
                answers = self._answers(connection, sent)
        except NotReachedError as error:
            return no_answer(error.complaint)
        except BEFORE_COMMIT as error:
            return no_answer(complaint(error, self._database.family))
        return self._report(sent, there, answers)

    def probe(self) -> Probe:
        """Read the table's columns for no row at all."""
        title = f"反馈表 {self._feedback.name}"
        database = self._database
        try:
            with database.transaction() as connection:
                connected = connection_check("反馈库连接", database, connection)
                connection.execute(self._asked.where(sa.text("1 = 0"))).all()
        except NotReachedError as error:
            return Probe(ok=False, checks=((title, False, error.complaint.message),))
        except BEFORE_COMMIT as error:
            return Probe(ok=False, checks=(failed(title, error, database.family),))
        checks = (connected,) if self._own_database is not None else ()
        return Probe(ok=True, checks=(*checks, (title, True, "各列都可读")))

    def close(self) -> None:
        """Give up connections, as far as they are not the delivery's."""
        if self._own_database is not None:
            self._own_database.close()

    def _answers(self, connection: Connection, sent: SentBatch) -> list[_Answer]:
        wanted = self._wanted(sent)
        found: list[Seen] = []
        firsts = sorted({key[0] for keys in wanted.values() for key in keys})
        for piece in in_pieces(firsts):
            keys = sa.bindparam("wanted", piece, expanding=True, type_=sa.Unicode())
            found += connection.execute(self._asked.where(self._first.in_(keys))).all()
        return [answer for row in found if (answer := self._answer(row, sent)) is not None]

    def _wanted(self, sent: SentBatch) -> dict[int, list[tuple[str, ...]]]:
        """Return row → keys by which answers about its lines are matched, the void one first."""
        if self._feedback.row_key is not None:
            keys = self._exchange.writer.keys(sent.batch)
            return {number: [(key,) for key in of_row] for number, of_row in keys.items()}
        codes = self._feedback.business_key
        return {
            row.number: [tuple(row.values.get(code, "").rstrip() for code in codes)]
            for row in sent.batch.rows
        }

    def _answer(self, row: Seen, sent: SentBatch) -> _Answer | None:
        told_at = read_instant(row.time, self._feedback.date_pattern)
        if self._feedback.row_key is None and (
            told_at is None or sent.begun_at is None or told_at <= sent.begun_at
        ):
            return None  # it may be about an earlier delivery of the same record
        meaning = self._feedback.meanings.get(as_text(row.result), self._feedback.otherwise)
        key = tuple("" if text is None else str(text).strip() for text in row[: len(self._matched)])
        return _Answer(key, meaning, told_at or _LONG_AGO, row)

    def _report(self, sent: SentBatch, there: Presence, answers: Sequence[_Answer]) -> BatchReport:
        results = []
        seen = [*there.rows, *(answer.seen for answer in answers)]
        for number, keys in self._wanted(sent).items():
            of_lines = [[one for one in answers if one.key == key] for key in keys]
            result = self._result(number, of_lines)
            results += [result] if result is not None else []
        if not seen:
            return of_nothing(self._exchange, sent, seen)
        decided = {one.row for one in results if one.outcome is not Outcome.RECEIVED}
        complete = decided >= there.expected
        progress = BatchProgress.COMPLETE if complete else BatchProgress.PENDING
        return BatchReport(progress, answered(seen), tuple(results))

    def _result(self, number: int, of_lines: list[list[_Answer]]) -> RowResult | None:
        """Return what the answers about the lines of one row come to; the last is the row."""
        row = _newest(of_lines[-1])
        if len(row) > 1:
            return _undecided(number, "contradictory")
        outcome = DECIDED.get(row[0].meaning) if row else None
        if not row or outcome is None:
            return None
        if len(of_lines) > 1 and outcome is Outcome.ACCEPTED:
            void = _newest(of_lines[0])
            if len(void) != 1 or void[0].meaning == "rejected":
                return _undecided(number, "void_refused") if void else None
            if void[0].meaning != "accepted":
                return None
        told = row[0].seen
        return RowResult(
            number,
            outcome,
            as_text(told.code) or as_text(told.result),
            as_text(told.text),
            at=None if row[0].at == _LONG_AGO else row[0].at,
        )


def _newest(answers: Sequence[_Answer]) -> list[_Answer]:
    """Return the newest answer; several when they contradict each other, one for each meaning."""
    latest = max((one.at for one in answers), default=_LONG_AGO)
    last = {one.meaning: one for one in answers if one.at == latest}
    decided = [one for one in last.values() if one.meaning in {"accepted", "rejected"}]
    return decided or list(last.values())[:1]


def _undecided(number: int, code: str) -> RowResult:
    return RowResult(number, Outcome.RECEIVED, code, words_for(code))


def _type_of(feedback: FeedbackTable, name: str) -> sa.types.TypeEngine[Any]:
    # what is read is taken as the driver gives it; only what is asked for is sent as text
    matched = name == feedback.row_key or name in feedback.business_key.values()
    return sa.Unicode() if matched else sa.types.NullType()
