"""Paths of calls, in which names of the context may stand: ``/services/{operation}`` (路径)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import AfterValidator

from xinqiao.adapters.expressions import EvaluationError, evaluate, names_in
from xinqiao.adapters.fields import Path

_NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)\}")


def _checked(path: str) -> str:
    rest = _NAME.sub("", path)
    if "{" in rest or "}" in rest:
        raise ValueError("花括号中应为一个名称，如 /services/{operation}")
    for name in _NAME.findall(path):
        names_in(name)
    return path


CallPath = Annotated[Path, AfterValidator(_checked)]
"""Path below the base address; ``{name}`` is replaced by a value of the call's context."""


def names_in_path(path: str) -> frozenset[str]:
    """Return the names that the path asks for, in the way of expressions."""
    return frozenset(part for name in _NAME.findall(path) for part in names_in(name))


def fill(path: str, context: Mapping[str, Any]) -> str:
    """Return ``path`` with its names replaced, each value percent-encoded whole.

    Raises:
        EvaluationError: A name has no text in the context.
    """

    def value(match: re.Match[str]) -> str:
        text = evaluate(match[1], context)
        if not isinstance(text, str) or not text.strip(". "):
            # an empty or dotted segment would be another path
            raise EvaluationError(match[0])
        return quote(text, safe="")

    return _NAME.sub(value, path)
