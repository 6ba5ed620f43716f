"""Dates as people and spreadsheets write them."""

import re
import unicodedata
from datetime import date, datetime

from xinqiao.records.fields import LONG_TERM

EARLIEST_YEAR = 1949
"""No decision of an authority is older."""

LATEST_YEAR = LONG_TERM.year
"""The year of the date that means 长期; nothing is later."""

LONG_TERM_WORDS = frozenset({"长期", "永久", "长期有效", "永久有效"})
"""Words for a licence that does not expire."""

_CLOCK = r"\d{1,2}[:时]\d{1,2}(?:[:分]\d{1,2}(?:\.\d+)?)?[分秒]?"
_SPELLINGS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        # both separators are the same: 2026/11-3 is more likely a slip than a date
        rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}})(?:[ T]{_CLOCK})?",
        rf"(?P<year>\d{{4}}) ?年 ?(?P<month>\d\d?) ?月 ?(?P<day>\d\d?) ?[日号](?: ?{_CLOCK})?",
        rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)(?: ?\d{{6}}|[ T]{_CLOCK})?",
    )
)


class UnreadableDateError(ValueError):
    """A value cannot be read as a date.

    Attributes:
        code: English identifier of what is wrong.
        message: Chinese text that says what to write; never quotes the value.
    """

    def __init__(self, code: str, message: str) -> None:
        """Keep ``code`` and the Chinese ``message``."""
        super().__init__(message)
        self.code = code
        self.message = message


def read_date(value: object, *, long_term: bool = False) -> date:
    """Return the date that a cell means.

    Texts may be spelled 2026/11/03, 2026-11-3, 2026.11.3, 2026年11月3日 or 20261103, in half- or
    full-width characters and with a time of day, which is dropped. A time with an offset from UTC
    is refused, since it may mean another day in Beijing.

    Args:
        value: A text, or what a spreadsheet holds: date, datetime or a number.
        long_term: Whether 长期 may be written; it is read as 2099-12-31.

    Raises:
        UnreadableDateError: It is no date, the date does not exist, or its year is implausible.
    """
    if isinstance(value, datetime):
        return _plausible(value.date())
    if isinstance(value, date):
        return _plausible(value)
    if not isinstance(value, str):
        raise UnreadableDateError(
            "date", "单元格不是日期（可能是 Excel 的日期序号），请把单元格格式改为日期"
        )
    text = unicodedata.normalize("NFKC", value).strip()
    if long_term and text in LONG_TERM_WORDS:
        return LONG_TERM
    for spelling in _SPELLINGS:
        if match := spelling.fullmatch(text):
            return _existing(match)
    raise UnreadableDateError("date", "不是可以识别的日期，请写成 2026/11/03 这样的格式")


def _existing(match: re.Match[str]) -> date:
    try:
        read = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        raise UnreadableDateError("no_such_date", "没有这一天，请核对年月日") from None
    return _plausible(read)


def _plausible(read: date) -> date:
    if not EARLIEST_YEAR <= read.year <= LATEST_YEAR:
        message = (
            f"年份不在 {EARLIEST_YEAR} 至 {LATEST_YEAR} 之间，请核对"
            "（长期有效请写“长期”或 2099/12/31）"
        )
        raise UnreadableDateError("year", message)
    return read
