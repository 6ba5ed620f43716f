"""Stands between the hub and a connector of another package, and trusts it as far as it can see.

Whatever such a connector raises, and whatever contradicts the contract, is told as an outcome that
claims nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeVar

import structlog
from pydantic import ConfigDict, TypeAdapter, ValidationError

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
Otherwise = TypeVar("Otherwise")

_FAILED = Reply(Outcome.IN_DOUBT, "connector_failed", words_for("connector_failed"))
_AT_FAULT = frozenset({Outcome.REJECTED, Outcome.DUPLICATE})
_ROW_OUTCOMES = _AT_FAULT | {Outcome.ACCEPTED, Outcome.RECEIVED}
_NONE: frozenset[Outcome] = frozenset()

_ROWS_BESIDE: Mapping[Outcome | BatchProgress, frozenset[Outcome]] = {
    Outcome.RETRYABLE: _AT_FAULT,
    Outcome.RATE_LIMITED: _AT_FAULT,
    Outcome.AUTH: _AT_FAULT,
    BatchProgress.REFUSED: _AT_FAULT,
    BatchProgress.UNKNOWN_BATCH: _NONE,
    BatchProgress.NO_ANSWER: _NONE,
}
"""What is said of the whole → what may be said of single rows beside it; else all rows can have."""

_EXACTLY = ConfigDict(strict=True, revalidate_instances="always", allow_inf_nan=False)
"""An answer is of the contract's types through and through: nothing is taken for something like it.
"""

_ONE: Any = tuple  # settings of a check do not go with a data class itself
_CHECKS: Mapping[Any, TypeAdapter[Any]] = {
    kind: TypeAdapter(_ONE[kind], config=_EXACTLY)
    for kind in (Reply, BatchReport, KeyReport, LedgerPage, Probe, Capabilities, bytes, type(None))
}
"""Type → what finds out whether the answer that is alone in a tuple is of it."""


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
        able = self._called(lambda: self._connector.capabilities, Capabilities, None)
        problem = (
            f"连接程序 {transport.connector} 的 capabilities 写法不对，请与提供者联系"
            if able is None
            else f"receipts.mode 写的是 {profile.receipts.mode}，而连接程序 {transport.connector} "
            f"的回执方式是 {able.receipts}，请改成一致"
        )
        if able is None or able.receipts is not profile.receipts.mode:
            self.close()
            raise SettingsError(problem, code="connector")
        self._able = able

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can be asked; of connector and profile, the more careful counts."""
        told, profile = self._able, self._profile.capabilities
        return replace(
            told,
            deduplicates=told.deduplicates and profile.deduplicates,
            visible_after=max(told.visible_after, profile.visible_after_seconds),
        )

    @property
    def answers_in_doubt(self) -> bool:
        """As the connector says."""
        return self._able.poll_in_doubt

    def render(self, batch: SealedBatch) -> bytes:
        """Return what the connector says that it sends, or the seal where it does not tell.

        Raises:
            SettingsError: It does not fit the batch, or cannot tell.
        """
        content = self._rendered(batch)
        if content is None:
            raise SettingsError(_FAILED.message, code="connector")
        return content

    def submit(self, batch: SealedBatch, send_before: float) -> Reply:
        """Send ``batch`` once, within the profile's limits and before ``send_before``."""
        limits = self._profile.limits
        content = self._rendered(batch)
        if content is None:
            return replace(_FAILED, outcome=Outcome.RETRYABLE)  # nothing was handed over
        if len(batch.rows) > limits.rows_per_batch or len(content) > limits.bytes_per_batch:
            return Reply(Outcome.REJECTED, "batch_too_large", words_for("batch_too_large"))
        if self._clock.elapsed() >= send_before:
            return Reply(Outcome.RETRYABLE, TOO_LATE, words_for(TOO_LATE))
        reply = self._called(lambda: self._connector.submit(batch, send_before), Reply, _FAILED)
        if _fit(reply.rows, batch, reply.outcome):
            return reply
        return replace(reply, outcome=Outcome.IN_DOUBT, code="rows_unreadable", rows=())

    def poll(self, sent: SentBatch) -> BatchReport:
        """Ask for receipts."""
        none = BatchReport(BatchProgress.NO_ANSWER, _FAILED)
        report = self._called(lambda: self._connector.poll(sent), BatchReport, none)
        if _fit(report.rows, sent.batch, report.progress):
            return report
        reply = replace(report.reply, outcome=Outcome.IN_DOUBT, code="rows_unreadable")
        return BatchReport(BatchProgress.NO_ANSWER, reply)

    def query(self, kind: str, key: str) -> KeyReport:
        """Ask what the platform holds under ``key``; other keys' records are no answer."""
        none = KeyReport(_FAILED, None)
        report = self._called(lambda: self._connector.query(kind, key), KeyReport, none)
        entries = report.entries or ()
        code = "" if all(_has_zone(entry.at) for entry in entries) else "entries_unreadable"
        if any(entry.key != key for entry in entries):
            code = "other_key"
        if not code:
            return report
        return KeyReport(replace(report.reply, outcome=Outcome.IN_DOUBT, code=code), None)

    def ledger(self, kind: str, start: date, end: date, page: int) -> LedgerPage:
        """Ask for one page of the ledger."""
        told = self._called(
            lambda: self._connector.ledger(kind, start, end, page), LedgerPage, LedgerPage(_FAILED)
        )
        if all(_has_zone(entry.at) for entry in told.entries):
            return told
        return LedgerPage(replace(told.reply, outcome=Outcome.IN_DOUBT, code="entries_unreadable"))

    def probe(self) -> Probe:
        """Check what the connector checks."""
        name = "连接程序"
        failed = Probe(ok=False, checks=((name, False, words_for("connector_failed")),))
        return self._called(self._connector.probe, Probe, failed)

    def close(self) -> None:
        """Give up connections."""
        self._called(self._connector.close, type(None), None)

    def _rendered(self, batch: SealedBatch) -> bytes | None:
        """Return what :meth:`render` does; None when the connector fails."""

        def render() -> bytes:
            own: Callable[[SealedBatch], bytes] | None = getattr(self._connector, "render", None)
            return batch.to_bytes() if own is None else own(batch)

        return self._called(render, bytes, None)

    def _called(
        self, call: Callable[[], Answer], kind: type[Answer], failed: Otherwise
    ) -> Answer | Otherwise:
        """Return the answer to ``call``, or ``failed`` when it raises or answers something else."""
        try:
            answer: Answer = _CHECKS[kind].validate_python((call(),))[0]
        except SettingsError:
            raise
        except ValidationError as error:
            # where it is wrong, by the names of the contract: never what stands there
            place = [str(step) for step in error.errors()[0]["loc"][1:2]]
            self._tell(".".join([kind.__name__, *place]))
            return failed
        except Exception as error:  # noqa: BLE001 - another's code: what it raises claims nothing
            self._tell(type(error).__name__)
            return failed
        return answer

    def _tell(self, what: str) -> None:
        # no message and no traceback: they may quote field values
        _log.error("connector_failed", platform=self._profile.id, what=what)


def _fit(rows: Sequence[RowResult], batch: SealedBatch, whole: Outcome | BatchProgress) -> bool:
    """Tell whether rows were sent, are named once each, and do not contradict the whole."""
    named = [one.row for one in rows]
    possible = _ROWS_BESIDE.get(whole, _ROW_OUTCOMES)
    return (
        set(named) <= {row.number for row in batch.rows}
        and len(set(named)) == len(named)
        and all(one.outcome in possible and _has_zone(one.at) for one in rows)
    )


def _has_zone(instant: datetime | None) -> bool:
    return instant is None or instant.tzinfo is not None
