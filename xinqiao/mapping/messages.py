"""What is said to the operator about a field that does not fit the platform's format.

Messages name the field in Chinese, the platform's code and the limit; they never hold the value,
because any field may turn out to hold an identity number.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from xinqiao.mapping.tables import CodeTable, FormatField, FormatTable
from xinqiao.records.condition_words import in_words
from xinqiao.records.conditions import Condition
from xinqiao.records.findings import Finding, Severity

_UNITS = {"characters": "个字符", "bytes": "个字节"}

_CODES = {"missing": "required", "string_too_long": "too_long"}
"""pydantic's own types → the finding's code; all others are named so where they are raised."""


def finding_of(
    problem: ErrorDetails,
    field: FormatField,
    table: FormatTable,
    codes: Mapping[str, CodeTable],
) -> Finding:
    """Return the finding for one ``problem`` that the compiled model found in ``field``."""
    code = _CODES.get(problem["type"], problem["type"])
    context: dict[str, Any] = {
        **problem.get("ctx", {}),
        "conditions": _conditions(field.required_when, table),
        "words": _words(codes[field.codes]) if field.codes is not None else "",
    }
    if problem["type"] == "string_too_long":
        context["actual_length"] = len(problem["input"])
    message = f"“{field.name}”（{field.code}）{_TEXTS[code](field, context)}"
    return Finding(field.source_path or "", code, Severity.ERROR, message)


def _words(table: CodeTable) -> str:
    return "、".join(f"{e.word}-具体名称" if e.detail else e.word for e in table.entries)


def _conditions(conditions: Sequence[Condition], table: FormatTable) -> str:
    names = {field.source_path: field.name for field in table.fields if field.source_path}
    return in_words(conditions, names)


def _required(field: FormatField, context: Mapping[str, Any]) -> str:
    if field.required == "always":
        return "为必填项，请补填"
    return f"在{context['conditions']}时必填，请补填"


def _too_long(field: FormatField, context: Mapping[str, Any]) -> str:
    unit = _UNITS[field.unit]
    return f"最多 {field.length} {unit}，现有 {context['actual_length']} {unit}，请核对并精简"


def _not_in_list(_field: FormatField, context: Mapping[str, Any]) -> str:
    return f"不在平台允许的取值内，请改为以下之一：{context['words']}"


def _detail_missing(_field: FormatField, context: Mapping[str, Any]) -> str:
    return f"选“{context['word']}”时须写明具体名称，请写成“{context['word']}-具体名称”"


def _special_characters(_field: FormatField, context: Mapping[str, Any]) -> str:
    return (
        f"第 {context['position']} 个字符（{context['point']}）"
        "是平台不能接收的特殊字符（如不可见字符），请删除或重新录入"
    )


def _not_a_date(field: FormatField, _context: Mapping[str, Any]) -> str:
    return f"不是有效日期，请按年-月-日更正（报送时写作 {field.pattern}）"


def _not_an_amount(_field: FormatField, _context: Mapping[str, Any]) -> str:
    return "应为数字，不带单位和千位分隔符，如 0.2"


def _not_whole(_field: FormatField, _context: Mapping[str, Any]) -> str:
    return "应为整数，可以是负数，如 -50，请核对"


def _not_a_year(_field: FormatField, _context: Mapping[str, Any]) -> str:
    return "应为四位数的年份，如 2025，请核对"


def _too_many_decimals(_field: FormatField, context: Mapping[str, Any]) -> str:
    return f"最多 {context['decimals']} 位小数，现有 {context['actual_length']} 位，请核对"


def _too_many_digits(_field: FormatField, context: Mapping[str, Any]) -> str:
    return f"整数部分最多 {context['digits']} 位，现有 {context['actual_length']} 位，请核对"


def _identity_number(_field: FormatField, _context: Mapping[str, Any]) -> str:
    return "写有身份证号码，不能公开，请删去或遮盖后重新导入"


def _identity_number_as_key(_field: FormatField, _context: Mapping[str, Any]) -> str:
    return "是平台识别记录的主键，不能是证件号码或类似的号码，请核对是否填错了栏"


_TEXTS: Mapping[str, Callable[[FormatField, Mapping[str, Any]], str]] = {
    "required": _required,
    "too_long": _too_long,
    "not_in_list": _not_in_list,
    "detail_missing": _detail_missing,
    "special_characters": _special_characters,
    "not_a_date": _not_a_date,
    "not_an_amount": _not_an_amount,
    "not_whole": _not_whole,
    "not_a_year": _not_a_year,
    "identity_number": _identity_number,
    "identity_number_as_key": _identity_number_as_key,
    "too_many_decimals": _too_many_decimals,
    "too_many_digits": _too_many_digits,
}
