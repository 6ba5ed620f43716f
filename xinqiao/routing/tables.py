"""Reading tables of rules (规则表): what is wrong in one is told with file, line and key.

A table of rules is edited by people. One with a mistake is not used at all: a rule that is half
read would decide wrongly without anybody noticing.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from xinqiao.errors import SettingsError
from xinqiao.records.conditions import Condition
from xinqiao.records.kinds import KINDS
from xinqiao.records.table_lines import line_of

Model = TypeVar("Model", bound=BaseModel)

Location = tuple[str | int, ...]
"""Where something stands: names of keys, and numbers of rows counted from 0."""

_EXPECTED: Mapping[str, str] = {
    "missing": "缺少这一项，请补填",
    "string_type": "应为文字，请加引号",
    "string_too_short": "不能为空",
    "string_pattern_mismatch": "写法不对，应为英文字母、数字、下划线（路径用点分隔）",
    "int_type": "应为整数，不加引号",
    "int_parsing": "应为整数，不加引号",
    "bool_type": "应为 true 或 false，不加引号",
    "greater_than_equal": "应不小于 {ge}",
    "less_than_equal": "应不大于 {le}",
    "enum": "应为 {expected} 之一",
    "literal_error": "应为 {expected} 之一",
    "too_short": "至少应有 {min_length} 项",
    "tuple_type": "应为列表",
    "frozen_set_type": "应为列表",
    "value_error": "{error}",
}


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table of rules as a person wrote it.

    Attributes:
        name: Name of the file, such as ``routes.toml``, to begin messages with.
        text: Its content.
    """

    name: str
    text: str

    def read(self, model: type[Model]) -> Model:
        """Return the content in the form of ``model``.

        Raises:
            SettingsError: It is not TOML, or a key is unknown, missing or has a value that is not
                allowed; the first such fault is told.
        """
        try:
            return model.model_validate(tomllib.loads(self.text))
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(
                f"{self.name} 不合 TOML 写法，请检查该处的引号和括号：{error}", code="rule_table"
            ) from None
        except ValidationError as error:
            problem: dict[str, Any] = {**error.errors(include_url=False)[0]}
            raise self.fault(_explain(model, problem), *problem["loc"]) from None

    def fault(self, what: str, *location: str | int) -> SettingsError:
        """Return the error that says ``what`` is wrong at ``location``."""
        line = line_of(self.text, location)
        place = f"{self.name} 第 {line} 行" if line is not None else self.name
        return SettingsError(f"{place}：{what}。整张表没有采用，请更正", code="rule_table")

    def check_kind(self, kind: str, *location: str | int) -> None:
        """Refuse a kind of record that does not exist.

        Raises:
            SettingsError: There is none of that name.
        """
        if kind not in KINDS:
            hint = _nearest(kind, KINDS)
            raise self.fault(f"没有记录类型 {kind}{hint}", *location)

    def check_conditions(self, kind: str, when: Sequence[Condition], *location: str | int) -> None:
        """Refuse conditions that ask for a field or a word which the kind does not have.

        Args:
            kind: A kind that exists.
            when: The conditions of a row, under its key ``when``.
            location: Of the row.

        Raises:
            SettingsError: No such field, or a word that the field never takes.
        """
        for number, condition in enumerate(when):
            place = (*location, "when", number)
            self.check_field(kind, condition.field, *place, "field")
            for key, words in (("in", condition.words), ("any", condition.any_word)):
                self.check_words(kind, condition.field, words or (), *place, key)

    def check_field(self, kind: str, path: str, *location: str | int) -> None:
        """Refuse the path of a field that records of ``kind`` do not have.

        Raises:
            SettingsError: There is no such field.
        """
        if path not in KINDS[kind].labels:
            hint = _nearest(path, KINDS[kind].labels)
            raise self.fault(f"记录类型 {kind} 没有字段 {path}{hint}", *location)

    def check_words(self, kind: str, path: str, words: Sequence[str], *location: str | int) -> None:
        """Refuse words that a field with a list of words never takes.

        Raises:
            SettingsError: Names the first of them.
        """
        allowed = KINDS[kind].words.get(path)
        for word in words:
            if allowed is not None and word not in allowed:
                known = "、".join(allowed)
                raise self.fault(f"字段 {path} 不会是“{word}”，可填的是：{known}", *location)


def shipped_table(name: str) -> TableFile:
    """Return a table that xinqiao ships in its folder of rules."""
    return TableFile(name, (files("xinqiao.routing") / name).read_text(encoding="utf-8"))


def _explain(model: type[BaseModel], problem: Mapping[str, Any]) -> str:
    location: Location = problem["loc"]
    name = ".".join(str(step) for step in location if isinstance(step, str))
    if problem["type"] == "extra_forbidden":
        return (
            f"不认识的键 {location[-1]}{_nearest(str(location[-1]), _keys(model, location[:-1]))}"
        )
    context = {**problem.get("ctx", {})}
    if "expected" in context:
        context["expected"] = context["expected"].replace(" or ", "、").replace(", ", "、")
    expected = _EXPECTED.get(problem["type"], "写法不对，请对照表头的说明填写").format(**context)
    return f"{name} {expected}" if name else expected


def _keys(model: type[BaseModel], location: Location) -> list[str]:
    """Return the keys that may stand at ``location``."""
    for step in location:
        if isinstance(step, str):
            info = next(
                (one for name, one in model.model_fields.items() if step in (name, one.alias)), None
            )
            inner = None if info is None else _model_in(info.annotation)
            if inner is None:
                return []
            model = inner
    return [str(info.alias or name) for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _model_in(one))), None)


def _nearest(text: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    """Return what to try instead of ``text``, for the end of a sentence."""
    if near := get_close_matches(text, list(known), n=1):
        return f"，是否应为 {near[0]}"
    return f"，可用的是：{'、'.join(known)}" if known else ""
