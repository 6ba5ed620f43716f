"""Connectors that break one promise each, run through the suite by ``test_suite.py``.

Not collected with the other tests: most of what stands here must fail.
"""

# ruff: noqa: ARG002 - the arguments are the contract's

import itertools
import math
import sys
import time
from dataclasses import replace
from datetime import date

import pytest
import structlog

from tests.testing.memory import SECRET, GoodConnector, MemoryStand, SilentError
from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    KeyReport,
    LedgerPage,
    Outcome,
    Probe,
    Reply,
    RowResult,
    SealedBatch,
    SentBatch,
)
from xinqiao.testing import ConnectorConformance, Stand

_counter = itertools.count()


class AcceptsWithoutEffect(GoodConnector):
    def _submitted(self, batch: SealedBatch) -> Reply:
        return Reply(Outcome.RECEIVED, "ok", raw=b"{}")


class DoublesOnResend(GoodConnector):
    def render(self, batch: SealedBatch) -> bytes:
        return replace(batch, number=f"{batch.number}-{next(_counter)}").to_bytes()

    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        memory = self._memory
        if memory is not None:
            memory.held.clear()
        return super().submit(batch, send_before)


class TriesAgainWhatMayHaveArrived(GoodConnector):
    def _submitted(self, batch: SealedBatch) -> Reply:
        reply = super()._submitted(batch)
        if reply.outcome is Outcome.IN_DOUBT:
            if self._memory is not None:
                self._memory.held.clear()
            again = replace(batch, number=f"{batch.number}-again")
            return super()._submitted(again)
        return reply


class IgnoresItsTime(GoodConnector):
    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        return self._submitted(batch)


class SendsAndThenSaysTooLate(GoodConnector):
    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        reply = self._submitted(batch)
        late = super().submit(batch, send_before)
        return late if late.outcome is Outcome.RETRYABLE else reply


class ShowsItsSecret(GoodConnector):
    def __repr__(self) -> str:
        return f"Connector({self._secret!r})"


class LogsItsSecret(GoodConnector):
    def probe(self) -> Probe:
        structlog.get_logger().info("probing", secret=SECRET)
        return super().probe()


class TellsItsSecret(GoodConnector):
    def query(self, kind: str, key: str) -> KeyReport:
        report = super().query(kind, key)
        return replace(report, reply=replace(report.reply, message=f"key={SECRET}"))


class PrintsFieldValues(GoodConnector):
    def _submitted(self, batch: SealedBatch) -> Reply:
        sys.stdout.write(batch.rows[0].values["NR"])
        return super()._submitted(batch)


class InventsRows(GoodConnector):
    def poll(self, sent: SentBatch) -> BatchReport:
        report = super().poll(sent)
        if not report.rows:
            return report
        return replace(report, rows=(*report.rows, RowResult(99, Outcome.ACCEPTED)))


class TellsARowTwice(GoodConnector):
    def poll(self, sent: SentBatch) -> BatchReport:
        report = super().poll(sent)
        return replace(report, rows=report.rows + report.rows[:1])


class LosesARow(GoodConnector):
    def render(self, batch: SealedBatch) -> bytes:
        return replace(batch, rows=batch.rows[:2]).to_bytes()


class TellsTooFewRows(GoodConnector):
    def poll(self, sent: SentBatch) -> BatchReport:
        report = super().poll(sent)
        return replace(report, rows=report.rows[1:])


class AcceptsRefusedRows(GoodConnector):
    def poll(self, sent: SentBatch) -> BatchReport:
        report = super().poll(sent)
        rows = tuple(replace(one, outcome=Outcome.ACCEPTED) for one in report.rows)
        return replace(report, rows=rows)


class CallsDoubtAFailure(GoodConnector):
    def _submitted(self, batch: SealedBatch) -> Reply:
        reply = super()._submitted(batch)
        if reply.outcome is Outcome.IN_DOUBT:
            return replace(reply, outcome=Outcome.RETRYABLE)
        return reply


class TakesAPageForSuccess(GoodConnector):
    def _submitted(self, batch: SealedBatch) -> Reply:
        reply = super()._submitted(batch)
        if reply.code == "unreadable":
            return replace(reply, outcome=Outcome.RECEIVED)
        return reply


class Raises(GoodConnector):
    def _submitted(self, batch: SealedBatch) -> Reply:
        if self._memory is not None:
            try:
                self._memory.call("submit", self.render(batch), self._secret)
            except SilentError as error:
                raise TimeoutError from error
        return super()._submitted(batch)


class CallsWrongCredentialsRetryable(GoodConnector):
    def _submitted(self, batch: SealedBatch) -> Reply:
        reply = super()._submitted(batch)
        if reply.outcome is Outcome.AUTH:
            return replace(reply, outcome=Outcome.RETRYABLE)
        return reply


class RendersAnewEachTime(GoodConnector):
    def render(self, batch: SealedBatch) -> bytes:
        return batch.to_bytes() + b" " * (next(_counter) % 7)


class IsNoGoodWithThreads(GoodConnector):
    _batch: SealedBatch

    def _submitted(self, batch: SealedBatch) -> Reply:
        self._batch = batch
        time.sleep(0.05)  # the other threads have their turn
        return super()._submitted(self._batch)


class KnowsEveryBatch(GoodConnector):
    def poll(self, sent: SentBatch) -> BatchReport:
        report = super().poll(sent)
        if report.progress is BatchProgress.UNKNOWN_BATCH:
            rows = tuple(RowResult(row.number, Outcome.ACCEPTED) for row in sent.batch.rows)
            return BatchReport(BatchProgress.COMPLETE, report.reply, rows)
        return report


class TakesAnUnreadableAnswerForAbsence(GoodConnector):
    def query(self, kind: str, key: str) -> KeyReport:
        report = super().query(kind, key)
        return replace(report, entries=report.entries or ())


class TellsAnotherRecord(GoodConnector):
    def query(self, kind: str, key: str) -> KeyReport:
        report = super().query(kind, key)
        changed = tuple(
            replace(one, values={**one.values, "NR": "另一内容"}) for one in report.entries or ()
        )
        return report if report.entries is None else replace(report, entries=changed)


class CutsTheLedgerShort(GoodConnector):
    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        read = super().ledger(kind, start, end, page)
        return replace(read, entries=read.entries[:-1])


class ProbesWithARecord(GoodConnector):
    def probe(self) -> Probe:
        if self._memory is not None and not self._closed:
            self._memory.book["probe"] += 1
        return super().probe()


class SendsAfterClosing(GoodConnector):
    def close(self) -> None:
        pass


class CannotBeClosedTwice(GoodConnector):
    def close(self) -> None:
        if self._closed:
            raise RuntimeError
        super().close()


class KeepsNoEvidence(GoodConnector):
    def _submitted(self, batch: SealedBatch) -> Reply:
        return replace(super()._submitted(batch), raw=b"")


class AcceptsAtOnce(GoodConnector):
    def _submitted(self, batch: SealedBatch) -> Reply:
        reply = super()._submitted(batch)
        if reply.outcome is Outcome.RECEIVED:
            return replace(reply, outcome=Outcome.ACCEPTED)
        return reply


def _below(connector: type[GoodConnector]) -> list[type[GoodConnector]]:
    return [one for below in connector.__subclasses__() for one in (below, *_below(below))]


def _suite(connector: type[GoodConnector]) -> type[ConnectorConformance]:
    class Suite(ConnectorConformance):
        @pytest.fixture
        def stand(self) -> Stand:
            return MemoryStand(connector)

    return Suite


_EVERY: list[type[GoodConnector]] = [GoodConnector, *_below(GoodConnector)]

for _connector in _EVERY:
    globals()[f"Test{_connector.__name__}"] = _suite(_connector)
