"""Cells of a spreadsheet as text, and what a spreadsheet did to a value before we saw it."""

import re
from datetime import date, datetime, time

from xinqiao.intake.dates import UnreadableDateError, read_date
from xinqiao.intake.files.sheets import Cell
from xinqiao.intake.headers import FieldHeader, FieldType
from xinqiao.records.findings import Finding, Severity

_EXACT_BELOW = 1e15  # a spreadsheet keeps 15 digits of a number and writes zeros after them
_NUMBERS_WITH_MEANING = (FieldType.CODE, FieldType.REFERENCE)
_COMPACT_DATE_DIGITS = 8
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+")
_DIGITS_LOST = (
    "Excel 把长号码当成数字，15 位以后的数字已丢失，请把单元格格式改为文本后按原件重新填写"
)


def cell_text(cell: Cell) -> str:
    """Return what the cell shows, as text; whole numbers without a decimal point."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        midnight = cell.time() == time.min
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def spoilt_by_spreadsheet(cell: Cell, field: FieldHeader) -> Finding | None:
    """Return an error when the spreadsheet turned a number or a text into something else."""
    if field.type in _NUMBERS_WITH_MEANING and isinstance(cell, str):
        if _SCIENTIFIC.fullmatch(cell.strip()):
            return Finding(field.path, "digits_lost", Severity.ERROR, _DIGITS_LOST)
        return None
    if isinstance(cell, str) or field.type is FieldType.DATE:
        return None
    if isinstance(cell, date | time):
        message = "Excel 已把这一格变成日期或时间，请把单元格格式改为文本后重新填写"
        return Finding(field.path, "cell_is_date", Severity.ERROR, message)
    if (
        field.type in _NUMBERS_WITH_MEANING
        and isinstance(cell, int | float)
        and abs(cell) >= _EXACT_BELOW
    ):
        return Finding(field.path, "digits_lost", Severity.ERROR, _DIGITS_LOST)
    return None


def date_text(cell: Cell, text: str, field: FieldHeader) -> tuple[str, Finding | None]:
    """Return the date of a cell as ``YYYY-MM-DD``, or ``text`` unchanged and what is wrong.

    Args:
        cell: The cell as the spreadsheet holds it.
        text: The same as cleaned text.
        field: The column.
    """
    is_text = isinstance(cell, str)
    is_compact = isinstance(cell, int | float) and len(text) == _COMPACT_DATE_DIGITS
    try:
        read = read_date(text if is_text or is_compact else cell, long_term=field.long_term)
    except UnreadableDateError as error:
        message = f"{field.label}：{error.message}"
        return text, Finding(field.path, error.code, Severity.ERROR, message)
    return read.isoformat(), None
