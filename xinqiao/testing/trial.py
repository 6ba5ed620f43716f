"""One batch on its way, watched from outside: what was said against what really happened."""

import math
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    Connector,
    Outcome,
    Reply,
    RowResult,
    SealedBatch,
    SentBatch,
)
from xinqiao.testing.stand import Stand

NOTHING_TAKEN = frozenset({Outcome.RETRYABLE, Outcome.RATE_LIMITED, Outcome.AUTH, Outcome.REJECTED})
"""Outcomes that claim: the platform did not take the row."""

TAKEN = frozenset({Outcome.ACCEPTED, Outcome.RECEIVED})
"""Outcomes of a delivery that went well."""

_ROW_OUTCOMES = TAKEN | {Outcome.REJECTED, Outcome.DUPLICATE}
_DECIDED = frozenset({BatchProgress.COMPLETE, BatchProgress.REFUSED})
_LOOK_SECONDS = 0.05


class Trial:
    """Sends one batch and judges every claim about it by the platform's own book."""

    def __init__(self, stand: Stand, connector: Connector, batch: SealedBatch) -> None:
        """Note what the platform has taken in so far; nothing is sent."""
        self.stand = stand
        self.connector = connector
        self.batch = batch
        self.reply: Reply | None = None
        self.begun_at: datetime | None = None
        self.sent_at: datetime | None = None
        self._before = dict(stand.effects())

    def submit(self, send_before: float = math.inf) -> Reply:
        """Send the batch; the answer must be about its rows."""
        self.begun_at = self.stand.clock.now()
        reply = self.connector.submit(self.batch, send_before)
        self.sent_at = self.stand.clock.now()
        assert isinstance(reply, Reply), "submit 应给出 Reply"
        check_rows(self.batch, reply.rows)
        self.reply = reply
        return reply

    @property
    def sent(self) -> SentBatch:
        """The batch as it is asked about."""
        serial = "" if self.reply is None else self.reply.serial
        return SentBatch(self.batch, serial, self.sent_at, self.begun_at)

    def poll(self) -> BatchReport:
        """Ask for receipts once; the answer must be about the batch's rows."""
        report = self.connector.poll(self.sent)
        assert isinstance(report, BatchReport), "poll 应给出 BatchReport"
        check_rows(self.batch, report.rows)
        if report.progress in {BatchProgress.UNKNOWN_BATCH, BatchProgress.NO_ANSWER}:
            assert report.rows == (), "没有答复时不应说出行的结果"
        return report

    def receipts(self) -> BatchReport:
        """Ask until every row is decided or was taken, or the platform's patience has passed."""
        until = time.monotonic() + self.stand.patience
        while True:
            self.stand.settle()
            report = self.poll()
            whole = len(report.rows) == len(self.batch.rows)
            if report.progress in _DECIDED or whole or time.monotonic() > until:
                return report
            time.sleep(_LOOK_SECONDS)

    def effects(self) -> dict[str, int]:
        """Return key → how often this batch was taken in so far."""
        now = self.stand.effects()
        return {
            row.key: now.get(row.key, 0) - self._before.get(row.key, 0) for row in self.batch.rows
        }

    def effects_when(self, expected: Mapping[str, int]) -> dict[str, int]:
        """Return :meth:`effects`, waiting for ``expected`` as long as the platform may need."""
        until = time.monotonic() + self.stand.patience
        while True:
            self.stand.settle()
            effects = self.effects()
            if effects == expected or time.monotonic() > until:
                return effects
            time.sleep(_LOOK_SECONDS)

    def each(self, count: int) -> dict[str, int]:
        """Return the effects of a batch whose rows were all taken in ``count`` times."""
        return {row.key: count for row in self.batch.rows}

    def check_truth(self, report: BatchReport | None = None) -> None:
        """Hold every claim of the reply, and of ``report``, against the platform's own book."""
        assert self.reply is not None
        claims = {row.number: self.reply.outcome for row in self.batch.rows}
        claims |= {one.row: one.outcome for one in self.reply.rows}
        if report is not None:
            if report.progress in {BatchProgress.UNKNOWN_BATCH, BatchProgress.REFUSED}:
                claims = dict.fromkeys(claims, Outcome.REJECTED)
            claims |= {one.row: one.outcome for one in report.rows}
        self.stand.settle()
        effects = self.effects()
        for row in self.batch.rows:
            claim, effect = claims[row.number], effects[row.key]
            assert effect <= 1, f"第 {row.number} 行一次报送被收下 {effect} 次"
            if claim in NOTHING_TAKEN:
                assert effect == 0, f"第 {row.number} 行说是 {claim}，平台却收下了"
            if claim is Outcome.ACCEPTED:
                assert effect == 1, f"第 {row.number} 行说是 {claim}，平台并没有收下"


def check_rows(batch: SealedBatch, rows: Sequence[RowResult]) -> None:
    """Rows that are told must have been sent, be told once, and have an outcome rows can have."""
    named = [one.row for one in rows]
    assert set(named) <= {row.number for row in batch.rows}, f"说到了没有报送的行：{named}"
    assert len(set(named)) == len(named), f"同一行说了两次：{named}"
    assert {one.outcome for one in rows} <= _ROW_OUTCOMES, "行的结果不在行可有的结果之内"
