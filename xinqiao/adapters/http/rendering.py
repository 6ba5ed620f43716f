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

CONTENT_TYPES = {
    "json": "application/json; charset=utf-8",
    "form": "application/x-www-form-urlencoded; charset=utf-8",
}
"""Kind of body → its content type."""


def render(call: Call, context: Mapping[str, Any]) -> HttpRequest:
    """Return the request.

    It depends on nothing but profile and context: what changes from one attempt to the next, such
    as a token, is put in by :mod:`xinqiao.adapters.http.stamping`.

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
        return HttpRequest(call.method, call.path, query)
    members = value if isinstance(value, Mapping) else None
    if call.body_as == "form" and members is None:
        raise SettingsError(
            f"平台配置中 {call.path} 的 body 应得出一组表单项（名称: 值），请更正", code="profile"
        )
    return HttpRequest(
        call.method,
        call.path,
        query,
        {"content-type": CONTENT_TYPES[call.body_as]},
        encode(call.body_as, value),
        members,
        "" if members is None else call.body_as,
    )


def encode(body_as: str, value: Any) -> bytes:
    """Return the bytes of a body; for a form ``value`` is a mapping."""
    if body_as == "json":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return urlencode({name: as_text(part) for name, part in value.items()}).encode()
