"""From a call of a profile and its context to the bytes of a request."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from xinqiao.adapters.expressions import EvaluationError, evaluate
from xinqiao.adapters.http.calls import Call
from xinqiao.adapters.http.encoding import encode
from xinqiao.adapters.http.exchange import HttpRequest
from xinqiao.adapters.http.paths import fill
from xinqiao.adapters.http.reading import as_text
from xinqiao.errors import SettingsError


def render(call: Call, context: Mapping[str, Any], headers: Mapping[str, str]) -> HttpRequest:
    """Return the request.

    Query and body depend on nothing but profile and context: what changes from one attempt to the
    next, such as a token, belongs into ``headers``.

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
    request = HttpRequest(call.method, path, query, headers, template=call.path)
    if call.body is None:
        return request
    body, content_type = encode(call.body_as, value, call.charset)
    if call.body_as == "query":
        written = dict(parse_qsl(body.decode(), keep_blank_values=True))
        return replace(request, query={**query, **written})
    return replace(request, headers={**headers, "content-type": content_type}, body=body)
