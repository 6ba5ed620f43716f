"""Dates and instants as text, by patterns such as YYYY/MM/DD (日期写法)."""

import re
from datetime import date, datetime

from xinqiao.clock import SHANGHAI

_CODES = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}
_TOKEN = re.compile("|".join(_CODES))
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")


def written(moment: date, pattern: str) -> str:
    """Return ``moment`` in the form of ``pattern``."""
    parts = {
        "YYYY": f"{moment.year:04d}",
        "MM": f"{moment.month:02d}",
        "DD": f"{moment.day:02d}",
        "hh": f"{getattr(moment, 'hour', 0):02d}",
        "mm": f"{getattr(moment, 'minute', 0):02d}",
        "ss": f"{getattr(moment, 'second', 0):02d}",
    }
    return _TOKEN.sub(lambda found: parts[found[0]], pattern)


def read_date(text: str) -> date | None:
    """Return the date that our format wrote as ``text``; None when it is none."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def read_instant(told: object, pattern: str | None) -> datetime | None:
    """Return the instant that the other side wrote, which is meant in Asia/Shanghai; else None."""
    if isinstance(told, datetime):
        return told if told.tzinfo is not None else told.replace(tzinfo=SHANGHAI)
    if isinstance(told, date):
        return datetime(told.year, told.month, told.day, tzinfo=SHANGHAI)
    if not isinstance(told, str):
        return None
    try:
        if pattern is None:
            read = datetime.fromisoformat(told.strip())
        else:
            codes = _TOKEN.sub(lambda found: _CODES[found[0]], pattern)
            read = datetime.strptime(told.strip(), codes).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=SHANGHAI)
