"""What stands in one cell: a text of ours as its column takes it, or why it does not fit.

Everything is checked here, before a connection is opened: a database may cut what is too long, or
put a question mark for a character that it does not know, and say nothing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as time_of_day
from decimal import Decimal

from xinqiao.adapters.exchange_db.dates import read_date, written
from xinqiao.adapters.exchange_db.layout import Column

Cell = str | int | Decimal | date | None
"""What is bound to a statement; a datetime is a date too."""

_NUMBERS: Mapping[str, tuple[re.Pattern[str], Callable[[str], int | Decimal], str]] = {
    "integer": (re.compile(r"-?[0-9]{1,18}"), int, "整数"),
    "decimal": (re.compile(r"-?[0-9]{1,28}(\.[0-9]{1,18})?"), Decimal, "数字"),
}
"""Type of a column → form of its texts, what makes a number of them, Chinese name."""

_EMPTY = {"null": None, "empty": "", "space": " "}


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a text does not fit its column.

    Attributes:
        code: Our name for it.
        message: The Chinese words, with column and limit and without the text.
    """

    code: str
    message: str


def cell(column: Column, text: str, charset: str) -> Cell | Misfit:
    """Return what is written into ``column`` for ``text``.

    Args:
        column: The column.
        text: What our format gives; a date as YYYY/MM/DD, YYYY-MM-DD or YYYYMMDD.
        charset: Encoding of the database, where the column names none of its own.
    """
    if not text:
        return _EMPTY[column.empty] if column.type == "text" else None
    if column.type == "text":
        return _text(column, text, column.charset or charset)
    return _typed(column, text)


def _text(column: Column, text: str, charset: str) -> str | Misfit:
    if column.date_pattern is not None:
        moment = read_date(text)
        if moment is None:
            return Misfit("not_a_date", f"列 {column.name} 应为日期")
        text = written(moment, column.date_pattern)
    return fitted(column, text, charset)


def fitted(column: Column, text: str, charset: str) -> str | Misfit:
    """Return ``text`` if ``column`` can hold it."""
    if "\x00" in text:
        return Misfit("wrong_character", f"列 {column.name} 的内容含有空字符，数据库存不下")
    try:
        size = len(text.encode(charset))
    except UnicodeEncodeError as error:
        return Misfit(
            "wrong_character",
            f"列 {column.name} 第 {error.start + 1} 个字符在编码 {charset} 中没有，请改用别的字",
        )
    size = size if column.unit == "bytes" else len(text)
    if column.length is not None and size > column.length:
        unit = "字节" if column.unit == "bytes" else "字"
        return Misfit("too_long", f"列 {column.name} 最多 {column.length} {unit}，现有 {size}")
    return text


def _typed(column: Column, text: str) -> Cell | Misfit:
    if column.type in {"date", "datetime"}:
        moment = read_date(text)
        if moment is None:
            return Misfit("not_a_date", f"列 {column.name} 应为日期")
        if column.type == "date":
            return moment
        return datetime.combine(moment, time_of_day.min)
    form, make, title = _NUMBERS[column.type]
    if not form.fullmatch(text):
        return Misfit("not_a_number", f"列 {column.name} 应为{title}")
    return make(text)


def as_text(told: object) -> str:
    """Return a code that the other side wrote as text, whatever type its column has."""
    if told is None:
        return ""
    if isinstance(told, bytes):
        return told.decode("utf-8", "replace").strip()
    if isinstance(told, float | Decimal) and told == int(told):
        return str(int(told))
    return str(told).strip()
