"""The time at which a platform took a record in, as a downloaded ledger writes it (入库时间)."""

import re
import unicodedata
from datetime import date, datetime, time

from xinqiao.clock import SHANGHAI
from xinqiao.intake.dates import UnreadableDateError, read_date
from xinqiao.intake.files.sheets import Cell

_CLOCK = re.compile(r"(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?)?[分秒]?$", re.ASCII)
_COMPACT = re.compile(r"\d{8} ?(\d{2})(\d{2})(\d{2})", re.ASCII)


def read_arrival(cell: Cell) -> datetime | None:
    """Return the instant of a cell, meant in Asia/Shanghai; of a day alone, when it begins.

    None for what cannot be read as one, and for a blank cell.
    """
    if isinstance(cell, datetime):
        return cell if cell.tzinfo is not None else cell.replace(tzinfo=SHANGHAI)
    if isinstance(cell, date):
        return datetime.combine(cell, time.min, SHANGHAI)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        cell = f"{cell:.0f}"
    if not isinstance(cell, str):
        return None
    text = unicodedata.normalize("NFKC", cell).strip()
    try:
        day = read_date(text)
        found = _COMPACT.fullmatch(text) or _CLOCK.search(text)
        hour, minute, second = ("0",) * 3 if found is None else found.groups(default="0")
        return datetime.combine(day, time(int(hour), int(minute), int(second)), SHANGHAI)
    except (UnreadableDateError, ValueError):
        return None
