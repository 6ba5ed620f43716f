"""Periods of publicity are counted by a table that refuses to contradict itself."""

from datetime import date, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.errors import SettingsError
from xinqiao.records.penalty import SEVERITIES
from xinqiao.routing.rules import Confidence
from xinqiao.routing.severities import months_after, read_severities, severities

SHIPPED = (files("xinqiao.routing") / "severities.toml").read_text(encoding="utf-8")
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 3), 12, date(2027, 11, 3)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
        (date(2026, 12, 31), 36, date(2029, 12, 31)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(
    day: date, months: int, expected: date
) -> None:
    assert months_after(day, months) == expected


@given(day=DAYS, months=st.integers(0, 120))
def test_months_never_go_back_and_never_skip_a_month(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


def test_the_shipped_classes_are_those_of_the_measure_and_only_read_on_the_web() -> None:
    table = severities()
    assert {
        one.word: (one.published, one.shortest_months, one.longest_months)
        for one in table.classes.values()
    } == {"轻微": (False, 0, 3), "一般": (True, 3, 12), "严重": (True, 12, 36)}
    assert {one.confidence for one in table.classes.values()} == {Confidence.WEB}
    said = {"轻微": "原则上不公示", "一般": "三个月至一年", "严重": "一年至三年"}
    for word, text in said.items():
        assert "《信用修复管理办法》（2026年4月1日起施行）" in table.classes[word].basis
        assert text in table.classes[word].basis
    assert table.outer_bound.years == 5
    assert "《山东省社会信用条例》第三十八条" in table.outer_bound.basis
    assert table.outer_bound.confidence is Confidence.LAW_TEXT


@given(day=DAYS, severity=st.sampled_from(SEVERITIES))
def test_whoever_may_be_repaired_may_still_be_shown_that_day(day: date, severity: str) -> None:
    found = severities().classes[severity]
    assert found.repairable_from(day) <= found.last_day(day)


def test_nothing_sets_a_period_where_no_class_and_no_date_was_entered() -> None:
    shown = severities().shown_until
    assert shown("penalty", {}, None, date(2026, 11, 3)) is None
    assert shown("penalty", {}, "一般", None) is None
    assert shown("permit", {"publicity_until": "2027-01-01"}, "一般", date(2026, 11, 3)) is None
    assert shown("penalty", {"publicity_until": "长期"}, None, date(2026, 11, 3)) is None


def test_the_bound_is_passed_on_the_day_after_five_years() -> None:
    bound = severities().outer_bound
    assert not bound.passed(date(2021, 11, 20), date(2026, 11, 20))
    assert bound.passed(date(2021, 11, 20), date(2026, 11, 21))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kinds = ["penalty"]', 'kinds = ["penalti"]', "penalty"),
        ('word = "一般"', 'word = "轻微"', "各一行"),
        ("shortest_months = 12", "shortest_months = 48", "长于最长公示期"),
        ("longest_months = 3\n", "longest_months = 0\n", "longest_months"),
        ("published = false", 'published = "否"', "published"),
        ("years = 5", "year = 5", "year"),
        ('confidence = "law_text"', 'confidence = "certain"', "confidence"),
    ],
)
def test_a_broken_table_is_refused_with_file_and_line(old: str, new: str, said: str) -> None:
    assert old in SHIPPED
    with pytest.raises(SettingsError, match=r"severities\.toml") as caught:
        read_severities(SHIPPED.replace(old, new, 1))
    assert said in caught.value.message
    assert "行" in caught.value.message
