"""Chinese explanations of what is wrong with a profile: file, key, what was expected."""

import difflib
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_EXPECTED = {
    "missing": "缺少这一项",
    "string_type": "应为文字",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "string_too_short": "不得为空",
    "too_short": "至少应有一条",
    "tuple_type": "应为列表",
    "dict_type": "应为表",
    "model_type": "应为表",
    "union_tag_not_found": "缺少 type",
}

_TAGS = frozenset({"static", "token", "sign", "http", "exchange_db", "file", "manual", "python"})
"""Words of ``type``, which pydantic adds to the location of what is below."""

_EXPECTED_WITH = {
    "greater_than": ("应大于 {}", "gt"),
    "greater_than_equal": ("应不小于 {}", "ge"),
    "less_than_equal": ("应不大于 {}", "le"),
    "string_pattern_mismatch": ("应符合格式 {}", "pattern"),
    "literal_error": ("应为 {} 之一", "expected"),
    "enum": ("应为 {} 之一", "expected"),
    "union_tag_invalid": ("type 应为 {} 之一", "expected_tags"),
    "value_error": ("{}", "error"),
}


def explain(
    model: type[BaseModel],
    error: ValidationError,
    *,
    overlay: Mapping[str, Any],
    overlay_file: str,
    file: str,
) -> str:
    """Return one Chinese line for each thing that is wrong.

    Each names the file that holds the key: the workspace's own where it says the key, else the
    shipped one. Values are never quoted, since a secret may have been written into the wrong file.
    """
    details = error.errors(include_url=False, include_input=False)
    lines = []
    for detail in details:
        if detail["type"] == "too_short" and _wrong_inside(detail, details):
            continue  # a list whose only elements are wrong counts as empty
        path = _path(detail["loc"])
        where = overlay_file if _holds(overlay, _element(path)) else file
        lines.append(f"{where}：{_dotted(path)} {_what(model, path, detail)}")
    return "平台配置有误，请更正后重试。\n" + "\n".join(lines)


def _what(model: type[BaseModel], path: tuple[int | str, ...], detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _unknown_key(model, path)
    if kind in _EXPECTED_WITH:
        pattern, name = _EXPECTED_WITH[kind]
        given = str(detail.get("ctx", {}).get(name, ""))
        return pattern.format(given.replace(" or ", ", ").replace("'", "").replace(", ", "、"))
    return _EXPECTED.get(kind, f"的写法不对（{kind}）")


def _unknown_key(model: type[BaseModel], path: tuple[int | str, ...]) -> str:
    known = _known_keys(model, path[:-1])
    near = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.5)
    if near:
        return f"不是认识的项，是否想写 {near[0]}"
    return f"不是认识的项，这里可以写 {'、'.join(known)}"


def _known_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    return sorted({name for table in _tables_at(model, path) for name in table.model_fields})


def _tables_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[type[BaseModel]]:
    tables, keyed = [model], False
    for step in path:
        if isinstance(step, int):
            continue
        if keyed:
            keyed = False  # a name of the author's own, under which a table stands
            continue
        found = [
            table.model_fields[step].annotation for table in tables if step in table.model_fields
        ]
        keyed = any(get_origin(annotation) is dict for annotation in found)
        tables = [inner for annotation in found for inner in _tables_in(annotation)]
    return tables


def _tables_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [table for part in get_args(annotation) for table in _tables_in(part)]


def _path(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Leave out what pydantic adds to a location: the tag of a union, the mark of a dict's key."""
    kept: list[int | str] = []
    for before, step in pairwise(("", *location)):
        tag = step in _TAGS and (isinstance(before, int) or before == "transport")
        if step != "[key]" and not tag:
            kept.append(step)
    return tuple(kept)


def _element(path: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the path of the list element that holds the key: lists come whole from one file."""
    numbers = [position for position, step in enumerate(path) if isinstance(step, int)]
    return path[: numbers[0] + 1] if numbers else path


def _wrong_inside(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    outer = detail["loc"]
    return any(len(d["loc"]) > len(outer) and d["loc"][: len(outer)] == outer for d in details)


def _holds(values: Any, path: tuple[int | str, ...]) -> bool:
    for step in path:
        listed = isinstance(values, list) and isinstance(step, int) and step < len(values)
        if not listed and not (isinstance(values, Mapping) and step in values):
            return False
        values = values[step]
    return True


def _dotted(path: tuple[int | str, ...]) -> str:
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")
