"""Which days are working days in China (工作日历).

Every year a notice of the State Council's General Office (国务院办公厅关于部分节假日安排的通知)
sets holidays and make-up working days; it may reach into the December before, and is sometimes
amended in mid-year. So there is one continuous set of dates: notices imported by the bureau lie
above the library chinesecalendar, and a day that neither knows is told by its weekday and marked
provisional.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DayStatus:
    """What the calendar says about one day.

    Attributes:
        working: Whether it is a working day (工作日).
        provisional: Whether it was told by its weekday alone, because no notice covering it is
            known. A date counted over such a day may still move.
        reason: Chinese word for people: 工作日, 周末, 调休上班 or the holiday's name; with the
            notice's number if an imported notice decided.
    """

    working: bool
    provisional: bool
    reason: str


@dataclass(frozen=True, slots=True)
class NoticeDay:
    """What a notice says about one day.

    Attributes:
        working: False for a day off (放假), True for a make-up working day (调休上班).
        reason: Chinese word for people, such as 春节 or 调休上班.
    """

    working: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice on holidays (节假日安排通知).

    Attributes:
        number: Number of the document (发文字号), such as 国办发明电〔2005〕35号.
        days: The days that the notice names; they may lie in any year.
        year: The year whose whole schedule the notice sets: days of it that no table names follow
            their weekday and are final. None for an amendment, which settles only what it names.
        version: Which import of this number it is, from 1: a clerk may correct a slip.
    """

    number: str
    days: Mapping[date, NoticeDay]
    year: int | None = None
    version: int = 1


class WorkingCalendar:
    """The working days that deadlines are counted in (工作日历).

    Args:
        notices: Imported notices, in the order of issue: a later one wins over an earlier one, and
            each wins over the base layer on the days that it names.
    """

    __slots__ = ("_days", "_numbers", "_settled_years")

    def __init__(self, notices: Sequence[Notice] = ()) -> None:
        self._numbers = tuple(
            f"{one.number} v{one.version}" if one.version > 1 else one.number for one in notices
        )
        self._settled_years = frozenset(
            notice.year for notice in notices if notice.year is not None
        )
        self._days = {
            day: DayStatus(
                working=said.working, provisional=False, reason=f"{said.reason}（{notice.number}）"
            )
            for notice in notices
            for day, said in notice.days.items()
        }

    @property
    def edition(self) -> str:
        """The tables that the answers come from, such as ``chinesecalendar 1.11.0``.

        Stored with every deadline, so that one counted by an older table is found again.
        """
        return " + ".join((_base_edition(), *self._numbers))

    def status(self, day: date) -> DayStatus:
        """Return what is known about ``day``."""
        known = self._days.get(day) or _base_status(day)
        if known is not None:
            return known
        return _weekday_status(day, provisional=day.year not in self._settled_years)


@cache
def _base_edition() -> str:
    return f"chinesecalendar {version('chinesecalendar')}"


@cache
def _base_status(day: date) -> DayStatus | None:
    """Return what chinesecalendar says, or None outside the years that it covers."""
    import chinese_calendar  # noqa: PLC0415 - its tables are needed only where a date is counted

    try:
        is_off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return None
    if name is None:
        return _weekday_status(day, provisional=False)
    reason = chinese_calendar.Holiday(name).chinese if is_off else "调休上班"
    return DayStatus(working=not is_off, provisional=False, reason=reason)


def _weekday_status(day: date, *, provisional: bool) -> DayStatus:
    working = day.weekday() < _SATURDAY
    reason = "工作日" if working else "周末"
    if provisional:
        reason += "（放假安排尚未收录，暂按星期推算）"
    return DayStatus(working=working, provisional=provisional, reason=reason)
