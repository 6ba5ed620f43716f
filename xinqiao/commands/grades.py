"""``xinqiao grades``: what platforms say of our subjects, beside our own assessments."""

from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    json_option,
    open_hub,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from xinqiao.reconcile.standing import Standing

_SHOWN = 50
_DIRECTIONS = {"up": "↑", "down": "↓", "same": "＝", "": ""}
_COLOURS = {"up": "green", "down": "red", "same": "", "": ""}


@click.command(cls=ChineseCommand)
@click.option("--name", metavar="文字", help="名称里含有这些字的。")
@click.option("--grade", metavar="等级", help="安全生产信用等级是这一级的：AA、A、B、C、D。")
@click.option("--watched", is_flag=True, help="只看重点关注名单上的。")
@click.option("--doubtful", is_flag=True, help="只看有矛盾或待核对的。")
@click.option(
    "--limit", type=click.IntRange(1), default=_SHOWN, metavar="数", help="最多显示几个主体。"
)
@json_option
@click.pass_context
def grades(
    context: click.Context,
    name: str | None,
    grade: str | None,
    limit: int,
    *,
    watched: bool,
    doubtful: bool,
    as_json: bool,
) -> None:
    """对照平台传回的等级、名单和评价与本单位的质量信誉考核，一个主体一行，有矛盾的在前。

    平台传回的数据用 xinqiao import 导入；这里只作对照，本单位不评定、不公布这些等级。
    """
    from xinqiao.reconcile.standing import Wanted
    from xinqiao.records.safety_grade import GRADES

    if grade is not None and grade not in GRADES:
        raise click.BadParameter(
            f"没有“{grade}”这一级，可写 {'、'.join(GRADES)}", param_hint="--grade"
        )
    wanted = Wanted(name, grade, watched, doubtful)
    found = open_hub(context).standings(wanted)
    if as_json:
        print_json([one.plain() for one in found])
    elif not found and wanted != Wanted():
        console.print("没有符合条件的主体。")
    elif not found:
        console.print(
            "没有可对照的主体。平台传回的等级、名单、评价和本单位的质量信誉考核，"
            "导入（xinqiao import）后在这里对照。",
            soft_wrap=True,
        )
    else:
        _show(found, limit)
    if any(one.doubts for one in found):
        context.exit(NEEDS_A_PERSON)


def _show(found: "list[Standing]", limit: int) -> None:
    print_table(
        ["主体", "质量信誉考核", "安全生产信用", "重点关注", "公共信用评价", "待核对"],
        [_cells(one) for one in found[:limit]],
    )
    doubtful = sum(bool(one.doubts) for one in found)
    console.print(f"共 {len(found)} 个主体，其中待核对 {doubtful} 个。")
    if len(found) > limit:
        console.print(f"只显示前 {limit} 个；用 --limit 多看一些。")


def _cells(one: "Standing") -> tuple[object, ...]:
    person = "（从业人员）" if one.person else ""
    assessments = "\n".join(
        f"{each['assessed_object']} {each['grade']}（{each['year']}）" for each in one.assessments
    )
    watched = "\n".join(f"{each['sector']}（{each['listed_on']}）" for each in one.watched)
    return (
        f"{one.name}{person}",
        assessments or None,
        _grade(one),
        watched or None,
        _evaluation(one.evaluation),
        Text("\n".join(doubt.message for doubt in one.doubts), "yellow") if one.doubts else None,
    )


def _grade(one: "Standing") -> Text | None:
    if one.safety is None:
        return None
    mark = _DIRECTIONS[one.direction]
    before = f"{mark}（原 {one.previous_grade}）" if mark else ""
    dishonest = "，行业失信" if one.safety["industry_dishonest"] else ""
    shown = f"{one.safety['grade']}{before}{dishonest}，{one.safety['valid_from']}"
    return Text(shown, _COLOURS[one.direction])


def _evaluation(one: dict[str, Any] | None) -> str | None:
    return None if one is None else f"{one['grade']}（{one['evaluated_on']}）"
