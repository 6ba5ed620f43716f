"""What one exchange means by the rules of a profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from xinqiao.adapters.exchange import Arrival, HttpAnswer, HttpFailure
from xinqiao.adapters.expressions import EvaluationError, evaluate, holds
from xinqiao.adapters.profile_calls import Answer, Call
from xinqiao.adapters.reading import Body, as_text, as_wait, read_body

NEVER_SENT = Arrival.NEVER_SENT.value
"""Meaning of an exchange in which the request did not leave."""

UNKNOWN = "unknown"
"""Meaning of an exchange that no rule explains, or that brought no whole answer."""

AUTH = "auth"
"""Meaning of an answer that refuses the credentials, in every vocabulary of the profiles."""

_WORDS = MappingProxyType(
    {
        "connect_refused": "对方拒绝连接，请检查地址、端口和网络",
        "connect_failed": "无法建立连接，请检查网络",
        "connect_timeout": "建立连接超时，请检查网络",
        "name_unresolved": "无法解析对方的域名，请检查地址和域名解析",
        "tls_failed": "加密连接建立失败，请检查证书",
        "bad_url": "配置的地址不合法，请检查 transport.base_url",
        "read_timeout": "已发出请求，等待应答超时",
        "write_timeout": "发送请求超时，对方可能已收到一部分",
        "write_failed": "发送请求时连接中断，对方可能已收到一部分",
        "total_timeout": "应答超过了总时限，已断开",
        "too_large": "应答超过了允许的大小，已断开",
        "cut_off": "应答没有收完，连接已断开",
        "bad_compression": "应答的压缩内容无法解开",
        "empty": "应答内容为空",
        "html": "应答是网页，不是数据，可能被网关或登录页拦截",
        "not_json": "应答不是合法的 JSON",
        "wrong_encoding": "应答的文字编码与声明不符",
        "rule_failed": "应答的形状与平台配置的规则不符",
        "unmatched": "平台配置中没有能解释这个应答的规则",
        "rows_unreadable": "应答中的行结果无法读出",
        "row_outside_batch": "应答中的行号不在本批次之内",
        "row_named_twice": "应答中同一行出现了两次",
        "entries_unreadable": "应答中的记录清单无法读出",
        "list_cut_short": "应答中的记录清单不完整",
        "other_key": "应答中的记录不是所查询的记录",
        "not_supported": "平台配置中没有这项操作",
        "token_unreadable": "令牌应答无法读出",
        "too_late": "已超过可以发送的时间，没有发送",
        "token_busy": "另一线程换取令牌没有成功，没有发送",
        "batch_too_large": "批次超过平台配置的上限，应拆分后再报",
    }
)


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
    body = read_body(result)
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


def words_for(code: str) -> str:
    """Return the Chinese words for one of our own names of what happened."""
    if code.startswith("http_"):
        return f"对方以 HTTP 状态 {code.removeprefix('http_')} 应答，没有说明"
    return _WORDS.get(code, f"通信未能完成（{code}）")


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
