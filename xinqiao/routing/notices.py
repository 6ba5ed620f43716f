"""Reading a notice on holidays that a clerk has copied into a file (放假安排通知)."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from xinqiao.errors import InputError
from xinqiao.routing.calendar import Notice, NoticeDay, WorkingCalendar

MAKE_UP = "调休上班"

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_SATURDAY = 5
_LONGEST_HOLIDAY = 31
_DECEMBER = 12

_EXPECTED: Mapping[str, str] = {
    "missing": "缺少这一项，请补填",
    "extra_forbidden": "不认识的项，请对照 xinqiao calendar template 的写法",
    "string_type": "应为文字，请加引号",
    "string_too_short": "不能为空",
    "int_type": "应为年份数字，如 2027",
    "date_type": "应为日期，如 2027-01-01，不加引号",
    "date_from_datetime_inexact": "应为日期，如 2027-01-01",
    "too_short": "至少写一天",
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Off(_Part):
    name: _Text
    first: date = Field(alias="from")
    last: date | None = Field(None, alias="to")


class _File(_Part):
    number: _Text
    title: str = ""
    year: int
    off: list[_Off] = Field(min_length=1)
    working: list[date] = Field(default_factory=list)


TEMPLATE = """\
# 放假安排通知：照国务院办公厅当年的通知填写，再执行 xinqiao calendar import 本文件
# 井号后面是说明。日期写成 2027-01-01 的样子，不加引号。

number = ""          # 发文字号，如 国办发明电〔2026〕1号
title = ""           # 通知标题，可不填
year = {year}          # 这份通知安排的是哪一年

# 调休上班的周末（通知中“……上班”的日子），写在方括号里，用逗号隔开，如 [{year}-01-09, {year}-02-20]
working = []

# 放假：每个节日一段，from 第一天，to 最后一天（只放一天的可不写 to）
[[off]]
name = "元旦"
from = {year}-01-01
to = {year}-01-01

"""
"""What a clerk fills in; the year is put in."""


def read_notice(content: bytes, file: str) -> Notice:
    """Return the notice in ``content``.

    Args:
        content: A TOML file in UTF-8.
        file: Its name, to begin messages with.

    Raises:
        InputError: It cannot be read, a day is both off and working, or a date cannot be right; the
            message names every fault. Nothing of such a file is used.
    """
    parsed = _parse(content, file)
    faults = list(_faults(parsed))
    if faults:
        raise InputError(f"{file}：{'；'.join(faults)}。没有导入", code="notice")
    days = {day: NoticeDay(working=False, reason=name) for name, day in _days_off(parsed)}
    days |= {day: NoticeDay(working=True, reason=MAKE_UP) for day in parsed.working}
    return Notice(parsed.number, dict(sorted(days.items())), parsed.year)


def differences(notice: Notice, calendar: WorkingCalendar) -> list[date]:
    """Return the days of the notice's year of which ``calendar`` surely says something else.

    A long list means that the notice was mistyped, or that the calendar's own table is out of date.
    """
    found = []
    for day in _whole_year(notice):
        known, said = calendar.status(day), notice.days.get(day)
        working = said.working if said is not None else day.weekday() < _SATURDAY
        if not known.provisional and known.working is not working:
            found.append(day)
    return found


def _whole_year(notice: Notice) -> Iterator[date]:
    days = set(notice.days)
    if notice.year is not None:
        day = date(notice.year, 1, 1)
        while day.year == notice.year:
            days.add(day)
            day += timedelta(days=1)
    yield from sorted(days)


def _parse(content: bytes, file: str) -> _File:
    try:
        plain = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(f"{file}：不是 UTF-8 编码，请另存为 UTF-8", code="notice") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"{file}：写法有误（{error}）；请对照 xinqiao calendar template 检查引号、等号和日期",
            code="notice",
        ) from None
    try:
        return _File.model_validate(plain)
    except ValidationError as error:
        problems = "；".join(_problem(one, plain) for one in error.errors(include_url=False))
        raise InputError(f"{file}：{problems}。没有导入", code="notice") from None


def _problem(problem: Any, plain: Mapping[str, Any]) -> str:
    place = [str(part + 1) if isinstance(part, int) else part for part in problem["loc"]]
    expected = _EXPECTED.get(problem["type"], "写法不对")
    if problem["loc"][:1] == ("off",) and len(place) > 1 and isinstance(plain.get("off"), list):
        row = plain["off"][int(place[1]) - 1]
        name = row.get("name", "") if isinstance(row, dict) else ""
        return f"第 {place[1]} 段放假{f'（{name}）' if name else ''}的 {place[-1]} {expected}"
    return f"{' 的 '.join(place)} {expected}"


def _days_off(parsed: _File) -> Iterator[tuple[str, date]]:
    for holiday in parsed.off:
        day = holiday.first
        while day <= (holiday.last or holiday.first):
            yield holiday.name, day
            day += timedelta(days=1)


def _faults(parsed: _File) -> Iterator[str]:
    spans = list(_impossible_spans(parsed))
    yield from spans
    if spans:
        return
    off: dict[date, str] = {}
    for name, day in _days_off(parsed):
        if day in off:
            yield f"{day} 在“{off[day]}”和“{name}”里各写了一次"
        off[day] = name
    for day in parsed.working:
        if day in off:
            yield f"{day} 既写作放假（“{off[day]}”），又写作调休上班"
        if day.weekday() < _SATURDAY:
            yield f"{day} 本来就是工作日（星期一至五），不必写作调休上班"
    for day in sorted({*off, *parsed.working}):
        near = date(parsed.year - 1, _DECEMBER, 1) <= day <= date(parsed.year + 1, 1, 31)
        if not near:
            yield f"{day} 不在 {parsed.year} 年（可到前一年 12 月、后一年 1 月），请核对年份"


def _impossible_spans(parsed: _File) -> Iterator[str]:
    for holiday in parsed.off:
        last = holiday.last or holiday.first
        if last < holiday.first:
            yield f"“{holiday.name}”的最后一天 {last} 早于第一天 {holiday.first}"
        elif (last - holiday.first).days >= _LONGEST_HOLIDAY:
            yield f"“{holiday.name}”从 {holiday.first} 到 {last}，长得不合情理"
