"""Asking a platform about rows of a batch: permitted, counted and recorded like any call (查证)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from sqlalchemy.engine import Connection

from xinqiao.adapters.base import BatchReport, KeyReport, Reply, SealedRow, SentBatch
from xinqiao.queue import batches, claims
from xinqiao.queue.batches import LostClaimError
from xinqiao.queue.calls import (
    Admission,
    admission,
    begin_call,
    call_under_way,
    finish_call,
)
from xinqiao.queue.platforms import Platform
from xinqiao.queue.resting import note_reply
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.worker import Worker


class _Answer(Protocol):
    @property
    def reply(self) -> Reply: ...


Answer = TypeVar("Answer", bound=_Answer)


class NotNowError(Exception):
    """The platform may not be called now.

    Attributes:
        admission: Why, and when it may be.
    """

    def __init__(self, refused: Admission) -> None:
        super().__init__(refused.why)
        self.admission = refused


@dataclass(frozen=True, slots=True)
class Asked(Generic[Answer]):
    """An answer, and the instant by the database's clock before which it was not given."""

    answer: Answer
    at: datetime


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Questions about one batch, one after the other.

    Attributes:
        worker: Who asks.
        platform: Whom.
        batch_id: Of the stored batch.
        sent: The batch, and what is known of its delivery.
        held: Submissions under this worker's lease, which every question renews; those of which it
            has a claim to nobody else's work.
        own: Calls under way in whose place the questions are asked.
    """

    worker: Worker
    platform: Platform
    batch_id: int
    sent: SentBatch
    held: Sequence[Ticket]
    own: int = 0

    def receipts(self) -> Asked[BatchReport]:
        """Ask for the batch by its number.

        Raises:
            NotNowError: The platform may not be called now.
            LostClaimError: The submissions belong to somebody else by now.
        """
        return self._ask(lambda: self.platform.connector.poll(self.sent))

    def record(self, row: SealedRow) -> Asked[KeyReport]:
        """Ask what the platform holds of the record in ``row``.

        Several subjects may stand under the number that the platform is asked by (共同违法): what
        is about another subject is left out.

        Raises:
            NotNowError: The platform may not be called now.
            LostClaimError: The submissions belong to somebody else by now.
        """
        batch = self.sent.batch
        asked = self._ask(lambda: self.platform.connector.query(batch.kind, row.key))
        if asked.answer.entries is None:
            return asked
        compiled = self.worker.formats.of(batch.platform, batch.kind)
        ours = tuple(
            entry
            for entry in asked.answer.entries
            if compiled.names_same_record(row.values, entry.values)
        )
        return replace(asked, answer=replace(asked.answer, entries=ours))

    def _ask(self, question: Callable[[], Answer]) -> Asked[Answer]:
        worker = self.worker
        if worker.stopping.is_set():
            raise NotNowError(Admission(allowed=False, why="stopping"))
        lease_end = worker.lease_end()
        with worker.database.writing() as connection:
            cause = worker.cause(connection)
            allowed = admission(connection, self.platform, cause.at, own=self.own)
            if not allowed.allowed:
                raise NotNowError(allowed)
            if self.held and not claims.renew(connection, self.held, worker.lease, cause.at):
                raise LostClaimError
            call = begin_call(connection, self.platform, worker.lease, cause.at)
            attempt = batches.begin_attempt(connection, self.batch_id, "query", worker.lease, cause)
        with call_under_way(worker, call):
            answer = question()

        def store(connection: Connection) -> None:
            ended = worker.cause(connection)
            finish_call(connection, call, ended.at)
            batches.finish_attempt(connection, attempt, answer.reply, worker.keys, ended.at)
            note_reply(connection, self.platform.id, answer.reply, worker.backoff, ended)

        worker.store(lease_end, store)
        return Asked(answer, cause.at)
