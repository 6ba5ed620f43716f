"""What is wrong with a table, said to the person who edits it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from xinqiao.mapping.tables import CodeEntry, CodeTable, FormatField, FormatTable
from xinqiao.records.conditions import Condition
from xinqiao.records.table_lines import line_of

_PARTS: Mapping[tuple[str, ...], type[BaseModel]] = {
    ("FormatTable",): FormatTable,
    ("FormatTable", "field"): FormatField,
    ("FormatTable", "field", "required_when"): Condition,
    ("FormatTable", "field", "blank_when"): Condition,
    ("CodeTable",): CodeTable,
    ("CodeTable", "entry"): CodeEntry,
}
"""Keys that lead to a part of a table → the model that knows the keys of that part."""

_EXPECTED: Mapping[str, str] = {
    "missing": "缺少这一项，请补填",
    "string_type": "应为文字，请加引号",
    "string_too_short": "不能为空",
    "string_pattern_mismatch": "写法不对，应为英文字母、数字、下划线（路径用点分隔）",
    "int_type": "应为整数，不加引号",
    "bool_type": "应为 true 或 false，不加引号",
    "greater_than": "应大于 {gt}",
    "literal_error": "应为 {expected} 之一",
    "tuple_type": "应为列表",
    "too_short": "至少应有 {min_length} 项",
    "model_type": "应为由键和值组成的一段",
}


Place = tuple[int | str, ...]
"""Names of keys, and numbers of rows counted from 0."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a table.

    Attributes:
        place: Where it stands.
        text: What is wrong, in Chinese.
    """

    place: Place
    text: str


def told(problems: Iterable[Problem], text: str) -> str:
    """Return ``problems`` of a table in Chinese, one after the other, each with its line.

    Args:
        problems: What is wrong.
        text: The table as it was written.
    """
    return "；".join(f"{_line(text, problem.place)}{problem.text}" for problem in problems)


def explain(error: ValidationError, raw: Mapping[str, Any], text: str) -> str:
    """Return every problem of ``error`` in Chinese, one after the other, each with its line.

    Args:
        error: What pydantic found in a table.
        raw: The table as it was read, to name fields by their own code instead of a number.
        text: The table as it was written.
    """
    return told((_problem(error.title, dict(one), raw) for one in error.errors()), text)


def _line(text: str, place: Place) -> str:
    line = line_of(text, place)
    return f"第 {line} 行：" if line is not None else ""


def _problem(table: str, problem: Mapping[str, Any], raw: Mapping[str, Any]) -> Problem:
    place = tuple(problem["loc"])
    if problem["type"] == "table":
        inner = (*place, *problem["ctx"]["place"])
        return Problem(inner, problem["ctx"]["text"])
    return Problem(place, _explain_one(table, problem, raw))


def _explain_one(table: str, problem: Mapping[str, Any], raw: Mapping[str, Any]) -> str:
    place = tuple(problem["loc"])
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        return f"{_place(place[:-1], raw)}不认识的键 {place[-1]}{_hint(table, place)}"
    if kind == "value_error":
        return f"{_place(place, raw)}{context['error']}"
    expected = _EXPECTED.get(kind, "写法不对，请对照随软件提供的表填写")
    return f"{_place(place, raw)}{expected.format(**context)}"


def _place(place: Place, raw: Mapping[str, Any]) -> str:
    """Return where ``place`` is, naming rows by number and by their code or word."""
    words: list[str] = []
    here: Any = raw
    for step in place:
        here = _inside(here, step)
        if isinstance(step, int):
            name = _name_of(here)
            words[-1] += f" 第 {step + 1} 项" + (f"（{name}）" if name else "")
        else:
            words.append(step)
    return " 的 ".join(words) + "：" if words else ""


def _inside(here: Any, step: int | str) -> Any:
    try:
        return here[step]
    except (KeyError, IndexError, TypeError):
        return None


def _name_of(row: Any) -> str:
    if not isinstance(row, dict):
        return ""
    return str(row.get("code") or row.get("word") or "")


def _hint(table: str, place: Iterable[int | str]) -> str:
    *parents, key = [step for step in place if isinstance(step, str)]
    part = _PARTS.get((table, *parents))
    if part is None:
        return ""
    known = [str(info.validation_alias or name) for name, info in part.model_fields.items()]
    if near := get_close_matches(key, known, n=1):
        return f"，是否应为 {near[0]}"
    return f"，可用的键：{'、'.join(known)}"
