"""A request as the stand-in reads it, and the parameters it may hold."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from xinqiao.errors import InputError

_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, read whole.

    Attributes:
        method: GET or POST.
        path: The path without its query.
        parameters: The query, each name once.
        token: What stood behind ``Bearer``, or empty.
        body: The body's bytes.
        headers: Lower-case header name → value.
    """

    method: str
    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    token: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """Return the parameter ``name``.

        Raises:
            InputError: It is missing or empty.
        """
        text = self.parameters.get(name, "")
        if not text:
            raise InputError(f"缺少参数 {name}")
        return text

    def day(self, name: str) -> date:
        """Return the parameter ``name``, a date as YYYY-MM-DD.

        Raises:
            InputError: It is missing or no date.
        """
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            raise InputError(f"参数 {name} 应为 YYYY-MM-DD") from None

    def number(self, name: str, default: int, most: int) -> int:
        """Return the parameter ``name``, a whole number from 1 to ``most``.

        Raises:
            InputError: It is something else.
        """
        text = self.parameters.get(name, str(default))
        if not (_NUMBER.fullmatch(text) and 1 <= int(text) <= most):
            raise InputError(f"参数 {name} 应为 1 至 {most} 的整数")
        return int(text)

    def form(self) -> dict[str, str]:
        """Return the fields of the body, a form in UTF-8.

        Raises:
            InputError: It is no form, or a field comes twice.
        """
        try:
            pairs = parse_qsl(self.body.decode("ascii"), keep_blank_values=True, errors="strict")
        except ValueError:
            raise InputError("报文不是 UTF-8 编码的表单") from None
        if len(dict(pairs)) != len(pairs):
            raise InputError("报文中有重复的表单项")
        return dict(pairs)

    def json_object(self) -> dict[str, Any]:
        """Return the body, a JSON object.

        Raises:
            InputError: It is something else.
        """
        return object_in(self.body)


def object_in(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object that ``text`` is.

    Raises:
        InputError: It is something else.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("报文不是 UTF-8 编码的 JSON") from None
    if not isinstance(content, dict):
        raise InputError("报文应为 JSON 对象")
    return content
