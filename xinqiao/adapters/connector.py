"""A connector that does what a profile says, over HTTP."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import structlog

from xinqiao.adapters.authentication import Authentication
from xinqiao.adapters.base import (
    BatchReport,
    Capabilities,
    Credentials,
    KeyReport,
    LedgerPage,
    Operation,
    Outcome,
    Probe,
    Reply,
    SealedBatch,
)
from xinqiao.adapters.classify import batch_report, key_report, ledger_page, submission_reply
from xinqiao.adapters.exchange import HttpRequest
from xinqiao.adapters.http import HttpBounds, HttpClient
from xinqiao.adapters.judgement import AUTH, NOT_SUPPORTED, Judgement, judge, words_for
from xinqiao.adapters.probing import probe_result
from xinqiao.adapters.profile import Profile
from xinqiao.adapters.profile_calls import Poll, ProbeCall, Query, Submit
from xinqiao.adapters.reading import safe_code
from xinqiao.adapters.rendering import render
from xinqiao.clock import Clock
from xinqiao.errors import SettingsError

_log = structlog.get_logger(__name__)


def build(
    profile: Profile,
    credentials: Credentials,
    clock: Clock,
    *,
    settings: Mapping[str, str],
    loopback_only: bool,
) -> "ProfileConnector":
    """Return a connector for ``profile``; nothing is sent.

    Args:
        profile: The platform.
        credentials: Its secrets, by the names that the profile lists.
        clock: Tells when a token expires; its ``sleep`` waits between in-call tries.
        settings: Values that the profile asks of the workspace, such as ``organisation_code``.
        loopback_only: Rehearsal: talk to nothing but the simulator on this machine.

    Raises:
        SettingsError: A setting or secret is missing, or a rehearsal names a foreign address.
    """
    for name, label in profile.settings.items():
        if not settings.get(name, "").strip():
            raise SettingsError(
                f"{profile.name} 需要填写{label}（settings.{name}），请在平台配置中补上",
                code="profile",
            )
    transport = profile.transport
    client = HttpClient(
        transport.base_url,
        HttpBounds(
            connect=transport.connect_seconds,
            read=transport.read_seconds,
            total=transport.total_seconds,
            attempts=transport.attempts,
            reply_bytes=transport.reply_bytes_at_most,
        ),
        verify_tls=transport.verify_tls,
        loopback_only=loopback_only,
        connections=profile.pace.parallel_calls,
        clock=clock,
    )
    authentication = Authentication(profile, credentials, clock, settings, client.exchange)
    return ProfileConnector(profile, client, authentication, clock, settings)


class ProfileConnector:
    """Implements :class:`xinqiao.adapters.base.Connector`; made by :func:`build`."""

    def __init__(
        self,
        profile: Profile,
        client: HttpClient,
        authentication: Authentication,
        clock: Clock,
        settings: Mapping[str, str],
    ) -> None:
        """Keep the parts."""
        self._profile = profile
        self._client = client
        self._authentication = authentication
        self._clock = clock
        self._settings = dict(settings)

    def __repr__(self) -> str:
        return f"ProfileConnector({self._profile.id!r})"

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can be asked."""
        operations = self._profile.operations
        return Capabilities(
            poll=operations.poll is not None,
            query=operations.query is not None,
            ledger=operations.ledger is not None,
            deduplicates=self._profile.capabilities.deduplicates,
            visible_after=self._profile.capabilities.visible_after_seconds,
        )

    def render(self, batch: SealedBatch) -> bytes:
        """Return the body that :meth:`submit` sends: the same bytes for the same batch.

        Raises:
            SettingsError: The profile has no word for the operation or kind, or an expression of it
                does not fit.
        """
        call = self._profile.operations.submit
        return render(call, self._submit_context(batch), {}).body or b""

    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        """Send ``batch`` once, and before ``send_before`` or not at all.

        Retries inside only what cannot have arrived. A batch over the limits of the profile is not
        sent: it is rejected naming no row, as the platform would do.

        Raises:
            SettingsError: As :meth:`render`; nothing was sent.
        """
        limits = self._profile.limits
        context = self._submit_context(batch)
        body = self.render(batch)
        if len(batch.rows) > limits.rows_per_batch or len(body) > limits.bytes_per_batch:
            return Reply(Outcome.REJECTED, "batch_too_large", words_for("batch_too_large"))
        asked = {"batch": batch.number, "kind": context["kind"], "operation": context["operation"]}
        call = self._profile.operations.submit
        answer = self._ask(call, context, asked, send_before)
        reply = submission_reply(call, answer, len(batch.rows))
        _log.info(
            "submission_answered",
            platform=self._profile.id,
            batch=batch.number,
            rows=len(batch.rows),
            outcome=reply.outcome.value,
            code=safe_code(reply.code),
        )
        return reply

    def poll(self, batch_number: str, kind: str) -> BatchReport:
        """Ask for the receipts of a batch by the number that we gave it."""
        call = self._profile.operations.poll
        if call is None:
            return batch_report(call, NOT_SUPPORTED)
        report = batch_report(call, self._ask(call, self._context(kind, batch=batch_number)))
        _log.info(
            "batch_polled",
            platform=self._profile.id,
            batch=batch_number,
            progress=report.progress.value,
            rows=len(report.rows),
            code=safe_code(report.reply.code),
        )
        return report

    def query(self, kind: str, key: str) -> KeyReport:
        """Ask what the platform holds under ``key``."""
        call = self._profile.operations.query
        if call is None:
            return key_report(call, NOT_SUPPORTED, key)
        report = key_report(call, self._ask(call, self._context(kind, key=key)), key)
        _log.info(
            "key_queried",
            platform=self._profile.id,
            found=None if report.entries is None else len(report.entries),
            code=safe_code(report.reply.code),
        )
        return report

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        """Ask for one page of the records taken in from ``start`` to ``end``, both included."""
        call = self._profile.operations.ledger
        if call is None:
            return ledger_page(call, NOT_SUPPORTED, page)
        context = self._context(
            kind,
            start=start.isoformat(),
            end=end.isoformat(),
            page=page,
            page_size=call.page_size,
        )
        answer = ledger_page(call, self._ask(call, context), page)
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
        """Check network, credentials and clock without sending a record."""
        self._authentication.renew()
        call = self._profile.operations.probe
        began = self._clock.now()
        if call is None:
            headers = self._authentication.headers()
            judged = headers if isinstance(headers, Judgement) else None
        else:
            judged = self._ask(call, {"settings": self._settings})
        return probe_result(call, judged, began, self._clock.now())

    def close(self) -> None:
        """Give up connections."""
        self._client.close()

    def _ask(
        self,
        call: Submit | Poll | Query | ProbeCall,
        context: Mapping[str, Any],
        asked: Mapping[str, Any] | None = None,
        send_before: float = math.inf,
    ) -> Judgement:
        request = render(call, context, {})
        headers = self._authentication.headers()
        if isinstance(headers, Judgement):
            return headers
        judged = self._send(call, request, headers, asked or context, send_before)
        if judged.means == AUTH and self._authentication.renew(headers):
            # once: a token can end early, but credentials that are refused stay refused
            headers = self._authentication.headers()
            if isinstance(headers, Judgement):
                return headers
            judged = self._send(call, request, headers, asked or context, send_before)
        return judged

    def _send(
        self,
        call: Submit | Poll | Query | ProbeCall,
        request: HttpRequest,
        headers: Mapping[str, str],
        asked: Mapping[str, Any],
        send_before: float,
    ) -> Judgement:
        whole = replace(request, headers={**headers, **request.headers})
        result = self._client.exchange(whole, send_before)
        return judge(call, call.answers, result, asked, self._clock.now())

    def _submit_context(self, batch: SealedBatch) -> dict[str, Any]:
        if batch.platform != self._profile.id:
            raise SettingsError(
                f"批次 {batch.number} 是报给 {batch.platform} 的，不能发往 {self._profile.id}",
                code="profile",
            )
        rows = [
            {"number": row.number, "key": row.key, "values": dict(row.values)} for row in batch.rows
        ]
        word = self._operation_word(batch.operation)
        return self._context(batch.kind, batch=batch.number, operation=word, rows=rows)

    def _context(self, kind: str, **values: Any) -> dict[str, Any]:
        word = self._profile.words.kinds.get(kind)
        if word is None:
            raise SettingsError(
                f"{self._profile.name} 的平台配置没有 {kind} 这类记录的对照词"
                "（words.kinds），请补上",
                code="profile",
            )
        return {"kind": word, "settings": self._settings, **values}

    def _operation_word(self, operation: Operation) -> str:
        word = self._profile.words.operations.get(operation)
        if word is None:
            raise SettingsError(
                f"{self._profile.name} 的平台配置没有 {operation.value} 操作的对照词"
                "（words.operations），请补上或改由人工办理",
                code="profile",
            )
        return word
