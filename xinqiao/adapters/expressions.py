"""JMESPath expressions of the profiles: checked when a profile is read, compiled once, evaluated.

JMESPath (https://jmespath.org) reads and builds JSON and can do nothing else: an expression in a
profile has no way to reach files, network or secrets that it was not handed.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from pydantic import AfterValidator

from xinqiao.adapters.predicates import PREDICATES, Predicates


class EvaluationError(Exception):
    """An expression that compiles met a value it cannot work on, such as the length of null."""


@lru_cache(maxsize=1024)
def compile_expression(text: str) -> ParsedResult:
    """Return the compiled expression.

    Raises:
        ValueError: With a Chinese message, when ``text`` does not compile, names a function that
            does not exist or calls one with the wrong number of arguments.
    """
    try:
        compiled = jmespath.compile(text)
    except JMESPathError as error:
        raise ValueError(f"表达式「{text}」不是合法的 JMESPath：{_first_line(error)}") from error
    for call in _calls(compiled.parsed):
        _check_call(text, call)
    return compiled


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    """Return the value of the expression over ``context``; null is None.

    Raises:
        EvaluationError: The expression cannot work on the values it met.
    """
    try:
        return compile_expression(text).search(context, PREDICATES)
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        # the library's text quotes the value, which may be personal data: it goes no further
        raise EvaluationError(text) from None


def holds(text: str, context: Mapping[str, Any]) -> bool:
    """Return whether the expression is true in JMESPath's sense: null and empty values are false.

    Raises:
        EvaluationError: The expression cannot work on the values it met.
    """
    value = evaluate(text, context)
    return value is not None and value is not False and value not in ("", [], {})


def names_in(text: str) -> frozenset[str]:
    """Return every name of a field that the expression reads, at whatever depth."""
    return frozenset(
        node["value"] for node in _nodes(compile_expression(text).parsed) if node["type"] == "field"
    )


def _checked(text: str) -> str:
    compile_expression(text)
    return text


Expression = Annotated[str, AfterValidator(_checked)]
"""Type of a profile's field that holds an expression; it is compiled when the profile is read."""


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node["children"]:
        if isinstance(child, Mapping):
            yield from _nodes(child)


def _calls(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (one for one in _nodes(node) if one["type"] == "function_expression")


def _check_call(text: str, call: Mapping[str, Any]) -> None:
    # the library finds these only while evaluating, which would be in the middle of a delivery
    entry = Predicates.FUNCTION_TABLE.get(call["value"])
    if entry is None:
        raise ValueError(f"表达式「{text}」用了不存在的函数 {call['value']}")
    signature = entry["signature"]
    given, wanted = len(call["children"]), len(signature)
    variadic = bool(signature) and bool(signature[-1].get("variadic"))
    if given < wanted or (given > wanted and not variadic):
        raise ValueError(
            f"表达式「{text}」中函数 {call['value']} 应有 {wanted} 个参数，实有 {given} 个"
        )
    if call["value"] == "matches":
        _check_pattern(text, call["children"][1])


def _check_pattern(text: str, pattern: Mapping[str, Any]) -> None:
    # a pattern from an answer would let the other side decide how long we compute
    if pattern["type"] != "literal" or not isinstance(pattern["value"], str):
        raise ValueError(f"表达式「{text}」中 matches 的第二个参数应为单引号内的正则表达式")
    try:
        re.compile(pattern["value"])
    except (re.error, RecursionError, OverflowError):
        raise ValueError(f"表达式「{text}」中 matches 的正则表达式不合法") from None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].removeprefix("Invalid jmespath expression: ")
