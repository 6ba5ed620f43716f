"""Stands between the hub and a connector of another package, and trusts it as far as it can see.

Whatever such a connector raises, and whatever contradicts the contract, is told as an outcome that
claims nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

import structlog

from xinqiao.adapters.base import (
    TOO_LATE,
    BatchProgress,
    BatchReport,
    Capabilities,
    Connector,
    KeyReport,
    LedgerPage,
    Outcome,
    Probe,
    Reply,
    RowResult,
    SealedBatch,
    SentBatch,
    Surroundings,
)
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.outside.finding import make
from xinqiao.adapters.profile import Profile, PythonTransport
from xinqiao.errors import SettingsError

_log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

_FAILED = Reply(Outcome.IN_DOUBT, "connector_failed", words_for("connector_failed"))
_ROW_OUTCOMES = frozenset({Outcome.ACCEPTED, Outcome.RECEIVED, Outcome.REJECTED, Outcome.DUPLICATE})


class GuardedConnector:
    """Implements all of :mod:`xinqiao.adapters.parts` by a connector of another package."""

    def __init__(
        self, profile: Profile, transport: PythonTransport, surroundings: Surroundings
    ) -> None:
        """Make the connector; nothing is sent.

        Raises:
            SettingsError: As :func:`xinqiao.adapters.outside.finding.make`, or its receipts come
                back in another way than the profile says.
        """
        self._profile = profile
        self._clock = surroundings.clock
        self._connector: Connector = make(profile, transport, surroundings)
        told = self._connector.capabilities.receipts
        if told is not profile.receipts.mode:
            self.close()
            raise SettingsError(
                f"receipts.mode 写的是 {profile.receipts.mode}，而连接程序 {transport.connector} "
                f"的回执方式是 {told}，请改成一致",
                code="connector",
            )

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can be asked; of connector and profile, the more careful counts."""
        told, profile = self._connector.capabilities, self._profile.capabilities
        return replace(
            told,
            deduplicates=told.deduplicates and profile.deduplicates,
            visible_after=max(told.visible_after, profile.visible_after_seconds),
        )

    @property
    def answers_in_doubt(self) -> bool:
        """As the connector says."""
        return self._connector.capabilities.poll_in_doubt

    def render(self, batch: SealedBatch) -> bytes:
        """Return what the connector says that it sends, or the seal where it does not tell."""
        render: Callable[[SealedBatch], bytes] | None = getattr(self._connector, "render", None)
        return batch.to_bytes() if render is None else render(batch)

    def submit(self, batch: SealedBatch, send_before: float) -> Reply:
        """Send ``batch`` once, within the profile's limits and before ``send_before``."""
        limits = self._profile.limits
        if (
            len(batch.rows) > limits.rows_per_batch
            or len(self.render(batch)) > limits.bytes_per_batch
        ):
            return Reply(Outcome.REJECTED, "batch_too_large", words_for("batch_too_large"))
        if self._clock.elapsed() >= send_before:
            return Reply(Outcome.RETRYABLE, TOO_LATE, words_for(TOO_LATE))
        reply = self._called(lambda: self._connector.submit(batch, send_before), Reply, _FAILED)
        if _fit(reply.rows, batch):
            return reply
        return replace(reply, outcome=Outcome.IN_DOUBT, code="rows_unreadable", rows=())

    def poll(self, sent: SentBatch) -> BatchReport:
        """Ask for receipts."""
        none = BatchReport(BatchProgress.NO_ANSWER, _FAILED)
        report = self._called(lambda: self._connector.poll(sent), BatchReport, none)
        if _fit(report.rows, sent.batch):
            return report
        reply = replace(report.reply, outcome=Outcome.IN_DOUBT, code="rows_unreadable")
        return BatchReport(BatchProgress.NO_ANSWER, reply)

    def query(self, kind: str, key: str) -> KeyReport:
        """Ask what the platform holds under ``key``; other keys' records are no answer."""
        none = KeyReport(_FAILED, None)
        report = self._called(lambda: self._connector.query(kind, key), KeyReport, none)
        if report.entries is None or all(entry.key == key for entry in report.entries):
            return report
        return KeyReport(replace(report.reply, outcome=Outcome.IN_DOUBT, code="other_key"), None)

    def ledger(self, kind: str, start: date, end: date, page: int) -> LedgerPage:
        """Ask for one page of the ledger."""
        return self._called(
            lambda: self._connector.ledger(kind, start, end, page), LedgerPage, LedgerPage(_FAILED)
        )

    def probe(self) -> Probe:
        """Check what the connector checks."""
        name = "连接程序"
        failed = Probe(ok=False, checks=((name, False, words_for("connector_failed")),))
        return self._called(self._connector.probe, Probe, failed)

    def close(self) -> None:
        """Give up connections."""
        self._called(self._connector.close, type(None), None)

    def _called(self, call: Callable[[], Answer], kind: type[Answer], failed: Answer) -> Answer:
        """Return the answer to ``call``, or ``failed`` when it raises or answers something else."""
        try:
            answer = call()
        except SettingsError:
            raise
        except Exception as error:  # noqa: BLE001 - another's code: what it raises claims nothing
            self._tell(type(error).__name__)
            return failed
        if isinstance(answer, kind):
            return answer
        self._tell(type(answer).__name__)
        return failed

    def _tell(self, what: str) -> None:
        # no message and no traceback: they may quote field values
        _log.error("connector_failed", platform=self._profile.id, what=what)


def _fit(rows: Sequence[RowResult], batch: SealedBatch) -> bool:
    """Tell whether rows were sent, are named once each, and have an outcome that rows can have."""
    named = [one.row for one in rows]
    return (
        set(named) <= {row.number for row in batch.rows}
        and len(set(named)) == len(named)
        and all(one.outcome in _ROW_OUTCOMES for one in rows)
    )
