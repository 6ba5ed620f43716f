"""``xinqiao figures records``: the very records behind one number (明细)."""

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.figures_options import FigureName, Range, ranging
from xinqiao.commands.figures_words import STATES, value_words
from xinqiao.commands.output import (
    console,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from xinqiao.hub import Hub
    from xinqiao.reconcile.figures.service import Entry

_LISTED = 50
_HEADERS = (
    "记录标识",
    "编号",
    "平台",
    "记录类型",
    "科室",
    "决定日期",
    "截止日",
    "报送时间",
    "情况",
    "数量",
)


@click.command(cls=ChineseCommand)
@ranging
@click.option(
    "--figure",
    "chosen",
    type=FigureName(),
    required=True,
    metavar="指标",
    help="哪个指标，如 late；各指标见 xinqiao figures。",
)
@click.option(
    "--part",
    type=click.Choice(["numerator", "denominator", "provisional"]),
    default="numerator",
    metavar="部分",
    help="numerator 分子（默认）、denominator 分母、provisional 暂定的。",
)
@click.option(
    "--counting",
    type=click.Choice(["exclusive", "inclusive"]),
    metavar="口径",
    help="exclusive 当日不计入，inclusive 当日计入；默认按工作区的设置。",
)
@click.option("--without-outages", is_flag=True, help="不扣除平台停机的时间。")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="文件",
    help="全部写成 .csv 或 .xlsx，如 迟报.csv。",
)
@click.option("--force", is_flag=True, help="已有同名文件时覆盖。")
@json_option
@click.pass_context
def records(
    context: click.Context,
    of: Range,
    chosen: str,
    part: str,
    counting: str | None,
    output: Path | None,
    *,
    without_outages: bool,
    force: bool,
    as_json: bool,
) -> None:
    """列出一个数字背后的逐条记录，数量之和就是那个数字。"""
    from xinqiao.reconcile.figures.definitions import figure
    from xinqiao.reconcile.figures.limits import Reckoning
    from xinqiao.reconcile.figures.service import Part
    from xinqiao.reports.lists import check_list_name, write_list
    from xinqiao.routing.deadlines import Counting

    if output is not None:
        check_list_name(output)
    hub = open_hub(context)
    wanted = figure(chosen)
    reckoning = Reckoning(Counting(counting or hub.counting), not without_outages)
    with hub.figures().records(wanted, Part(part), of.selection(hub), reckoning) as found:
        counted = _Counted(found)
        if output is not None:
            lines = (list(_cells(hub, entry)) for entry in counted)
            write_list(output, _HEADERS, lines, replace=force)
        if as_json and output is not None:
            told = {"output": str(output), "entries": counted.entries, "sum": counted.sum}
            print_json(told)
            return
        if as_json:
            head = {
                "figure": wanted.id,
                "part": part,
                "counting": reckoning.counting.value if wanted.timed else None,
                "outages": reckoning.outages if wanted.timed else None,
            }
            _stream_json(head, counted)
            return
        names = {"numerator": wanted.numerator, "denominator": wanted.denominator}
        title = f"{wanted.name}：{names.get(part, '暂定')}"
        title += f"（{reckoning.name}）" if wanted.timed else ""
        shown = [] if output is not None else list(islice(counted, _LISTED))
        if shown:
            print_table(_HEADERS, [_cells(hub, entry) for entry in shown], title=title)
        for _ in counted:
            """The rest is only counted."""
    _tell(title, counted, len(shown), output)


class _Counted:
    """Entries as they pass, counted."""

    def __init__(self, entries: "Iterator[Entry]") -> None:
        self._entries = entries
        self.entries = 0
        self.sum = 0

    def __iter__(self) -> "Iterator[Entry]":
        return self

    def __next__(self) -> "Entry":
        entry = next(self._entries)
        self.entries += 1
        self.sum += entry.count
        return entry


def _tell(title: str, counted: _Counted, shown: int, output: Path | None) -> None:
    if not counted.entries:
        console.print(f"{title}：范围内没有。", soft_wrap=True)
    amount = f"，数量合计 {counted.sum}" if counted.sum != counted.entries else ""
    if output is not None:
        line = f"已写入 {escape(str(output))}：{counted.entries} 条{amount}。"
        console.print(line, soft_wrap=True)
        return
    if counted.entries:
        console.print(f"共 {counted.entries} 条{amount}。", soft_wrap=True)
    if counted.entries > shown:
        console.print(f"只列了前 {shown} 条；全部写成文件：加 -o 明细.csv", soft_wrap=True)


def _cells(hub: "Hub", entry: "Entry") -> tuple[str, ...]:
    place, behind = entry.place, entry.behind
    reported = None if behind.reported_at is None else behind.reported_at.isoformat()
    return (
        behind.record_id or "",
        behind.name,
        value_words(hub, "platform", place.platform),
        value_words(hub, "kind", place.kind),
        place.department,
        "" if place.day is None else place.day.isoformat(),
        "" if entry.due_on is None else entry.due_on.isoformat(),
        "" if reported is None else local_time(reported),
        "" if entry.state is None else STATES[entry.state],
        str(entry.count),
    )


def _plain(entry: "Entry") -> dict[str, Any]:
    place, behind = entry.place, entry.behind
    return {
        "record": behind.record_id,
        "document_number": behind.name,
        "platform": place.platform,
        "kind": place.kind,
        "department": place.department,
        "decided_on": None if place.day is None else place.day.isoformat(),
        "due_on": None if entry.due_on is None else entry.due_on.isoformat(),
        "reported_at": None if behind.reported_at is None else behind.reported_at.isoformat(),
        "state": entry.state,
        "count": entry.count,
    }


def _stream_json(head: dict[str, Any], counted: _Counted) -> None:
    """Write one JSON object without ever holding all of its records."""
    opening = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    sys.stdout.write(f'{opening},\n "records": [')
    for number, entry in enumerate(counted):
        comma = "," if number else ""
        sys.stdout.write(f"{comma}\n  {json.dumps(_plain(entry), ensure_ascii=False)}")
    sys.stdout.write(f'\n ],\n "entries": {counted.entries},\n "sum": {counted.sum}\n}}\n')
