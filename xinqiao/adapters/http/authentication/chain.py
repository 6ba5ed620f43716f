"""The ordered steps by which a platform recognises us; keeps tokens and shares them (认证链)."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from xinqiao.adapters.base import Credentials, Surroundings
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.http.authentication.applying import Holdings, apply_steps
from xinqiao.adapters.http.authentication.steps import StaticStep, TokenStep
from xinqiao.adapters.http.authentication.tokens import Token, read_token
from xinqiao.adapters.http.exchange import HttpAnswer, HttpFailure, HttpRequest
from xinqiao.adapters.http.judgement import AUTH, NEVER_SENT, Judgement, judge
from xinqiao.adapters.http.rendering import render
from xinqiao.adapters.http.stamping import Place, fits_header
from xinqiao.adapters.profile import Profile
from xinqiao.errors import SettingsError

_log = structlog.get_logger(__name__)

_BUSY = Judgement(NEVER_SENT, "token_busy", words_for("token_busy"))


@dataclass(frozen=True, slots=True)
class Stamped:
    """A request that is ready to leave.

    Attributes:
        request: The request with what every step puts in.
        tokens: Position of a step → the token that was used.
    """

    request: HttpRequest
    tokens: Mapping[int, str] = field(repr=False)


class Authentication:
    """Who we are, for one platform; holds tokens in memory only.

    Calls of several threads share the tokens: one thread asks for a token, the others wait for it.
    Whoever waited while another asked does not ask again at once, so that no call takes longer than
    the bound that the lease is compared with.
    """

    def __init__(
        self,
        profile: Profile,
        surroundings: Surroundings,
        exchange: Callable[[HttpRequest], HttpAnswer | HttpFailure],
    ) -> None:
        """Check that every secret is there; nothing is sent.

        Raises:
            SettingsError: A secret is missing or holds what its place cannot carry. The message
                names it and never shows it.
        """
        _check(profile, surroundings.credentials)
        self._profile = profile
        self._steps = profile.authentication
        self._credentials = dict(surroundings.credentials.values)
        self._clock = surroundings.clock
        self._settings = dict(surroundings.settings)
        self._exchange = exchange
        self._tokens: dict[int, Token] = {}
        self._asking = threading.Lock()
        self._answered = 0

    def __repr__(self) -> str:
        return f"Authentication({self._profile.id!r})"

    def stamped(self, request: HttpRequest, caller: str) -> Stamped | Judgement:
        """Return ``request`` as it may leave now, or why no token could be had.

        Args:
            request: The request as it was rendered: the same for every attempt.
            caller: The operation, such as ``submit``.

        Raises:
            SettingsError: A value does not fit its place.
        """
        tokens = self.tokens()
        if isinstance(tokens, Judgement):
            return tokens
        return Stamped(self._apply(request, caller, tokens, len(self._steps)), tokens)

    def tokens(self) -> Mapping[int, str] | Judgement:
        """Return a usable token for every step that has one, or why it could not be had."""
        if not any(isinstance(step, TokenStep) for step in self._steps):
            return {}
        answered = self._answered
        # whoever asks needs no longer than this, and nobody waits longer
        if not self._asking.acquire(timeout=self._profile.longest_token_seconds):
            return _BUSY
        try:
            return self._walk(answered, may_ask=self._answered == answered)
        finally:
            self._asking.release()

    def renew(self, refused: Stamped | None = None) -> bool:
        """Forget the tokens, so that new ones are asked for.

        Args:
            refused: The request that was refused: tokens that another thread has renewed since are
                kept. None forgets them all.

        Returns:
            Whether any step has a token.
        """
        for position, kept in list(self._tokens.items()):
            if refused is None or refused.tokens.get(position) == kept.value:
                self._tokens.pop(position, None)
        return any(isinstance(step, TokenStep) for step in self._steps)

    def _walk(
        self, answered: int, *, may_ask: bool, again: bool = True
    ) -> Mapping[int, str] | Judgement:
        """Return the tokens, asking for those that are missing.

        A token that was granted while we waited is used even if it is short-lived: to ask for one
        of our own would take longer than a call may.
        """
        tokens: dict[int, str] = {}
        older = []
        for position, step in enumerate(self._steps):
            if not isinstance(step, TokenStep):
                continue
            kept = self._tokens.get(position)
            if kept is not None and (self._clock.now() < kept.use_until or kept.number > answered):
                tokens[position] = kept.value
                older.append(position)
                continue
            if not may_ask:
                return _BUSY
            token = self._ask(position, step, tokens)
            if isinstance(token, Judgement):
                if not (again and older and token.means == AUTH):
                    return token
                # a token that this one is asked for with may have ended before its time
                for one in older:
                    self._tokens.pop(one, None)
                return self._walk(answered, may_ask=may_ask, again=False)
            self._tokens[position] = token
            tokens[position] = token.value
        return tokens

    def _ask(self, position: int, step: TokenStep, tokens: Mapping[int, str]) -> Token | Judgement:
        known = Holdings(self._settings, self._credentials, tokens).named(self._steps)
        context = {
            "credentials": known.credentials,
            "settings": known.settings,
            "tokens": known.tokens,
        }
        request = self._apply(render(step, context), step.known_as, tokens, position)
        asked = self._clock.now()
        result = self._exchange(request)
        self._answered += 1
        judged = judge(step, step.answers, result, {}, self._clock.now())
        token = read_token(step, judged, asked, self._answered)
        if isinstance(token, Judgement):
            _log.warning("token_refused", platform=self._profile.id, means=token.means)
        else:
            _log.info("token_granted", platform=self._profile.id, use_until=token.use_until)
        return token

    def _apply(
        self, request: HttpRequest, caller: str, tokens: Mapping[int, str], before: int
    ) -> HttpRequest:
        holdings = Holdings(self._settings, self._credentials, tokens)
        return apply_steps(self._steps[:before], request, caller, holdings, self._clock.now())


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
        if not isinstance(step, StaticStep) or step.place is not Place.HEADER:
            continue
        secret = credentials.values.get(step.credential, "")
        if not fits_header(secret) or " " in secret:
            raise SettingsError(
                f"{profile.name} 的 {step.credential} 缺失，或含有空格、中文等"
                "不能放进请求头的字符，请在 secrets 目录中更正",
                code="credentials",
            )
