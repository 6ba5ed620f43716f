"""What delivery and receipts share: the database, its tables, the lines of a batch (前置库)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome, Reply, Surroundings
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.exchange_db.cells import as_text
from xinqiao.adapters.exchange_db.complaints import Complaint
from xinqiao.adapters.exchange_db.connection import ExchangeDatabase
from xinqiao.adapters.exchange_db.layout import ExchangeDbTransport, Meaning
from xinqiao.adapters.exchange_db.lines import Writer
from xinqiao.adapters.exchange_db.statements import Seen, Statements


class Exchange:
    """An exchange database as a profile describes it.

    Attributes:
        transport: That part of the profile.
        database: The database.
        writer: Makes the lines of a batch.
        visible_after: Seconds after a delivery before "absent" is believed.
        clock: Tells the time.
    """

    def __init__(
        self,
        transport: ExchangeDbTransport,
        words: Mapping[Any, str],
        visible_after: float,
        surroundings: Surroundings,
    ) -> None:
        """Prepare; nothing is opened.

        Raises:
            SettingsError: As :class:`~xinqiao.adapters.exchange_db.connection.ExchangeDatabase`.
        """
        self.transport = transport
        self.visible_after = visible_after
        self.database = ExchangeDatabase(transport.url, transport, surroundings)
        self.writer = Writer(transport, words, surroundings.settings.get("organisation_code", ""))
        self.clock = surroundings.clock
        self._statements = {
            kind: Statements(table, transport.database_schema)
            for kind, table in transport.tables.items()
        }

    @property
    def statements(self) -> Mapping[str, Statements]:
        """Record kind → statements for its table."""
        return self._statements

    def meaning(self, status: object) -> Meaning:
        """Return what a text of the status column means; ``pending`` where there is no column."""
        told = self.transport.status
        if told is None:
            return "pending"
        return told.meanings.get(as_text(status), told.otherwise)


def told(complaint: Complaint) -> Reply:
    """Return the reply to a call that a complaint ended before anything was committed."""
    return Reply(complaint.outcome, complaint.code, complaint.message)


def no_answer(complaint: Complaint) -> BatchReport:
    """Return the report of a question that a complaint ended: whatever it is, nothing was told."""
    silent = Outcome.AUTH if complaint.outcome is Outcome.AUTH else Outcome.RETRYABLE
    reply = Reply(silent, complaint.code, complaint.message)
    return BatchReport(BatchProgress.NO_ANSWER, reply)


def proves_nothing(code: str, rows: Sequence[Seen]) -> BatchReport:
    """Return the report of a question whose answer tells nothing of the batch."""
    reply = Reply(Outcome.IN_DOUBT, code, words_for(code), raw=evidence(rows))
    return BatchReport(BatchProgress.NO_ANSWER, reply)


def answered(rows: Sequence[Seen]) -> Reply:
    """Return the reply of a question that was answered by ``rows``."""
    return Reply(Outcome.RECEIVED, "answered", raw=evidence(rows))


def evidence(rows: Sequence[Seen]) -> bytes:
    """Return rows as they came, as JSON."""
    plain = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented name
    return json.dumps(plain, ensure_ascii=False, default=str).encode("utf-8", "replace")
