"""From a call of a profile and its context to the bytes of a request."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from xinqiao.adapters.expressions import EvaluationError, evaluate
from xinqiao.adapters.http.calls import Call
from xinqiao.adapters.http.exchange import HttpRequest
from xinqiao.adapters.http.reading import as_text
from xinqiao.errors import SettingsError

_CONTENT_TYPES = {
    "json": "application/json; charset=utf-8",
    "form": "application/x-www-form-urlencoded; charset=utf-8",
}


def render(call: Call, context: Mapping[str, Any], headers: Mapping[str, str]) -> HttpRequest:
    """Return the request.

    Query and body depend on nothing but profile and context: what changes from one attempt to the
    next, such as a token, belongs into ``headers``.

    Raises:
        SettingsError: An expression cannot work on the context, or builds no fields for a form.
    """
    try:
        query = {name: as_text(evaluate(text, context)) for name, text in call.query.items()}
        value = None if call.body is None else evaluate(call.body, context)
    except EvaluationError as error:
        # the cause is left out: it quotes values
        raise SettingsError(
            f"平台配置中 {call.path} 的表达式「{error}」不能用于这次请求，请更正", code="profile"
        ) from None
    if call.body is None:
        return HttpRequest(call.method, call.path, query, headers)
    typed = {**headers, "content-type": _CONTENT_TYPES[call.body_as]}
    return HttpRequest(call.method, call.path, query, typed, _encode(call, value))


def _encode(call: Call, value: Any) -> bytes:
    if call.body_as == "json":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    if not isinstance(value, Mapping):
        raise SettingsError(
            f"平台配置中 {call.path} 的 body 应得出一组表单项（名称: 值），请更正", code="profile"
        )
    return urlencode({name: as_text(part) for name, part in value.items()}).encode()
