"""A platform that is reached over HTTP: what its profile says, done (接口平台)."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from xinqiao.adapters.base import (
    BatchReport,
    KeyReport,
    LedgerPage,
    Outcome,
    Probe,
    Reply,
    SealedBatch,
    SentBatch,
    Surroundings,
)
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.http.access import WebAccess
from xinqiao.adapters.http.authentication.chain import Authentication, Stamped
from xinqiao.adapters.http.calls import Poll, ProbeCall, Query, Submit
from xinqiao.adapters.http.classify import batch_report, key_report, ledger_page, submission_reply
from xinqiao.adapters.http.client import HttpClient, bounds_of
from xinqiao.adapters.http.encoding import NotEncodableError
from xinqiao.adapters.http.fitting import names_in_call, not_encodable
from xinqiao.adapters.http.judgement import AUTH, NOT_SUPPORTED, Judgement, judge
from xinqiao.adapters.http.network import network_for
from xinqiao.adapters.http.probing import probe_result, without_question
from xinqiao.adapters.http.rendering import render
from xinqiao.adapters.profile import Profile
from xinqiao.adapters.words import operation_word
from xinqiao.errors import SettingsError

_CREDENTIALS_UNPROVEN = "平台配置没有连通检查（operations.probe），未核对；凭据有误要到报送时才知道"
_NO_SERIAL = Judgement(NOT_SUPPORTED.means, "no_serial", words_for("no_serial"))


class HttpPlatform:
    """Delivers, reads receipts and asks; implements all of :mod:`xinqiao.adapters.parts`."""

    def __init__(self, profile: Profile, access: WebAccess, surroundings: Surroundings) -> None:
        """Prepare; nothing is sent.

        Raises:
            SettingsError: A secret is missing, or a rehearsal names a foreign address.
        """
        self._profile = profile
        self._clock = surroundings.clock
        self._settings = dict(surroundings.settings)
        self._client = HttpClient(
            access.base_url,
            bounds_of(access),
            network=network_for(access, surroundings),
            loopback_only=surroundings.rehearsal,
            connections=profile.pace.parallel_calls,
            clock=surroundings.clock,
        )
        self._authentication = Authentication(profile, surroundings, self._client.exchange)

    @property
    def answers_in_doubt(self) -> bool:
        """Whether receipts are asked for by our own batch number alone."""
        poll = self._profile.operations.poll
        if poll is None:
            return False
        return "serial" not in names_in_call(poll)

    def render(self, batch: SealedBatch) -> bytes:
        """Return the body that :meth:`submit` sends: the same bytes for the same batch.

        Where everything stands in the query string, that is what is returned.

        Raises:
            SettingsError: The profile has no word for the operation or kind, an expression of it
                does not fit, or the platform's character set has not every character.
        """
        try:
            return self._rendered(batch)
        except NotEncodableError:
            raise SettingsError(words_for("not_encodable"), code="not_encodable") from None

    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        """Send ``batch`` once, and before ``send_before`` or not at all.

        Retries inside only what cannot have arrived. A batch over the limits of the profile is not
        sent: it is rejected naming no row, as the platform would do. Nor is a batch with a
        character that the platform's character set has not; the rows that hold one are named.

        Raises:
            SettingsError: As :meth:`render`; nothing was sent.
        """
        limits = self._profile.limits
        context = self._submit_context(batch)
        try:
            body = self._rendered(batch)
        except NotEncodableError:
            return not_encodable(self._submit, batch)
        if len(batch.rows) > limits.rows_per_batch or len(body) > limits.bytes_per_batch:
            return Reply(Outcome.REJECTED, "batch_too_large", words_for("batch_too_large"))
        asked = {"batch": batch.number, "kind": context["kind"], "operation": context["operation"]}
        answer = self._ask(self._submit, context, asked, send_before)
        mode = self._profile.receipts.mode
        return submission_reply(self._submit, answer, len(batch.rows), mode)

    def poll(self, sent: SentBatch) -> BatchReport:
        """Ask for the receipts of a batch by our number, or by the number it was given."""
        call = self._profile.operations.poll
        if call is None:
            return batch_report(call, NOT_SUPPORTED)
        if not sent.serial and not self.answers_in_doubt:
            return batch_report(call, _NO_SERIAL)
        context = self._context(sent.batch.kind, batch=sent.batch.number, serial=sent.serial)
        return batch_report(call, self._ask(call, context))

    def query(self, kind: str, key: str) -> KeyReport:
        """Ask what the platform holds under ``key``."""
        call = self._profile.operations.query
        if call is None:
            return key_report(call, NOT_SUPPORTED, key)
        return key_report(call, self._ask(call, self._context(kind, key=key)), key)

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
        return ledger_page(call, self._ask(call, context), page)

    def probe(self) -> Probe:
        """Check network, credentials and clock without sending a record.

        Where there is neither a trial question nor a token, a connection is opened and no more.
        """
        has_tokens = self._authentication.renew()
        call = self._profile.operations.probe
        began = self._clock.now()
        if call is not None:
            judged = self._ask(call, {"settings": self._settings})
        elif has_tokens:
            tokens = self._authentication.tokens()
            if not isinstance(tokens, Judgement):
                return without_question("已取得令牌")
            judged = tokens
        else:
            return without_question(_CREDENTIALS_UNPROVEN, self._client.reach())
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
        request = render(call, context)
        stamped = self._authentication.stamped(request, call.operation)
        if isinstance(stamped, Judgement):
            return stamped
        judged = self._send(call, stamped, asked or context, send_before)
        if judged.means == AUTH and self._authentication.renew(stamped):
            # once: a token can end early, but credentials that are refused stay refused
            stamped = self._authentication.stamped(request, call.operation)
            if isinstance(stamped, Judgement):
                return stamped
            judged = self._send(call, stamped, asked or context, send_before)
        return judged

    def _send(
        self,
        call: Submit | Poll | Query | ProbeCall,
        stamped: Stamped,
        asked: Mapping[str, Any],
        send_before: float,
    ) -> Judgement:
        result = self._client.exchange(stamped.request, send_before)
        return judge(call, call.answers, result, asked, self._clock.now())

    @property
    def _submit(self) -> Submit:
        submit = self._profile.operations.submit
        if submit is None:
            raise SettingsError(f"{self._profile.name} 的平台配置没有 operations.submit")
        return submit

    def _rendered(self, batch: SealedBatch) -> bytes:
        request = render(self._submit, self._submit_context(batch))
        return request.body if request.body is not None else urlencode(request.query).encode()

    def _submit_context(self, batch: SealedBatch) -> dict[str, Any]:
        rows = [
            {"number": row.number, "key": row.key, "values": dict(row.values)} for row in batch.rows
        ]
        word = operation_word(batch.operation, self._profile.words.operations)
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
