"""The days that are reconciled (对账范围)."""

from dataclasses import dataclass
from datetime import date, timedelta

from xinqiao.errors import InputError

EDGE = timedelta(hours=1)
"""How near to the window's edge a time of ours may stand on either side by the platform's clock."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which records are compared: those taken in from ``start`` to ``end``, both included."""

    start: date
    end: date


def check_window(start: date, end: date, today: date) -> Window:
    """Return the window from ``start`` to ``end``.

    Raises:
        InputError: It ends before it begins, or begins in the future.
    """
    if start > end:
        raise InputError(f"起始日期 {start} 晚于截止日期 {end}，请核对 --from 和 --to")
    if start > today:
        raise InputError(f"起始日期 {start} 还没有到，请核对 --from")
    return Window(start, end)
