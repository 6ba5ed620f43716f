"""Which figures, of what, by what: the options that ``figures`` and its lists share."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from xinqiao.commands.kind_name import KIND
from xinqiao.commands.output import DAY
from xinqiao.errors import InputError

if TYPE_CHECKING:
    from xinqiao.hub import Hub
    from xinqiao.reconcile.figures.selection import Selection

_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})")


class FigureName(click.ParamType[str]):
    """Identifier of a figure, such as ``on_time``; another word is an error of usage."""

    name = "figure"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return ``value``.

        Raises:
            BadParameter: No such figure; lists those there are.
        """
        from xinqiao.reconcile.figures.definitions import figure

        try:
            return figure(str(value)).id
        except InputError as error:
            self.fail(error.message, param, ctx)


class Month(click.ParamType["tuple[date, date]"]):
    """A month as people write it, such as 2026-09: its first day and its last."""

    name = "month"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "tuple[date, date]":
        """Return first and last day.

        Raises:
            BadParameter: It is no month.
        """
        if isinstance(value, tuple):
            return value
        found = _MONTH.fullmatch(str(value))
        try:
            first = date(int(found[1]), int(found[2]), 1) if found else None
        except ValueError:
            first = None
        if first is None:
            self.fail("应为月份，如 2026-09", param, ctx)
        return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


@dataclass(frozen=True, slots=True)
class Range:
    """What a person asked for, before the workspace is looked at."""

    platform: str | None
    kind: str | None
    department: str | None
    start: date | None
    end: date | None

    def selection(self, hub: "Hub") -> "Selection":
        """Return the filters.

        Raises:
            InputError: The workspace has no such platform.
        """
        from xinqiao.reconcile.figures.amounts import SOURCE
        from xinqiao.reconcile.figures.selection import Selection

        if self.platform != SOURCE:
            hub.named(self.platform)
        return Selection(self.platform, self.kind, self.department, self.start, self.end)

    @property
    def words(self) -> str:
        """What was asked for, in Chinese, for the head of an answer."""
        if self.start is None and self.end is None:
            return "全部"
        return f"{self.start or '最早'} 至 {self.end or '今天'}"


def ranging(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a range to a command; it is handed one :class:`Range` as ``of``."""

    @wraps(command)
    def collected(
        *args: Any,
        platform: str | None,
        kind: str | None,
        department: str | None,
        month: tuple[date, date] | None,
        start: datetime | None,
        end: datetime | None,
        **others: Any,
    ) -> Any:
        first, last = _span(month, start, end)
        return command(*args, of=Range(platform, kind, department, first, last), **others)

    for option in (
        click.option("--to", "end", type=DAY, metavar="日期", help="截止日（含）；默认不限。"),
        click.option(
            "--from", "start", type=DAY, metavar="日期", help="起始日（决定日期）；默认不限。"
        ),
        click.option("--month", type=Month(), metavar="月份", help="只统计这个月，如 2026-09。"),
        click.option("--department", metavar="科室", help="只统计这个科室。"),
        click.option("--kind", type=KIND, metavar="类型", help="只统计这种记录，如 permit。"),
        click.option("--platform", metavar="平台", help="只统计这个平台；默认全部。"),
    ):
        collected = option(collected)
    return collected


def _span(
    month: tuple[date, date] | None, start: datetime | None, end: datetime | None
) -> tuple[date | None, date | None]:
    """Return first and last day.

    Raises:
        UsageError: Both a month and a span were given.
        InputError: The span ends before it begins.
    """
    if month is not None:
        if start is not None or end is not None:
            raise click.UsageError("--month 与 --from、--to 只用一种")
        return month
    first = None if start is None else start.date()
    last = None if end is None else end.date()
    if first is not None and last is not None and first > last:
        raise InputError(f"起始日期 {first} 晚于截止日期 {last}，请核对 --from 和 --to")
    return first, last
