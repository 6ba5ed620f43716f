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
from xinqiao.adapters.file_drop.delivery import FileDelivery
from xinqiao.adapters.file_drop.layout import FileTransport, ManualTransport
from xinqiao.adapters.file_drop.manual import ManualDelivery
from xinqiao.adapters.file_drop.receipts import ReceiptFolder
from xinqiao.adapters.http.platform import HttpPlatform
from xinqiao.adapters.parts import Delivery, Questions, ReceiptSource
from xinqiao.adapters.profile import Profile
from xinqiao.errors import SettingsError

_log = structlog.get_logger(__name__)

_NOT_SUPPORTED = Reply(Outcome.IN_DOUBT, "not_supported", words_for("not_supported"))


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
    access = profile.access
    web = HttpPlatform(profile, access, surroundings) if access is not None else None
    return ProfileConnector(
        profile,
        _delivery(profile, web, surroundings),
        _receipts(profile, web, surroundings),
        web,
    )


def _delivery(profile: Profile, web: HttpPlatform | None, surroundings: Surroundings) -> Delivery:
    if isinstance(profile.transport, FileTransport):
        return FileDelivery(profile, profile.transport, surroundings)
    if isinstance(profile.transport, ManualTransport):
        return ManualDelivery(profile, profile.transport, surroundings)
    if profile.transport.type == "http" and web is not None:
        return web
    raise SettingsError(f"还不支持 transport.type = {profile.transport.type}")


def _receipts(
    profile: Profile, web: HttpPlatform | None, surroundings: Surroundings
) -> ReceiptSource | None:
    file = profile.receipts.file
    if file is not None and profile.receipts.mode in {
        ReceiptMode.RECEIPT_FILE,
        ReceiptMode.ERROR_FILE,
    }:
        return ReceiptFolder(profile, file, surroundings)
    if profile.operations.poll is not None:
        return web
    return None


class ProfileConnector:
    """Implements :class:`xinqiao.adapters.base.Connector`; made by :func:`build`."""

    def __init__(
        self,
        profile: Profile,
        delivery: Delivery,
        receipts: ReceiptSource | None,
        questions: Questions | None,
    ) -> None:
        """Keep the parts."""
        self._profile = profile
        self._delivery = delivery
        self._receipts = receipts
        self._questions = questions

    def __repr__(self) -> str:
        return f"ProfileConnector({self._profile.id!r})"

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can be asked."""
        profile = self._profile
        return Capabilities(
            receipts=profile.receipts.mode,
            poll=profile.receipts.mode in ASKED_FOR and self._receipts is not None,
            poll_in_doubt=self._receipts is not None and self._receipts.answers_in_doubt,
            query=profile.operations.query is not None,
            ledger=profile.operations.ledger is not None,
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
        reply = self._delivery.submit(batch, send_before)
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
        if self._receipts is None:
            return BatchReport(BatchProgress.NO_ANSWER, _NOT_SUPPORTED)
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
        if self._questions is None:
            return KeyReport(_NOT_SUPPORTED, None)
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
        if self._questions is None:
            return LedgerPage(_NOT_SUPPORTED)
        answer = self._questions.ledger(kind, start, end, page)
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
        """Give up connections."""
        for part in self._parts():
            part.close()

    def _parts(self) -> Sequence[Delivery | ReceiptSource]:
        # one object may be several parts
        parts = {id(part): part for part in (self._delivery, self._receipts) if part is not None}
        return list(parts.values())

    def _refuse_foreign(self, batch: SealedBatch) -> None:
        if batch.platform != self._profile.id:
            raise SettingsError(
                f"批次 {batch.number} 是报给 {batch.platform} 的，不能发往 {self._profile.id}",
                code="profile",
            )
