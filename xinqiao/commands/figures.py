"""``xinqiao figures``: the figures by which reporting is graded, with formula and denominator."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.figures_options import FigureName, Range, ranging
from xinqiao.commands.figures_words import (
    CONFIDENCE,
    HEADINGS,
    notes,
    percent,
    reckoning_words,
    value_words,
)
from xinqiao.commands.output import console, json_option, open_hub, print_json, print_table

if TYPE_CHECKING:
    from xinqiao.hub import Hub
    from xinqiao.reconcile.figures.definitions import Figure
    from xinqiao.reconcile.figures.service import Number

COMMANDS = {
    "records": ("xinqiao.commands.figures_records:records", "明细：一个数字背后的逐条记录"),
}
"""Command → (where it is, what it does)."""

_ALONE = "none"
_DIMENSIONS = ("platform", "kind", "department", "month")


def _dimensions(
    _context: click.Context, option: click.Parameter, text: str
) -> tuple[str, ...] | None:
    """Return the dimensions that a person wrote with commas between.

    Raises:
        BadParameter: One is none, or stands twice.
    """
    if text.strip() == _ALONE:
        return ()
    words = tuple(word.strip() for word in text.replace("，", ",").split(","))
    if len(set(words)) < len(words) or not set(words) <= set(_DIMENSIONS):
        known = "、".join(_DIMENSIONS)
        raise click.BadParameter(f"应为 {known} 中的几项，用逗号隔开，或 {_ALONE}", param=option)
    return words


@click.group(cls=ChineseGroup, commands_table=COMMANDS, invoke_without_command=True)
@ranging
@click.option(
    "--by",
    default="platform,kind",
    callback=_dimensions,
    metavar="维度",
    help="分组：platform 平台、kind 记录类型、department 科室、month 月份，用逗号隔开；"
    f"{_ALONE} 不分组。默认 platform,kind。",
)
@click.option(
    "--figure",
    "chosen",
    type=FigureName(),
    multiple=True,
    metavar="指标",
    help="只要这个指标，如 on_time；可写几次，默认全部。",
)
@json_option
@click.pass_context
def figures(
    context: click.Context,
    of: Range,
    by: tuple[str, ...],
    chosen: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """考核指标：及时率、迟报率、瞒报率、漏报率、合规率、入库率、完整率、重复率。

    每个数字旁边是公式、分子和分母；决定当日计入与不计入两种口径并列，内部时限不计入。
    一个数字背后的逐条记录用 figures records 查看。
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    from xinqiao.reconcile.figures.definitions import figure
    from xinqiao.reconcile.figures.definitions import figures as every_figure
    from xinqiao.reconcile.figures.service import By

    hub = open_hub(context)
    selection = of.selection(hub)
    wanted = [figure(one) for one in chosen] or list(every_figure().values())
    numbers = hub.figures().numbers(wanted, [By(one) for one in by], selection)
    if as_json:
        print_json(_plain(wanted, by, numbers, of, hub))
        return
    console.print(f"统计范围：{of.words}", soft_wrap=True)
    for one in wanted:
        _show(hub, one, by, [number for number in numbers if number.figure is one])
    console.print()
    for line in notes(hub.settings.start.report_from, hub.settings.start.platforms):
        console.print(f"  {escape(line)}", soft_wrap=True)


def _refuse_options(context: click.Context) -> None:
    """Refuse an option before a subcommand: it would be taken for one of the subcommand.

    Raises:
        UsageError: There is one.
    """
    written = [
        name
        for name in context.params
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if written:
        raise click.UsageError(
            f"选项写在 {context.invoked_subcommand} 之后，不写在它之前", ctx=context
        )


def _show(hub: "Hub", figure: "Figure", by: Sequence[str], numbers: Sequence["Number"]) -> None:
    console.print(f"\n[bold]{figure.name}[/]（{figure.id}）= {figure.formula}", soft_wrap=True)
    remark = f"；{figure.note}" if figure.note else ""
    console.print(
        f"  出处（{CONFIDENCE[figure.confidence]}）：{escape(figure.source)}{escape(remark)}",
        soft_wrap=True,
    )
    if not numbers:
        console.print("  范围内没有可统计的。")
        return
    doubtful = any(number.share.provisional for number in numbers)
    columns = [HEADINGS[one] for one in by]
    columns += ["口径"] if figure.timed else []
    columns += [figure.numerator, figure.denominator, "比率"]
    columns += ["暂定"] if doubtful else []
    print_table(columns, [_line(hub, number, by, doubtful=doubtful) for number in numbers])


def _line(hub: "Hub", number: "Number", by: Sequence[str], *, doubtful: bool) -> list[object]:
    above, below, provisional = number.share
    cells: list[object] = [
        value_words(hub, dimension, value)
        for dimension, value in zip(by, number.group, strict=True)
    ]
    cells += [reckoning_words(number.reckoning)] if number.reckoning is not None else []
    cells += [above, below, percent(number.rate)]
    return cells + ([provisional] if doubtful else [])


def _plain(
    wanted: Sequence["Figure"],
    by: Sequence[str],
    numbers: Sequence["Number"],
    of: Range,
    hub: "Hub",
) -> dict[str, Any]:
    lines = {
        figure: [_plain_number(number, by) for number in group]
        for figure, group in groupby(numbers, key=lambda number: number.figure.id)
    }
    start = hub.settings.start
    return {
        "from": of.start.isoformat() if of.start else None,
        "to": of.end.isoformat() if of.end else None,
        "by": list(by),
        "figures": [
            {
                "figure": one.id,
                "name": one.name,
                "formula": one.formula,
                "numerator": one.numerator,
                "denominator": one.denominator,
                "timed": one.timed,
                "source": one.source,
                "status": "reference",
                "confidence": one.confidence,
                "note": one.note,
                "numbers": lines.get(one.id, []),
            }
            for one in wanted
        ],
        "notes": notes(start.report_from, start.platforms),
    }


def _plain_number(number: "Number", by: Sequence[str]) -> dict[str, Any]:
    above, below, provisional = number.share
    reckoning = number.reckoning
    return dict(zip(by, number.group, strict=True)) | {
        "counting": None if reckoning is None else reckoning.counting.value,
        "outages": None if reckoning is None else reckoning.outages,
        "numerator": above,
        "denominator": below,
        "rate": None if number.rate is None else round(number.rate, 6),
        "provisional": provisional,
    }
