from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.intake.dates import UnreadableDateError, read_date

Spell = Callable[[date], object]
SPELLINGS: dict[str, Spell] = {
    "slashes": lambda day: f"{day:%Y/%m/%d}",
    "short slashes": lambda day: f"{day.year}/{day.month}/{day.day}",
    "hyphens": lambda day: f"{day:%Y-%m-%d}",
    "short hyphens": lambda day: f"{day.year}-{day.month}-{day.day}",
    "dots": lambda day: f"{day.year}.{day.month}.{day.day}",
    "chinese": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "chinese, padded": lambda day: f"{day:%Y}年{day:%m}月{day:%d}日",
    "chinese, blanks": lambda day: f"{day.year} 年 {day.month} 月 {day.day} 日",
    "compact": lambda day: f"{day:%Y%m%d}",
    "compact with time": lambda day: f"{day:%Y%m%d}093000",
    "time": lambda day: f"{day:%Y-%m-%d} 09:30:00",
    "short time": lambda day: f"{day:%Y/%m/%d} 9:30",
    "iso time": lambda day: f"{day:%Y-%m-%d}T23:59:59.999",
    "chinese time": lambda day: f"{day.year}年{day.month}月{day.day}日9时30分",
    "full width": lambda day: f"{day:%Y/%m/%d}".translate(
        {ord(half): ord(half) + 0xFEE0 for half in "0123456789/"}
    ),
    "blanks around": lambda day: f"\u3000{day:%Y/%m/%d} ",
    "date cell": lambda day: day,
    "datetime cell": lambda day: datetime(day.year, day.month, day.day, 23, 59),  # noqa: DTZ001 - spreadsheets have no zones
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(day=st.dates(date(1949, 1, 1), date(2099, 12, 31)))
def test_every_date_reads_back_in_every_spelling(spelling: str, day: date) -> None:
    assert read_date(SPELLINGS[spelling](day)) == day


@pytest.mark.parametrize("word", ["长期", "永久", "长期有效", " 长期 "])
def test_long_term_is_the_last_day_of_2099_where_it_is_allowed(word: str) -> None:
    assert read_date(word, long_term=True) == date(2099, 12, 31)
    with pytest.raises(UnreadableDateError):
        read_date(word)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2026-02-30", "no_such_date"),
        ("2026/13/01", "no_such_date"),
        ("2026年11月31日", "no_such_date"),
        ("20260229", "no_such_date"),
        ("2026/0/1", "no_such_date"),
        ("1926/11/03", "year"),
        ("9999-12-31", "year"),
        (date(1905, 11, 3), "year"),
        ("2026/11-03", "date"),
        ("2026-11.03", "date"),
        ("26/11/03", "date"),
        ("11/03/2026", "date"),
        ("2026-11-03T16:00:00Z", "date"),
        ("2026-11-03 16:00:00+08:00", "date"),
        ("2026-11-031:00", "date"),
        ("2026年11月", "date"),
        ("2026", "date"),
        ("46329", "date"),
        ("现在", "date"),
        ("", "date"),
        (46329.0, "date"),
        (True, "date"),
        (time(9, 30), "date"),
        (timedelta(hours=30), "date"),
    ],
)
def test_what_is_no_plausible_date_is_refused(value: object, code: str) -> None:
    with pytest.raises(UnreadableDateError) as raised:
        read_date(value)
    assert raised.value.code == code


def test_messages_do_not_quote_the_value() -> None:
    with pytest.raises(UnreadableDateError) as raised:
        read_date("370323190711118764")
    assert "3703" not in raised.value.message


@given(st.text())
def test_any_text_is_a_date_or_refused(text: str) -> None:
    try:
        assert 1949 <= read_date(text).year <= 2099
    except UnreadableDateError as error:
        assert error.message  # noqa: PT017 - either outcome is right
