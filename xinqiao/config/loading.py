"""Reading TOML into pydantic models, with messages that name file, key and what was expected."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from xinqiao.errors import SettingsError, reason_of

Model = TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "bool_type": "true 或 false",
    "bool_parsing": "true 或 false",
    "int_type": "整数",
    "int_parsing": "整数",
    "int_from_float": "整数",
    "float_type": "数字",
    "float_parsing": "数字",
    "finite_number": "有限的数字",
    "string_type": "文字（加引号）",
    "model_type": "一节（写成 [名称]，下面逐行写设置）",
}


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises:
        SettingsError: It is missing, unreadable or not TOML; the message names file and line.
    """
    try:
        # editors on Windows put a byte order mark before the text
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise SettingsError(f"找不到设置文件 {path}", code="settings_missing") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} 不是 UTF-8 文字文件，请另存为 UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} {_where(str(error))}") from error
    except OSError as error:
        raise SettingsError(f"{path} 无法读取：{reason_of(error)}，请检查权限") from error


def _where(words: str) -> str:
    """Return what is wrong with the TOML, in Chinese, and where."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", words)
    what, line, column = found.groups() if found else (words, None, None)
    twice = re.match(r"Cannot (?:declare|overwrite|mutate)", what)
    told = "同一项或同一节写了两次" if twice else what
    place = f"第 {line} 行第 {column} 列" if line else "文件末尾"
    return f"写法有误（TOML）：{place}，{told}"


def parse(model: type[Model], values: Mapping[str, Any], source: Path) -> Model:
    """Validate ``values`` read from ``source``.

    Raises:
        SettingsError: Names the file, the key, what was expected, and for an unknown key the
            nearest known one.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise SettingsError(_explain(model, source, first)) from None


def _explain(model: type[BaseModel], source: Path, problem: Any) -> str:
    location = [str(part) for part in problem["loc"]]
    key = ".".join(location)
    if problem["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        near = difflib.get_close_matches(location[-1], known, n=1)
        hint = f"是不是想写“{near[0]}”？" if near else f"这里可以写：{'、'.join(known)}"
        return f"{source}：不认识的设置“{key}”，{hint}"
    limits = problem.get("ctx") or {}
    if "expected" in limits:
        return f"{source}：设置“{key}”应为 {limits['expected'].replace(' or ', ' 或 ')}"
    bounds = {"gt": "大于", "ge": "不小于", "lt": "小于", "le": "不大于"}
    for name, word in bounds.items():
        if name in limits:
            return f"{source}：设置“{key}”应{word} {limits[name]:g}"
    if problem["type"] == "missing":
        return f"{source}：缺少设置“{key}”"
    return f"{source}：设置“{key}”应为{_EXPECTED.get(problem['type'], '另一种形式')}"


def _known_keys(model: type[BaseModel], location: list[str]) -> list[str]:
    for part in location:
        field = model.model_fields.get(part)
        if field is None or not isinstance(field.annotation, type):
            return []
        model = field.annotation
    return list(model.model_fields)
