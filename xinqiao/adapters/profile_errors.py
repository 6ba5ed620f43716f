"""Chinese explanations of what is wrong with a profile: file, key, what was expected."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

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
    "list_type": "应为列表",
    "union_tag_not_found": "缺少这一项",
}

_EXPECTED_WITH = {
    "greater_than": ("应大于 {}", "gt"),
    "greater_than_equal": ("应不小于 {}", "ge"),
    "less_than_equal": ("应不大于 {}", "le"),
    "string_pattern_mismatch": ("应符合格式 {}", "pattern"),
    "literal_error": ("应为 {} 之一", "expected"),
    "enum": ("应为 {} 之一", "expected"),
    "union_tag_invalid": ("应为 {} 之一", "expected_tags"),
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
        place = _place(model, detail)
        holder = _element(place.path[:-1] if detail["type"] in _MISSING else place.path)
        where = overlay_file if overlay and _holds(overlay, holder) else file
        told = " ".join(part for part in (_dotted(place.path), _what(place, detail)) if part)
        lines.append(f"{where}：{told}")
    return "平台配置有误，请更正后重试。\n" + "\n".join(lines)


_MISSING = frozenset({"missing", "union_tag_not_found"})
_ADDED = "[key]"
"""What pydantic adds to the location of a dict's key."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something is wrong.

    Attributes:
        path: Keys and positions as the file has them.
        known: Keys that could stand there.
        is_key: Whether it is a key that is wrong, and not what stands under it.
    """

    path: tuple[int | str, ...]
    known: tuple[str, ...]
    is_key: bool


def _place(model: type[BaseModel], detail: ErrorDetails) -> _Place:
    """Follow a location through the model; words of ``type`` that pydantic adds are left out."""
    path: list[int | str] = []
    here: list[Any] = [model]
    above = here
    for step in detail["loc"]:
        tagged = [one for one in here if step in _tags(one)]
        if step == _ADDED or (tagged and len(here) > 1):
            here = tagged or here
        else:
            path.append(step)
            above, here = here, [inner for one in here for inner in _below(one, step)]
    if detail["type"].startswith("union_tag"):
        path.append("type")
    fields = {name for one in above for name in _fields(one)}
    return _Place(tuple(path), tuple(sorted(fields)), detail["loc"][-1:] == (_ADDED,))


def _what(place: _Place, detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind == "extra_forbidden":
        words = "、".join(place.known)
        return f"不是认识的项，{_near(place, place.known) or f'这里可以写 {words}'}"
    if kind in _EXPECTED_WITH:
        pattern, name = _EXPECTED_WITH[kind]
        given = _printable(str(detail.get("ctx", {}).get(name, "")))
        words = given.replace(" or ", ", ").replace("'", "").replace(", ", "、")
        near = _near(place, words.split("、")) if place.is_key else ""
        return pattern.format(words) + (near and f"，{near}")
    return _EXPECTED.get(kind, f"的写法不对（{kind}）")


def _printable(text: str) -> str:
    """Return ``text`` with line ends and the like as escapes: a message is one line for each."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def _near(place: _Place, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(str(place.path[-1]), known, n=1, cutoff=0.5)
    return f"是否想写 {near[0]}" if near else ""


def _below(annotation: Any, step: int | str) -> list[Any]:
    """Return the types that can stand under ``step`` of a table, list or dict."""
    fields = _fields(annotation)
    if fields:
        return _alternatives(fields[step]) if step in fields else []
    inner = [part for part in get_args(annotation) if part is not Ellipsis]
    return _alternatives(inner[-1]) if inner else []


def _fields(annotation: Any) -> dict[str, Any]:
    """Return key as a profile writes it → type; none for what is no table."""
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return {}
    return {info.alias or name: info.annotation for name, info in annotation.model_fields.items()}


def _alternatives(annotation: Any) -> list[Any]:
    """Return the members of a union, or the one type."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return [one for part in get_args(annotation) for one in _alternatives(part)]
    return [annotation]


def _tags(annotation: Any) -> tuple[Any, ...]:
    """Return the words of ``type`` by which pydantic knows a table from its alternatives."""
    return get_args(_fields(annotation).get("type"))


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
