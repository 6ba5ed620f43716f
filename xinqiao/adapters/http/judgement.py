"""What one exchange means by the rules of a profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xinqiao.adapters.codes import words_for
from xinqiao.adapters.expressions import EvaluationError, evaluate, holds
from xinqiao.adapters.http.calls import Answer, Call
from xinqiao.adapters.http.exchange import Arrival, HttpAnswer, HttpFailure
from xinqiao.adapters.http.reading import Body, as_text, as_wait, read_body
from xinqiao.adapters.http.unwrapping import unwrap

NEVER_SENT = Arrival.NEVER_SENT.value
"""Meaning of an exchange in which the request did not leave."""

UNKNOWN = "unknown"
"""Meaning of an exchange that no rule explains, or that brought no whole answer."""

AUTH = "auth"
"""Meaning of an answer that refuses the credentials, in every vocabulary of the profiles."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an exchange came to.

    Attributes:
        means: Word of the call's vocabulary, :data:`NEVER_SENT` or :data:`UNKNOWN`.
        code: The platform's code, or the name of what happened on the way.
        message: The platform's words, or ours in Chinese.
        retry_after: Seconds the platform asked us to wait.
        raw: The answer's bytes.
        context: What expressions can read of the answer; None when there was no whole answer.
    """

    means: str
    code: str = ""
    message: str = field(default="", repr=False)
    retry_after: float | None = None
    raw: bytes = field(default=b"", repr=False)
    context: Mapping[str, Any] | None = field(default=None, repr=False)


def judge(
    call: Call,
    answers: Sequence[Answer],
    result: HttpAnswer | HttpFailure,
    asked: Mapping[str, Any],
    now: datetime,
) -> Judgement:
    """Return what ``result`` means: the first of ``answers`` that holds.

    An expression that cannot work on the answer makes the whole answer unknown: going on to a
    later, wider rule could take a failure for a success.
    """
    if isinstance(result, HttpFailure):
        means = NEVER_SENT if result.arrival is Arrival.NEVER_SENT else UNKNOWN
        return Judgement(means, result.code, words_for(result.code), raw=result.partial)
    read = read_body(result, call.answer_as, call.answer_charset, call.lists)
    body = unwrap(read, call.unwrap, call.lists)
    context = {
        "status": result.status,
        "headers": dict(result.headers),
        "body": body.value,
        "problem": body.problem or None,
        "asked": dict(asked),
    }
    try:
        return _first(call, answers, context, body, result, now)
    except EvaluationError:
        code = body.problem or "rule_failed"
        return Judgement(UNKNOWN, code, words_for(code), raw=result.body, context=context)


NOT_SUPPORTED = Judgement(UNKNOWN, "not_supported", words_for("not_supported"))
"""Judgement of a call that the profile does not describe."""


def _first(
    call: Call,
    answers: Sequence[Answer],
    context: Mapping[str, Any],
    body: Body,
    result: HttpAnswer,
    now: datetime,
) -> Judgement:
    rule = next((answer for answer in answers if holds(answer.when, context)), None)
    code = as_text(evaluate((rule and rule.code) or call.code, context))
    message = as_text(evaluate((rule and rule.message) or call.message, context))
    ours = body.problem or ("unmatched" if rule is None else f"http_{result.status}")
    if not message and (rule is None or not code):
        message = words_for(ours)
    return Judgement(
        means=UNKNOWN if rule is None else rule.means.value,
        code=code or ours,
        message=message,
        retry_after=as_wait(evaluate(call.retry_after, context), now),
        raw=result.body,
        context=context,
    )
