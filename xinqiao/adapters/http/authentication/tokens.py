"""What an answer to a request for a token holds (令牌应答)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from xinqiao.adapters.codes import words_for
from xinqiao.adapters.expressions import EvaluationError, evaluate
from xinqiao.adapters.http.authentication.steps import TokenMeaning, TokenStep
from xinqiao.adapters.http.judgement import NEVER_SENT, UNKNOWN, Judgement
from xinqiao.adapters.http.reading import as_instant, as_text
from xinqiao.adapters.http.stamping import Place

_LONGEST_LIFETIME = timedelta(days=30)
_SECONDS_OF_UNIT = {"seconds": 1.0, "milliseconds": 0.001}
_MOST_DIGITS_OF_SECONDS = 11
_MOST_DIGITS_OF_MILLISECONDS = 13


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was granted.

    Attributes:
        value: The token.
        use_until: From then on a new one is asked for.
        number: How many requests for tokens had been answered by then.
    """

    value: str = field(repr=False)
    use_until: datetime
    number: int


def read_token(
    step: TokenStep, judged: Judgement, asked: datetime, number: int
) -> Token | Judgement:
    """Return the token in an answer, or why there is none.

    Args:
        step: What the profile says about it.
        judged: What the answer means.
        asked: Our clock before it was asked for.
        number: As :attr:`Token.number`.
    """
    if judged.means != TokenMeaning.GRANTED or judged.context is None:
        return _refusal(judged)
    try:
        value = as_text(evaluate(step.token, judged.context))
        ends = _end(step, judged.context, asked)
    except EvaluationError:
        return _refusal(judged, "token_unreadable")
    if not _fits(value, step.place):
        return _refusal(judged, "token_unreadable")
    ends = min(ends, asked + _LONGEST_LIFETIME) - timedelta(seconds=step.margin_seconds)
    return Token(value, max(ends, asked), number)


def _end(step: TokenStep, context: Mapping[str, Any], asked: datetime) -> datetime:
    usual = asked + timedelta(seconds=step.lifetime_seconds)
    if step.expires_at is not None:
        return _instant(evaluate(step.expires_at, context)) or usual
    told = None if step.expires_in is None else _digits(evaluate(step.expires_in, context))
    if not told:
        return usual
    # a lifetime of centuries is no instant any more
    seconds = min(told * _SECONDS_OF_UNIT[step.expires_in_unit], _LONGEST_LIFETIME.total_seconds())
    return asked + timedelta(seconds=seconds)


def _instant(value: Any) -> datetime | None:
    """Return an instant that is told as a date, or as seconds or milliseconds since 1970."""
    number, digits = _digits(value), len(as_text(value))
    if number is None or digits > _MOST_DIGITS_OF_MILLISECONDS:
        return as_instant(value)
    seconds = number if digits <= _MOST_DIGITS_OF_SECONDS else number / 1000
    return datetime.fromtimestamp(seconds, UTC)


def _digits(value: Any) -> int | None:
    text = as_text(value)
    short = text.isascii() and text.isdigit() and len(text) <= len("99991231235959999")
    return int(text) if short else None


def _fits(token: str, place: Place) -> bool:
    if place is Place.HEADER:
        return bool(token) and token.isascii() and token.isprintable() and " " not in token
    return bool(token) and token.isprintable()


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
