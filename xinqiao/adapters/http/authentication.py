"""The ordered steps by which a platform recognises us: fixed headers and tokens (认证)."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from xinqiao.adapters.base import Credentials, Surroundings
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.expressions import EvaluationError, evaluate
from xinqiao.adapters.http.calls import StaticStep, TokenMeaning, TokenStep
from xinqiao.adapters.http.exchange import HttpAnswer, HttpFailure, HttpRequest
from xinqiao.adapters.http.judgement import NEVER_SENT, UNKNOWN, Judgement, judge
from xinqiao.adapters.http.reading import as_count, as_text
from xinqiao.adapters.http.rendering import render
from xinqiao.adapters.profile import Profile
from xinqiao.errors import SettingsError

_log = structlog.get_logger(__name__)

_LONGEST_LIFETIME = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    use_until: datetime


class Authentication:
    """The headers of one platform's calls; holds tokens in memory only.

    Calls of several threads share the tokens: one thread asks for a token, the others wait for it.
    Whoever waited in vain does not ask again at once, so that no call takes longer than the bound
    that the lease is compared with.
    """

    def __init__(
        self,
        profile: Profile,
        surroundings: Surroundings,
        exchange: Callable[[HttpRequest], HttpAnswer | HttpFailure],
    ) -> None:
        """Check that every secret is there; nothing is sent.

        Raises:
            SettingsError: A secret is missing or holds what no header can carry. The message names
                it and never shows it.
        """
        _check(profile, surroundings.credentials)
        self._profile = profile
        self._secrets = dict(surroundings.credentials.values)
        self._clock = surroundings.clock
        self._settings = dict(surroundings.settings)
        self._exchange = exchange
        self._tokens: dict[int, _Token] = {}
        self._asking = threading.Lock()
        self._refusals = 0

    def __repr__(self) -> str:
        return f"Authentication({self._profile.id!r})"

    def headers(self) -> dict[str, str] | Judgement:
        """Return the headers of all steps, or why they could not be had."""
        refusals = self._refusals
        with self._asking:
            # refused while we waited: it would be refused again
            return self._headers(may_ask=self._refusals == refusals)

    def renew(self, refused: Mapping[str, str] | None = None) -> bool:
        """Forget the tokens, so that new ones are asked for.

        Args:
            refused: Headers that were refused: tokens that another thread has renewed since are
                kept. None forgets them all.

        Returns:
            Whether any step has a token.
        """
        for position, step in enumerate(self._profile.authentication):
            kept = self._tokens.get(position)
            if kept is None or not isinstance(step, TokenStep):
                continue
            header = step.pattern.replace("{secret}", kept.value)
            if refused is None or refused.get(step.header.lower()) == header:
                self._tokens.pop(position, None)
        return any(isinstance(step, TokenStep) for step in self._profile.authentication)

    def _headers(self, *, may_ask: bool) -> dict[str, str] | Judgement:
        headers: dict[str, str] = {}
        for position, step in enumerate(self._profile.authentication):
            if isinstance(step, StaticStep):
                secret = self._secrets[step.credential]
            else:
                token = self._token(position, step, headers, may_ask=may_ask)
                if isinstance(token, Judgement):
                    return token
                secret = token.value
            headers[step.header.lower()] = step.pattern.replace("{secret}", secret)
        return headers

    def _token(
        self, position: int, step: TokenStep, headers: Mapping[str, str], *, may_ask: bool
    ) -> _Token | Judgement:
        kept = self._tokens.get(position)
        if kept is not None and self._clock.now() < kept.use_until:
            return kept
        if not may_ask:
            return Judgement(NEVER_SENT, "token_busy", words_for("token_busy"))
        token = self._ask(step, headers)
        if isinstance(token, Judgement):
            self._refusals += 1
            _log.warning("token_refused", platform=self._profile.id, means=token.means)
        else:
            self._tokens[position] = token
            _log.info("token_granted", platform=self._profile.id, use_until=token.use_until)
        return token

    def _ask(self, step: TokenStep, headers: Mapping[str, str]) -> _Token | Judgement:
        context = {"credentials": self._secrets, "settings": self._settings}
        asked = self._clock.now()
        result = self._exchange(render(step, context, headers))
        judged = judge(step, step.answers, result, {}, self._clock.now())
        if judged.means != TokenMeaning.GRANTED or judged.context is None:
            return _refusal(judged)
        try:
            value = as_text(evaluate(step.token, judged.context))
            lifetime = as_count(evaluate(step.expires_in, judged.context))
        except EvaluationError:
            return _refusal(judged, "token_unreadable")
        if not _fits_header(value):
            return _refusal(judged, "token_unreadable")
        seconds = min(lifetime or step.lifetime_seconds, _LONGEST_LIFETIME) - step.margin_seconds
        return _Token(value, asked + timedelta(seconds=max(seconds, 0.0)))


def _refusal(judged: Judgement, code: str | None = None) -> Judgement:
    """Return why there is no token; the answer's bytes are left out, they may hold one.

    Whatever happened to the request for a token, the call that needed it was never sent.
    """
    unsent = code is not None or judged.means in {UNKNOWN, TokenMeaning.RETRYABLE}
    return Judgement(
        means=NEVER_SENT if unsent else judged.means,
        code=code or judged.code,
        message=words_for(code) if code else judged.message,
        retry_after=judged.retry_after,
        context=judged.context,
    )


def _check(profile: Profile, credentials: Credentials) -> None:
    for name, label in profile.credentials.items():
        secret = credentials.values.get(name, "")
        if not secret or not secret.isprintable():
            raise SettingsError(
                f"{profile.name} 的{label}（{name}）缺失，或含有换行等不能发送的字符，"
                "请在 secrets 目录中更正",
                code="credentials",
            )
    for step in profile.authentication:
        if isinstance(step, StaticStep) and not _fits_header(
            credentials.values.get(step.credential, "")
        ):
            raise SettingsError(
                f"{profile.name} 的 {step.credential} 缺失，或含有空格、中文等"
                "不能放进请求头的字符，请在 secrets 目录中更正",
                code="credentials",
            )


def _fits_header(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
