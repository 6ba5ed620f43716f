"""A notice that a clerk typed: what is read, and what is refused with every fault named."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.errors import InputError
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.notices import MAKE_UP, TEMPLATE, differences, read_notice

NOTICE = """
number = "示例〔2026〕1号"
year = 2027
working = [2027-01-09]
[[off]]
name = "元旦"
from = 2027-01-01
to = 2027-01-03
[[off]]
name = "清明节"
from = 2027-04-05
"""


def fault(text: str) -> str:
    with pytest.raises(InputError) as caught:
        read_notice(text.encode(), "通知.toml")
    assert caught.value.message.startswith("通知.toml：")
    return caught.value.message


def test_a_notice_is_read_day_by_day() -> None:
    notice = read_notice(NOTICE.encode(), "通知.toml")
    assert (notice.number, notice.year) == ("示例〔2026〕1号", 2027)
    assert {day: (said.working, said.reason) for day, said in notice.days.items()} == {
        date(2027, 1, 1): (False, "元旦"),
        date(2027, 1, 2): (False, "元旦"),
        date(2027, 1, 3): (False, "元旦"),
        date(2027, 1, 9): (True, MAKE_UP),
        date(2027, 4, 5): (False, "清明节"),
    }


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read_notice(b"\xef\xbb\xbf" + NOTICE.encode(), "通知.toml").year == 2027


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[2027-01-09]", "[2027-01-03]"), "2027-01-03 既写作放假（“元旦”），又写作调休上班"),
        (("[2027-01-09]", "[2027-01-08]"), "2027-01-08 本来就是工作日"),
        (("to = 2027-01-03", "to = 2026-12-30"), "“元旦”的最后一天 2026-12-30 早于第一天"),
        (("to = 2027-01-03", "to = 2027-10-03"), "长得不合情理"),
        (("from = 2027-04-05", "from = 2028-04-05"), "2028-04-05 不在 2027 年"),
        (("from = 2027-04-05", "from = 2027-01-02"), "2027-01-02 在“元旦”和“清明节”里各写了一次"),
        (('number = "示例〔2026〕1号"', ""), "number 缺少这一项"),
        (('number = "示例〔2026〕1号"', 'number = " "'), "number 不能为空"),
        (("year = 2027", 'year = "2027"'), "year 应为年份数字"),
        (("from = 2027-04-05", 'from = "2027-04-05"'), "第 2 段放假（清明节）的 from 应为日期"),
        (('name = "清明节"', 'nam = "清明节"'), "第 2 段放假的 nam 不认识的项"),
        (("from = 2027-04-05", "from = 2027-13-05"), "写法有误"),
        (('number = "', "number = “"), "写法有误"),
    ],
)
def test_a_slip_is_named_with_the_day_or_the_entry(change: tuple[str, str], said: str) -> None:
    assert change[0] in NOTICE
    assert said in fault(NOTICE.replace(*change))


def test_every_fault_of_a_file_is_told_at_once() -> None:
    text = NOTICE.replace("[2027-01-09]", "[2027-01-03, 2027-01-08]")
    assert {"既写作放假" in fault(text), "本来就是工作日" in fault(text)} == {True}


@pytest.mark.parametrize("content", [b"", "年份".encode("gbk")])
def test_an_empty_file_or_another_encoding_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"通知\.toml"):
        read_notice(content, "通知.toml")


def test_the_template_is_refused_until_its_number_is_filled_in() -> None:
    text = TEMPLATE.format(year=2027)
    assert "number 不能为空" in fault(text)
    filled = text.replace('number = ""', 'number = "示例〔2026〕1号"')
    assert read_notice(filled.encode(), "通知.toml").days.keys() == {date(2027, 1, 1)}


def test_days_of_which_the_calendar_says_something_else_are_told() -> None:
    text = NOTICE.replace("2027", "2026").replace("[2026-01-09]", "[2026-01-10]")
    found = differences(read_notice(text.encode(), "通知.toml"), WorkingCalendar())
    # 2026-01-04 was a make-up day and is not named; 01-10 was not one
    assert {date(2026, 1, 4), date(2026, 1, 10)} <= set(found)


def test_of_a_year_that_nobody_knows_nothing_differs() -> None:
    assert differences(read_notice(NOTICE.encode(), "通知.toml"), WorkingCalendar()) == []


@given(st.sets(st.integers(0, 364), min_size=1, max_size=30), st.integers(0, 364))
def test_a_day_is_never_both_off_and_working(off: set[int], make_up: int) -> None:
    first = date(2027, 1, 1)
    days = "".join(f'[[off]]\nname = "节{n}"\nfrom = {first + timedelta(n)}\n' for n in sorted(off))
    text = f'number = "示例"\nyear = 2027\nworking = [{first + timedelta(make_up)}]\n{days}'
    weekday = (first + timedelta(make_up)).weekday() < 5
    if make_up in off or weekday:
        fault(text)
    else:
        notice = read_notice(text.encode(), "通知.toml")
        working = {day for day, said in notice.days.items() if said.working}
        assert working == {first + timedelta(make_up)}
