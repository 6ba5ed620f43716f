import subprocess
import sys
from datetime import date, timedelta
from importlib.metadata import version

import chinese_calendar
import pytest
from holidays import country_holidays

from xinqiao.routing import calendar
from xinqiao.routing.calendar import DayStatus, Notice, NoticeDay, WorkingCalendar

NOTICE_2006 = "国办发明电〔2005〕35号"
"""Moved the rest day of Saturday 2005-12-31 to 2006-01-02; chinesecalendar leaves that out."""

NOTICE_2027 = Notice(
    number="国办发明电〔2026〕0号",
    days={
        date(2026, 12, 27): NoticeDay(working=True, reason="调休上班"),
        date(2027, 1, 1): NoticeDay(working=False, reason="元旦"),
    },
    year=2027,
)
"""Invented, reaching into the December before as real notices have done."""


@pytest.mark.parametrize(
    ("day", "working", "reason"),
    [
        (date(2026, 1, 5), True, "工作日"),
        (date(2026, 1, 10), False, "周末"),
        (date(2026, 2, 18), False, "春节"),
        (date(2026, 2, 14), True, "调休上班"),
        (date(2026, 10, 1), False, "国庆节"),
        (date(2020, 1, 31), False, "春节"),
    ],
)
def test_a_covered_day_is_settled_and_named(day: date, working: bool, reason: str) -> None:
    status = WorkingCalendar().status(day)
    assert status == DayStatus(working=working, provisional=False, reason=reason)


@pytest.mark.parametrize(
    ("day", "working", "word"),
    [
        (date(2003, 12, 31), True, "工作日"),
        (date(2027, 1, 1), True, "工作日"),
        (date(2027, 1, 2), False, "周末"),
    ],
)
def test_a_day_without_notice_follows_its_weekday_and_says_so(
    day: date, working: bool, word: str
) -> None:
    status = WorkingCalendar().status(day)
    assert status.working is working
    assert status.provisional
    assert status.reason.startswith(word)
    assert "按星期推算" in status.reason


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2027, 1, 1)])
def test_the_library_raises_outside_its_years(day: date) -> None:
    with pytest.raises(NotImplementedError):
        chinese_calendar.is_workday(day)


def test_the_last_covered_day_is_settled() -> None:
    assert not WorkingCalendar().status(date(2026, 12, 31)).provisional


def test_no_other_error_of_the_library_is_taken_for_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(day: date) -> None:
        raise LookupError(day)

    monkeypatch.setattr(chinese_calendar, "get_holiday_detail", broken)
    calendar._base_status.cache_clear()
    with pytest.raises(LookupError):
        WorkingCalendar().status(date(2026, 1, 5))


def test_the_library_agrees_with_an_independent_one_but_for_one_day() -> None:
    """Every day of 2004–2026; the exception is a real gap in chinesecalendar (NOTICE_2006)."""
    independent = country_holidays("CN", years=range(2003, 2028))
    ours = WorkingCalendar()
    first = date(2004, 1, 1)
    every_day = [first + timedelta(days=n) for n in range((date(2026, 12, 31) - first).days + 1)]
    assert len(every_day) == 8401
    differing = {
        day for day in every_day if ours.status(day).working != independent.is_working_day(day)
    }
    assert differing == {date(2005, 12, 31)}
    assert not ours.status(date(2005, 12, 31)).working


def test_every_holiday_name_of_the_library_has_a_chinese_word() -> None:
    words = {WorkingCalendar().status(day).reason for day in chinese_calendar.constants.holidays}
    assert "春节" in words
    assert all(not word.isascii() for word in words)


def test_an_amendment_lies_above_the_base_layer_and_names_its_number() -> None:
    amendment = Notice(
        NOTICE_2006, {date(2005, 12, 31): NoticeDay(working=True, reason="调休上班")}
    )
    status = WorkingCalendar([amendment]).status(date(2005, 12, 31))
    assert status.working
    assert status.reason == f"调休上班（{NOTICE_2006}）"


def test_a_notice_for_a_year_settles_every_day_of_it_and_reaches_into_december() -> None:
    ours = WorkingCalendar([NOTICE_2027])
    assert not ours.status(date(2027, 1, 1)).working
    assert ours.status(date(2026, 12, 27)).working
    assert ours.status(date(2027, 1, 4)) == DayStatus(
        working=True, provisional=False, reason="工作日"
    )
    assert ours.status(date(2028, 1, 4)).provisional


def test_an_amendment_leaves_the_other_days_of_an_unknown_year_provisional() -> None:
    amendment = Notice("甲〔2027〕1号", {date(2027, 5, 1): NoticeDay(working=False, reason="节")})
    ours = WorkingCalendar([amendment])
    assert not ours.status(date(2027, 5, 1)).provisional
    assert ours.status(date(2027, 5, 3)).provisional


def test_the_later_notice_wins() -> None:
    day = date(2027, 1, 1)
    later = Notice("乙〔2027〕2号", {day: NoticeDay(working=True, reason="调休上班")})
    assert WorkingCalendar([NOTICE_2027, later]).status(day).working
    assert not WorkingCalendar([later, NOTICE_2027]).status(day).working


def test_the_edition_names_library_and_notices() -> None:
    library = f"chinesecalendar {version('chinesecalendar')}"
    assert WorkingCalendar().edition == library
    assert WorkingCalendar([NOTICE_2027]).edition == f"{library} + {NOTICE_2027.number}"


def test_importing_the_module_does_not_load_the_library() -> None:
    program = "import sys, xinqiao.routing.deadlines; sys.exit('chinese_calendar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
