"""Validation of one record's content: every error and warning, in Chinese, by field."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from xinqiao.records.findings import IDENTITY_NUMBER_WRITTEN, Finding, Severity
from xinqiao.records.identity_text import contains_identity_number, quote
from xinqiao.records.kind import Kind
from xinqiao.records.kinds import kind_of

MESSAGES: Mapping[str, tuple[str, str]] = {
    "missing": ("required", "{label}不能为空，请填写"),
    "choice": ("choice", "{label}{value}不在允许的范围内，只能填：{allowed}"),
    "iso_date": ("date", "{label}不是可以识别的日期，请写成 2026/11/03 这样的格式"),
    "amount": (
        "amount",
        "{label}应为大于 0 的数字，单位万元，最多 6 位小数，如 2000 元写 0.2，请核对",
    ),
    "whole_number": ("whole_number", "{label}应为整数，请核对"),
    "score": ("score", "{label}应为 0 至 9999.9 的数字，最多 1 位小数，请核对"),
    "year": ("year", "{label}应为四位数的年份，如 2025，请核对"),
    "pictures": ("pictures", "{label}中有文件没有读到，或张数不对，请重新填写图片的文件名"),
    "extra_forbidden": ("unknown_field", "没有这个字段，请删去"),
}
"""Error type of pydantic → our code and Chinese message."""

_UNKNOWN_ERROR = ("invalid", "{label}的写法不对，请核对")


def validate(kind: str, content: Mapping[str, str], today: date) -> tuple[Finding, ...]:
    """Return all errors and warnings of a record's content, empty when it is whole.

    Args:
        kind: Kind identifier, such as ``permit``.
        content: Dotted field path → text; a blank text counts as absent.
        today: Legal date in Asia/Shanghai, against which dates are measured.

    Raises:
        InputError: ``kind`` is not known.
    """
    definition = kind_of(kind)
    filled = {path: text for path, text in content.items() if text.strip()}
    by_rules = tuple(definition.rules(filled, today))
    told = {one.field for one in by_rules if one.code == IDENTITY_NUMBER_WRITTEN}
    written = (one for one in _free_text(definition, filled) if one.field not in told)
    return (*_form(definition, filled), *by_rules, *written)


def _form(kind: Kind, content: Mapping[str, str]) -> tuple[Finding, ...]:
    try:
        kind.model.model_validate(_nested(kind, content))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return tuple(_translated(kind, content, detail) for detail in details)
    return ()


def _nested(kind: Kind, content: Mapping[str, str]) -> dict[str, Any]:
    nested: dict[str, Any] = {
        path.rpartition(".")[0]: {} for path in kind.labels if path.count(".") == 1
    }
    for path, text in content.items():
        parent, _, name = path.rpartition(".")
        if parent:
            nested.setdefault(parent, {})[name] = text
        else:
            nested[name] = text
    return nested


def _translated(kind: Kind, content: Mapping[str, str], detail: ErrorDetails) -> Finding:
    field = ".".join(str(part) for part in detail["loc"])
    code, template = MESSAGES.get(detail["type"], _UNKNOWN_ERROR)
    message = template.format(
        label=kind.labels.get(field, ""),
        value="" if field in kind.identity_fields else quote(content.get(field, "")),
        allowed=detail.get("ctx", {}).get("allowed", ""),
    )
    return Finding(field, code, Severity.ERROR, message)


def _free_text(kind: Kind, content: Mapping[str, str]) -> Iterator[Finding]:
    for field in kind.free_text_fields:
        if contains_identity_number(content.get(field, "")):
            message = f"{kind.labels[field]}里疑似写有身份证号码，公示前请删去或遮盖"
            yield Finding(field, IDENTITY_NUMBER_WRITTEN, Severity.WARNING, message)
