"""Receipts from a public page: it shows the document number, or no longer shows it (页面核对).

What that proves is little, and no more is claimed:

* An insert is accepted when the page shows the number, and beside it the values that are asked for
  (``shows``). A page that was opened for the number may repeat it without having the record, so
  that it has to show such a value, and must not say that it shows nothing.
* An update is never accepted, nor an insert of what was delivered before: the page may still be
  that of the version before, and nobody tells it from the new one.
* A withdrawn record is accepted as gone only from a page that was opened for its number, says that
  it shows nothing, and holds the number nowhere else. A list may just have moved it to the next
  page, and a page that scripts fill is empty for us whatever it shows.
* A row that is not shown is not decided. The page may be late.
"""

from collections.abc import Mapping
from typing import Any

from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    Operation,
    Outcome,
    Probe,
    Reply,
    RowResult,
    SealedBatch,
    SealedRow,
    SentBatch,
    Surroundings,
)
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.expressions import EvaluationError, evaluate
from xinqiao.adapters.http.access import WebAccess
from xinqiao.adapters.http.calls import PageCheck
from xinqiao.adapters.http.client import HttpClient, bounds_of
from xinqiao.adapters.http.exchange import HttpFailure, HttpRequest
from xinqiao.adapters.http.fitting import names_in_call
from xinqiao.adapters.http.network import network_for
from xinqiao.adapters.http.page_text import PageText
from xinqiao.adapters.http.paths import fill
from xinqiao.adapters.http.reading import as_text, decode
from xinqiao.adapters.profile import Profile
from xinqiao.errors import SettingsError

_SHOWN = "page_shows"
_GONE = "page_shows_no_longer"
_TAKES_AWAY = frozenset({Operation.WITHDRAW, Operation.TAKE_DOWN})
_FOUND = 200
_PROBE_KEY = "xinqiao-probe"


class PublicPage:
    """Implements :class:`xinqiao.adapters.parts.ReceiptSource`. No credentials go to the page."""

    answers_in_doubt = False
    """A number that is not shown may be shown tomorrow: nothing follows for what is in doubt."""

    def __init__(
        self, profile: Profile, page: PageCheck, access: WebAccess, surroundings: Surroundings
    ) -> None:
        """Prepare; nothing is sent.

        Raises:
            SettingsError: A rehearsal names a foreign address.
        """
        self._profile = profile
        self._page = page
        self._settings = dict(surroundings.settings)
        self._by_key = "key" in names_in_call(page)
        access = access if page.base_url is None else _elsewhere(access, page.base_url)
        self._client = HttpClient(
            access.base_url,
            bounds_of(access),
            network=network_for(access, surroundings),
            loopback_only=surroundings.rehearsal,
            connections=profile.pace.parallel_calls,
            clock=surroundings.clock,
        )

    def poll(self, sent: SentBatch) -> BatchReport:
        """Look at the page and tell the rows that it decides."""
        batch = sent.batch
        if self._page.kinds and batch.kind not in self._page.kinds:
            return _no_answer("kind_not_shown")
        if self._by_key and len(batch.rows) != 1:
            # sealed before the profile asked for single rows
            return _no_answer("batch_too_large")
        key = batch.rows[0].key if self._by_key else ""
        beside = [self._beside(batch, row) for row in batch.rows]
        reply, text = self._look(self._context(batch.kind, key))
        if text is None:
            return BatchReport(BatchProgress.NO_ANSWER, reply)
        rows = tuple(
            RowResult(row.number, Outcome.ACCEPTED, code)
            for row, values in zip(batch.rows, beside, strict=True)
            if (code := self._verdict(sent, row, values, text))
        )
        whole = len(rows) == len(batch.rows)
        return BatchReport(BatchProgress.COMPLETE if whole else BatchProgress.PENDING, reply, rows)

    def probe(self) -> Probe:
        """Look at the page; where it is opened for a number, for one that there is not."""
        kinds = self._page.kinds or tuple(self._profile.words.kinds)
        reply, text = self._look(self._context(kinds[0], _PROBE_KEY))
        if text is None:
            return Probe(ok=False, checks=(("公示页面", False, reply.message),))
        return Probe(ok=True, checks=(("公示页面", True, "可以打开，标志文字相符"),))

    def close(self) -> None:
        """Give up connections."""
        self._client.close()

    def _context(self, kind: str, key: str) -> dict[str, Any]:
        word = self._profile.words.kinds.get(kind, kind)
        return {"kind": word, "key": key, "settings": self._settings}

    def _look(self, context: Mapping[str, Any]) -> tuple[Reply, PageText | None]:
        """Return the page's text; None when it could not be had or is not the page."""
        result = self._client.exchange(self._request(context))
        if isinstance(result, HttpFailure):
            return _trouble(result.code, result.partial), None
        page = decode(result, self._page.charset) if result.status == _FOUND else None
        if page is None:
            wrong = result.status != _FOUND
            code = f"http_{result.status}" if wrong else "wrong_encoding"
            return _trouble(code, result.body), None
        text = PageText(page)
        if not text.says(self._page.marker):
            return _trouble("no_marker", result.body), None
        return Reply(Outcome.RECEIVED, raw=result.body), text

    def _request(self, context: Mapping[str, Any]) -> HttpRequest:
        page = self._page
        try:
            path = fill(page.path, context)
            query = {name: as_text(evaluate(text, context)) for name, text in page.query.items()}
        except EvaluationError as error:
            raise SettingsError(
                f"平台配置中 receipts.page 的表达式「{error}」不能用于这次请求，请更正",
                code="profile",
            ) from None
        return HttpRequest("GET", path, query, template=page.path)

    def _verdict(
        self, sent: SentBatch, row: SealedRow, beside: tuple[str, ...], text: PageText
    ) -> str:
        """Return how the page decides a row; empty where it does not."""
        nothing = (self._page.nothing or "").replace("{key}", row.key)
        shows_nothing = bool(nothing) and text.says(nothing)
        if sent.batch.operation in _TAKES_AWAY:
            gone = self._by_key and shows_nothing and not text.may_hold(row.key, nothing)
            return _GONE if gone else ""
        new = sent.batch.operation is Operation.INSERT and row.number not in sent.delivered_before
        # a page opened for the number may repeat it, and a part of it, without having the record
        proves = not self._by_key or any(value not in row.key for value in beside)
        if not (new and proves) or shows_nothing:
            return ""
        return _SHOWN if text.shows(row.key, beside, self._page.near_characters) else ""

    def _beside(self, batch: SealedBatch, row: SealedRow) -> tuple[str, ...]:
        context = self._context(batch.kind, row.key) | {"values": dict(row.values)}
        try:
            found = (as_text(evaluate(one, context)).strip() for one in self._page.shows)
            return tuple(text for text in found if text)
        except EvaluationError as error:
            raise SettingsError(
                f"平台配置中 receipts.page.shows 的表达式「{error}」不能用于这一行，请更正",
                code="profile",
            ) from None


def _elsewhere(access: WebAccess, base_url: str) -> WebAccess:
    """Return ``access`` to another host: what we show and trust at the platform's is its own."""
    own = {"authority": "", "client_certificate": "", "client_key": "", "client_key_credential": ""}
    return access.model_copy(update={"base_url": base_url, **own})


def _trouble(code: str, raw: bytes) -> Reply:
    return Reply(Outcome.IN_DOUBT, code, words_for(code), raw=raw)


def _no_answer(code: str) -> BatchReport:
    return BatchReport(BatchProgress.NO_ANSWER, _trouble(code, b""))
