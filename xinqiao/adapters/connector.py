"""Puts a connector together from what a profile names: transport, receipts, questions."""

import math
from collections.abc import Sequence
from datetime import date

import structlog

from xinqiao.adapters.base import (
    ASKED_FOR,
    BatchProgress,
    BatchReport,
    Capabilities,
    KeyReport,
    LedgerPage,
    Outcome,
    Probe,
    ReceiptMode,
    Reply,
    SealedBatch,
    SentBatch,
    Surroundings,
)
from xinqiao.adapters.codes import safe_code, words_for
from xinqiao.adapters.exchange_db.delivery import DatabaseDelivery
from xinqiao.adapters.exchange_db.exchange import Exchange
from xinqiao.adapters.exchange_db.feedback_table import FeedbackReader
from xinqiao.adapters.exchange_db.layout import ExchangeDbTransport
from xinqiao.adapters.exchange_db.ledger_table import LedgerTables
from xinqiao.adapters.exchange_db.row_consumed import RowConsumed
from xinqiao.adapters.exchange_db.status_column import StatusColumn
from xinqiao.adapters.file_drop.delivery import FileDelivery
from xinqiao.adapters.file_drop.layout import FileTransport, ManualTransport
from xinqiao.adapters.file_drop.manual import ManualDelivery
from xinqiao.adapters.file_drop.receipts import ReceiptFolder
from xinqiao.adapters.http.page_check import PublicPage
from xinqiao.adapters.http.platform import HttpPlatform
from xinqiao.adapters.outside.guard import GuardedConnector
from xinqiao.adapters.parts import Delivery, LedgerBook, Questions, ReceiptSource
from xinqiao.adapters.profile import Profile, PythonTransport
from xinqiao.errors import SettingsError

_log = structlog.get_logger(__name__)

_NOT_SUPPORTED = Reply(Outcome.IN_DOUBT, "not_supported", words_for("not_supported"))
_FROM_TABLES = frozenset(
    {ReceiptMode.STATUS_COLUMN, ReceiptMode.FEEDBACK_TABLE, ReceiptMode.ROW_CONSUMED}
)
_FROM_FILES = frozenset({ReceiptMode.RECEIPT_FILE, ReceiptMode.ERROR_FILE})
_CLOSED = Reply(Outcome.RETRYABLE, "closed", words_for("closed"))


def build(profile: Profile, surroundings: Surroundings) -> "ProfileConnector":
    """Return a connector for ``profile``; nothing is sent.

    Raises:
        SettingsError: A setting or secret is missing, or a rehearsal names something that is not on
            this machine.
    """
    for name, label in profile.settings.items():
        if not surroundings.settings.get(name, "").strip():
            raise SettingsError(
                f"{profile.name} 需要填写{label}（{name}），"
                f"请写在 platforms/{profile.id}.toml 的 [values] 中",
                code="profile",
            )
    if isinstance(profile.transport, PythonTransport):
        outside = GuardedConnector(profile, profile.transport, surroundings)
        return ProfileConnector(profile, outside, outside, outside, outside, outside.capabilities)
    web = _web(profile, surroundings)
    exchange = _exchange(profile, surroundings)
    return ProfileConnector(
        profile,
        _delivery(profile, web, exchange, surroundings),
        _receipts(profile, web, exchange, surroundings),
        web,
        _book(profile, web, exchange),
    )


def _web(profile: Profile, surroundings: Surroundings) -> HttpPlatform | None:
    access = profile.access
    asks = any(call is not None for _, call in profile.operations)
    return HttpPlatform(profile, access, surroundings) if access is not None and asks else None


def _exchange(profile: Profile, surroundings: Surroundings) -> Exchange | None:
    if not isinstance(profile.transport, ExchangeDbTransport):
        return None
    visible_after = profile.capabilities.visible_after_seconds
    return Exchange(profile.transport, profile.words.operations, visible_after, surroundings)


def _delivery(
    profile: Profile,
    web: HttpPlatform | None,
    exchange: Exchange | None,
    surroundings: Surroundings,
) -> Delivery:
    if isinstance(profile.transport, FileTransport):
        return FileDelivery(profile, profile.transport, surroundings)
    if isinstance(profile.transport, ManualTransport):
        return ManualDelivery(profile, profile.transport, surroundings)
    if profile.transport.type == "http" and web is not None:
        return web
    if exchange is not None:
        return DatabaseDelivery(exchange, profile.limits)
    raise SettingsError(f"还不支持 transport.type = {profile.transport.type}")


def _receipts(
    profile: Profile,
    web: HttpPlatform | None,
    exchange: Exchange | None,
    surroundings: Surroundings,
) -> ReceiptSource | None:
    page, access = profile.receipts.page, profile.access
    if page is not None and access is not None:
        return PublicPage(profile, page, access, surroundings)
    if exchange is not None and profile.receipts.mode in _FROM_TABLES:
        return _from_tables(profile, exchange, surroundings)
    file = profile.receipts.file
    if file is not None and profile.receipts.mode in _FROM_FILES:
        return ReceiptFolder(profile, file, surroundings)
    if profile.operations.poll is not None:
        return web
    return None


def _book(
    profile: Profile, web: HttpPlatform | None, exchange: Exchange | None
) -> LedgerBook | None:
    if exchange is not None and profile.ledger_tables:
        return LedgerTables(exchange, profile.ledger_tables)
    return web if profile.operations.ledger is not None else None


def _from_tables(
    profile: Profile, exchange: Exchange, surroundings: Surroundings
) -> ReceiptSource | None:
    if profile.receipts.mode is ReceiptMode.STATUS_COLUMN:
        return StatusColumn(exchange)
    if profile.receipts.mode is ReceiptMode.ROW_CONSUMED:
        return RowConsumed(exchange)
    if profile.receipts.feedback is None:
        return None
    return FeedbackReader(exchange, profile.receipts.feedback, surroundings)


class ProfileConnector:
    """Implements :class:`xinqiao.adapters.base.Connector`; made by :func:`build`."""

    def __init__(
        self,
        profile: Profile,
        delivery: Delivery,
        receipts: ReceiptSource | None,
        questions: Questions | None,
        book: LedgerBook | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        """Keep the parts; ``capabilities`` where the profile does not tell them all."""
        self._profile = profile
        self._delivery = delivery
        self._receipts = receipts
        self._questions = questions
        self._book = book
        self._capabilities = capabilities
        self._closed = False

    def __repr__(self) -> str:
        return f"ProfileConnector({self._profile.id!r})"

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can be asked."""
        if self._capabilities is not None:
            return self._capabilities
        profile = self._profile
        return Capabilities(
            receipts=profile.receipts.mode,
            poll=profile.receipts.mode in ASKED_FOR and self._receipts is not None,
            poll_in_doubt=self._receipts is not None and self._receipts.answers_in_doubt,
            query=profile.operations.query is not None,
            ledger=self._book is not None,
            deduplicates=profile.capabilities.deduplicates,
            visible_after=profile.capabilities.visible_after_seconds,
        )

    def render(self, batch: SealedBatch) -> bytes:
        """Return what :meth:`submit` sends: the same bytes for the same batch.

        Raises:
            SettingsError: The profile does not fit the batch.
        """
        self._refuse_foreign(batch)
        return self._delivery.render(batch)

    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        """Send ``batch`` once, and before ``send_before`` or not at all.

        Raises:
            SettingsError: As :meth:`render`; nothing was sent.
        """
        self._refuse_foreign(batch)
        reply = _CLOSED if self._closed else self._delivery.submit(batch, send_before)
        _log.info(
            "submission_answered",
            platform=self._profile.id,
            batch=batch.number,
            rows=len(batch.rows),
            outcome=reply.outcome.value,
            code=safe_code(reply.code),
        )
        return reply

    def poll(self, sent: SentBatch) -> BatchReport:
        """Ask for the receipts of a batch that was sent, or may have been."""
        if self._closed or self._receipts is None:
            return BatchReport(BatchProgress.NO_ANSWER, self._silence)
        report = self._receipts.poll(sent)
        _log.info(
            "batch_polled",
            platform=self._profile.id,
            batch=sent.batch.number,
            progress=report.progress.value,
            rows=len(report.rows),
            code=safe_code(report.reply.code),
        )
        return report

    def query(self, kind: str, key: str) -> KeyReport:
        """Ask what the platform holds under ``key``."""
        if self._closed or self._questions is None:
            return KeyReport(self._silence, None)
        report = self._questions.query(kind, key)
        _log.info(
            "key_queried",
            platform=self._profile.id,
            found=None if report.entries is None else len(report.entries),
            code=safe_code(report.reply.code),
        )
        return report

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        """Ask for one page of the records taken in from ``start`` to ``end``, both included."""
        if self._closed or self._book is None:
            return LedgerPage(self._silence)
        answer = self._book.ledger(kind, start, end, page)
        _log.info(
            "ledger_read",
            platform=self._profile.id,
            page=page,
            entries=len(answer.entries),
            complete=answer.complete,
            code=safe_code(answer.reply.code),
        )
        return answer

    def probe(self) -> Probe:
        """Check everything that is needed to deliver and to read receipts; send no record."""
        if self._closed:
            return Probe(ok=False, checks=(("连接", False, _CLOSED.message),))
        parts = self._parts()
        probes = [part.probe() for part in parts]
        return Probe(
            ok=all(probe.ok for probe in probes),
            checks=tuple(check for probe in probes for check in probe.checks),
            clock_offset=next(
                (one.clock_offset for one in probes if one.clock_offset is not None), None
            ),
        )

    def close(self) -> None:
        """Give up connections; nothing is sent or asked after that. A second time does nothing."""
        if self._closed:
            return
        self._closed = True
        for part in self._parts():
            part.close()

    @property
    def _silence(self) -> Reply:
        """Why a question is not asked."""
        return _CLOSED if self._closed else _NOT_SUPPORTED

    def _parts(self) -> Sequence[Delivery | ReceiptSource | Questions | LedgerBook]:
        # one object may be several parts
        named = (self._delivery, self._receipts, self._questions, self._book)
        return list({id(part): part for part in named if part is not None}.values())

    def _refuse_foreign(self, batch: SealedBatch) -> None:
        if batch.platform != self._profile.id:
            raise SettingsError(
                f"批次 {batch.number} 是报给 {batch.platform} 的，不能发往 {self._profile.id}",
                code="profile",
            )
