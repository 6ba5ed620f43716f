"""How platforms write the time of an attempt (时间戳格式)."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator

from xinqiao.clock import SHANGHAI

_EPOCH = {"seconds": 1, "milliseconds": 1000}

_FIELDS = {
    "yyyy": "{0:%Y}",
    "MM": "{0:%m}",
    "dd": "{0:%d}",
    "HH": "{0:%H}",
    "mm": "{0:%M}",
    "SSS": "{1:03d}",
    "ss": "{0:%S}",
}

_FIELD = re.compile("|".join(_FIELDS))
_PATTERN = re.compile(rf"(?:{'|'.join(_FIELDS)}|[-/:. T年月日时分秒])+")


def write_time(pattern: str, instant: datetime) -> str:
    """Return ``instant`` as a profile's ``time_format`` writes it.

    Args:
        pattern: ``seconds`` or ``milliseconds`` since 1970 (UTC), or fields of the time in
            Asia/Shanghai: ``yyyy MM dd HH mm ss SSS`` with the usual marks between them.
        instant: Aware.
    """
    if pattern in _EPOCH:
        seconds, micros = divmod(round(instant.timestamp() * 1_000_000), 1_000_000)
        each = _EPOCH[pattern]
        return str(seconds * each + micros * each // 1_000_000)
    local = instant.astimezone(SHANGHAI)
    return _FIELD.sub(
        lambda field: _FIELDS[field[0]].format(local, local.microsecond // 1000), pattern
    )


def _checked(pattern: str) -> str:
    if pattern not in _EPOCH and not (_PATTERN.fullmatch(pattern) and _FIELD.search(pattern)):
        raise ValueError(
            "应为 seconds、milliseconds，或由 yyyy、MM、dd、HH、mm、ss、SSS 组成的格式，"
            "如 yyyyMMddHHmmss"
        )
    return pattern


TimeFormat = Annotated[str, AfterValidator(_checked)]
