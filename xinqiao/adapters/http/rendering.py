"""From a call of a profile and its context to the bytes of a request."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from xinqiao.adapters.expressions import EvaluationError, evaluate
from xinqiao.adapters.http.calls import Call
from xinqiao.adapters.http.encoding import encode, fields_of
from xinqiao.adapters.http.exchange import HttpRequest
from xinqiao.adapters.http.paths import fill
from xinqiao.adapters.http.reading import as_text
from xinqiao.errors import SettingsError

_WITH_MEMBERS = frozenset({"form", "json", "multipart"})


def render(call: Call, context: Mapping[str, Any]) -> HttpRequest:
    """Return the request.

    It depends on nothing but profile and context: what changes from one attempt to the next, such
    as a token, is put in by :mod:`xinqiao.adapters.http.stamping`.

    Raises:
        SettingsError: An expression cannot work on the context, or builds a body of another shape
            than the call asks for.
        NotEncodableError: The body holds a character that the platform's character set has not.
    """
    try:
        path = fill(call.path, context)
        query = {name: as_text(evaluate(text, context)) for name, text in call.query.items()}
        value = None if call.body is None else evaluate(call.body, context)
    except EvaluationError as error:
        # the cause is left out: it quotes values
        raise SettingsError(
            f"平台配置中 {call.path} 的表达式「{error}」不能用于这次请求，请更正", code="profile"
        ) from None
    request = HttpRequest(call.method, path, query, template=call.path, charset=call.charset)
    if call.body is None:
        return request
    if call.body_as == "query":
        return replace(request, query={**query, **fields_of(value)})
    body, content_type = encode(call.body_as, value, call.charset)
    has_members = call.body_as in _WITH_MEMBERS and isinstance(value, Mapping)
    return replace(
        request,
        headers={"content-type": content_type},
        body=body,
        members=value if has_members else None,
        members_as=call.body_as if has_members else None,
    )
