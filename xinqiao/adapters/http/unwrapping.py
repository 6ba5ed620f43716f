"""Texts inside an answer that are JSON or XML themselves: unpacked in their place (逐层解包)."""

from collections.abc import Collection, Sequence
from typing import Any

from xinqiao.adapters.http.calls import Unwrap
from xinqiao.adapters.http.parsing import UnreadableError, parse
from xinqiao.adapters.http.reading import Body


def unwrap(body: Body, steps: Sequence[Unwrap], lists: Collection[str] = ()) -> Body:
    """Return the body with every step done in order.

    A place that is missing, blank or no text stays as it is: that the payload is not there is for
    the rules to see. A text that does not parse ends the unpacking with ``not_unwrapped``.
    """
    value = body.value
    for step in steps:
        try:
            value = _unpacked(value, step.at.split(".") if step.at else [], step.parsed_as, lists)
        except UnreadableError:
            return Body(value, body.problem or "not_unwrapped")
    return Body(value, body.problem)


def _unpacked(value: Any, names: Sequence[str], parsed_as: str, lists: Collection[str]) -> Any:
    if not names:
        packed = isinstance(value, str) and value.strip()
        return parse(value, parsed_as, lists) if packed else value
    if not isinstance(value, dict) or names[0] not in value:
        return value
    return {**value, names[0]: _unpacked(value[names[0]], names[1:], parsed_as, lists)}
