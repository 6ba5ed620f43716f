"""Amounts in 万元 as people and spreadsheets write them (金额).

What a person wrote with a unit is not converted silently: 2000元 and 2000 stand in one column, and
nobody but a person knows whether the second is yuan as well.
"""

import re
import unicodedata
from decimal import Decimal

from xinqiao.intake.files.sheets import Cell
from xinqiao.intake.headers import FieldHeader
from xinqiao.records.findings import Finding, Severity

_DECIMALS = 6
_NOISE = Decimal("1e-9")
_TEN_THOUSAND = Decimal(10_000)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_WITH_UNIT = re.compile(r"([0-9]+(?:\.[0-9]+)?)(万?)元")
_LONGEST_QUOTED = 9


def amount_text(cell: Cell, text: str, field: FieldHeader) -> tuple[str, Finding | None]:
    """Return an amount as a plain decimal number, or ``text`` unchanged and what is wrong.

    Args:
        cell: The cell as the spreadsheet holds it.
        text: The same as cleaned text.
        field: The column.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _from_number(Decimal(repr(cell)), text, field)
    narrow = unicodedata.normalize("NFKC", text).replace(" ", "")
    if _NUMBER.fullmatch(narrow):
        return _from_number(Decimal(narrow), text, field)
    if _THOUSANDS.fullmatch(narrow):
        plain, wrong = _from_number(Decimal(narrow.replace(",", "")), text, field)
        return plain, wrong or _cleaned(field, "thousands", "已去掉千位分隔符")
    return text, _unreadable(narrow, field)


def _from_number(number: Decimal, text: str, field: FieldHeader) -> tuple[str, Finding | None]:
    if number < 0:
        return text, _error(field, "negative", f"{field.label}不能是负数，请核对")
    if number == 0:
        return "", _cleaned(field, "nought", "金额为 0，已按空白处理")
    rounded = round(number, _DECIMALS)
    if abs(number - rounded) > _NOISE or rounded == 0:
        message = f"{field.label}最多 {_DECIMALS} 位小数（精确到分），请核对"
        return text, _error(field, "too_many_decimals", message)
    plain = format(rounded.normalize(), "f")
    if number != rounded:
        # 0.1 + 0.2 in a spreadsheet's formula
        return plain, _cleaned(field, "rounding", "已去掉表格计算产生的尾差")
    return plain, None


def _unreadable(text: str, field: FieldHeader) -> Finding:
    found = _WITH_UNIT.findall(text)
    numbers = _NUMBER.findall(text)
    if len(numbers) > 1:
        total = _written(sum((_in_ten_thousands(*one) for one in found), Decimal(0)))
        sum_text = f"，如合计应写 {total}" if len(found) == len(numbers) else ""
        message = f"这一格写了不止一项金额：请填合计，只写数字，单位万元{sum_text}"
        return _error(field, "several_amounts", message)
    if len(found) == 1 and _WITH_UNIT.fullmatch(text) and len(found[0][0]) <= _LONGEST_QUOTED:
        amount = _written(_in_ten_thousands(*found[0]))
        message = f"{field.label}只写数字，不写单位：{text}应写 {amount}"
        return _error(field, "unit_written", message)
    message = f"{field.label}应为数字，单位万元，如 2000 元写 0.2，请改写"
    return _error(field, "not_a_number", message)


def _in_ten_thousands(number: str, ten_thousands: str) -> Decimal:
    return Decimal(number) if ten_thousands else Decimal(number) / _TEN_THOUSAND


def _written(amount: Decimal) -> str:
    return format(amount.normalize(), "f")


def _error(field: FieldHeader, code: str, message: str) -> Finding:
    return Finding(field.path, code, Severity.ERROR, message)


def _cleaned(field: FieldHeader, code: str, message: str) -> Finding:
    return Finding(field.path, code, Severity.CLEANED, message)
