"""``xinqiao publication``: what is shown to the public, and what people decide about it."""

import sys
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    json_option,
    open_hub,
    print_json,
    print_table,
    reason_option,
)
from xinqiao.commands.records import name_record

if TYPE_CHECKING:
    from xinqiao.hub import Hub
    from xinqiao.queue.publicity import Line
    from xinqiao.queue.showing import Shown

_WARNINGS = {
    "no_period": "没有公示期限：请用 xinqiao publication classify 认定失信程度，或导入公示截止期",
    "past_bound": "决定已满五年，超过披露期限（《山东省社会信用条例》第三十八条）："
    "请核对，用 xinqiao publication take-down 下架，仍可以公示的用 xinqiao publication allow",
    "old_shown": "更正后的版本还不能公示，网站上公示的是旧版：请改正，或查看、审核后放行",
    "not_moving": "该公示或该下架的没有在报送（被退回、挂起或取消）："
    "用 xinqiao queue list 查看、处置",
    "still_down": "下架的原因已不存在，仍为下架：应当公示的用 xinqiao publication restore，"
    "不再公示的用 xinqiao publication forbid",
}
"""Warning of a line → what is to be done."""

_SHORT = {
    "no_period": "没有公示期限",
    "past_bound": "决定已满五年",
    "old_shown": "公示的是旧版",
    "not_moving": "没有在报送",
    "still_down": "下架原因已不存在",
}
"""Warning of a line → how the line says it."""

record_argument = click.argument("record", metavar="记录标识或文书号")
yes_option = click.option("--yes", is_flag=True, help="不再询问。")


_RESTS_ON = "依据的文号或名称。"
document_option = click.option("--document", required=True, metavar="文号", help=_RESTS_ON)
document_if_any = click.option("--document", default="", metavar="文号", help=_RESTS_ON)


@click.group(cls=ChineseGroup)
def publication() -> None:
    """查看和处置向社会公示的记录；每项处置都写入审计日志。"""


@publication.command("list")
@click.option(
    "--state",
    "showing",
    type=click.Choice(
        ["waits", "to_review", "to_correct", "to_be_shown", "shown", "taking_down", "taken_down"]
    ),
    help="只列这一种：waits 待查看，to_review 待审核，to_correct 有错待改，to_be_shown 待公示，"
    "shown 公示中，taking_down 待下架，"
    "taken_down 不公示。",
)
@click.option("--all", "everything", is_flag=True, help="全部列出；默认只列须留意的。")
@json_option
@click.pass_context
def list_(context: click.Context, showing: str | None, *, everything: bool, as_json: bool) -> None:
    """列出须人处理的、有异议的、快到期的、正在下架的：待查看、有错、没有期限、超过五年等。"""
    lines = [
        one
        for one in open_hub(context).publicity()
        if (showing is None and (everything or one.worth_telling)) or one.showing == showing
    ]
    if as_json:
        print_json([one.plain() for one in lines])
    elif lines:
        _show(lines)
    elif everything or showing is not None:
        console.print("没有公示的记录。" if showing is None else "没有这种公示的记录。")
    else:
        console.print("没有须留意的公示；用 --all 列出全部。")
    if any(one.needs_a_person for one in lines):
        context.exit(NEEDS_A_PERSON)


def _reason(why: str) -> str:
    """Return why a record is not shown, as operators read it; nothing where it is shown."""
    from xinqiao.queue.publicity import NOT_ROUTED
    from xinqiao.queue.publishing import CHINESE, Why

    if why == NOT_ROUTED:
        return "按规则不在这里公示"
    return CHINESE[Why(why)] if why else ""


def _show(lines: "list[Line]") -> None:
    from xinqiao.queue.publicity import CHINESE
    from xinqiao.records.kinds import kind_of

    print_table(
        ["记录", "类型", "文书号", "名称", "平台", "公示", "失信程度", "公示到", "说明"],
        [
            (
                one.record[:8],
                kind_of(one.kind).name,
                one.number,
                one.name,
                one.platform,
                CHINESE[one.showing],
                one.severity or None,
                one.shown_until,
                "；".join(
                    filter(
                        None,
                        (
                            _reason(one.why),
                            one.document,
                            *(_SHORT[warning] for warning in one.warnings),
                            *(f"有异议 {number}" for number in one.objections),
                        ),
                    )
                )
                or None,
            )
            for one in lines
        ],
    )
    for warning, words in _WARNINGS.items():
        count = sum(warning in one.warnings for one in lines)
        if count:
            console.print(f"[yellow]{count} 条{words}[/]", soft_wrap=True)
    to_review = sum(one.showing == "to_review" for one in lines)
    if to_review:
        console.print(
            f"[yellow]{to_review} 条待审核[/]：用 xinqiao review list 查看、审核", soft_wrap=True
        )
    waiting = sum(one.showing == "waits" for one in lines)
    if waiting:
        console.print(
            f"[yellow]{waiting} 条待查看，没有公示[/]：可以公开的用 xinqiao publication allow，"
            "不能公开的用 xinqiao publication forbid",
            soft_wrap=True,
        )


@publication.command("forbid")
@record_argument
@reason_option
@document_if_any
@yes_option
@json_option
@click.pass_context
def forbid(
    context: click.Context, record: str, reason: str, document: str, *, yes: bool, as_json: bool
) -> None:
    """不予公开：已公示的下架，未公示的不公示；共享给平台的不变。"""
    from xinqiao.queue.publishing import Why

    hub, record_id = _chosen(context, record, "不予公开这条记录？", yes=yes, as_json=as_json)
    with hub.deciding(reason) as desk:
        shown = desk.stop(record_id, Why.FORBIDDEN, document)
    _tell(hub, record_id, "已登记不予公开。", shown, as_json=as_json)


@publication.command("take-down")
@record_argument
@reason_option
@document_option
@yes_option
@json_option
@click.pass_context
def take_down(
    context: click.Context, record: str, reason: str, document: str, *, yes: bool, as_json: bool
) -> None:
    """下架：网站停止公示；共享给平台的不变。决定本身撤销的用 xinqiao withdraw。"""
    from xinqiao.queue.publishing import Why

    hub, record_id = _chosen(context, record, "下架这条记录？", yes=yes, as_json=as_json)
    with hub.deciding(reason) as desk:
        shown = desk.stop(record_id, Why.PERSON, document)
    _tell(hub, record_id, "已登记下架。", shown, as_json=as_json)


@publication.command("restore")
@record_argument
@reason_option
@yes_option
@json_option
@click.pass_context
def restore(context: click.Context, record: str, reason: str, *, yes: bool, as_json: bool) -> None:
    """恢复公示：取消下架或不予公开；已修复、期满、不公示的程度不能恢复。"""
    hub, record_id = _chosen(context, record, "恢复公示这条记录？", yes=yes, as_json=as_json)
    with hub.deciding(reason) as desk:
        shown = desk.put_up(record_id)
    _tell(hub, record_id, "已恢复公示。", shown, as_json=as_json)


@publication.command("allow")
@record_argument
@reason_option
@json_option
@click.pass_context
def allow(context: click.Context, record: str, reason: str, *, as_json: bool) -> None:
    """登记已由人看过，疑似号码的文字、满五年的决定可以公开；证件号码不能放行。"""
    hub, record_id = _chosen(context, record, "", yes=True, as_json=as_json)
    with hub.deciding(reason) as desk:
        shown = desk.look(record_id)
    _tell(hub, record_id, "已登记查看，可以公示。", shown, as_json=as_json)


@publication.command("classify")
@record_argument
@click.option(
    "--severity",
    required=True,
    type=click.Choice(["轻微", "一般", "严重"]),
    help="失信程度，由人认定。",
)
@reason_option
@document_option
@click.option(
    "--publish",
    is_flag=True,
    help="轻微而确需公示的：不因此下架；已下架的再用 restore 恢复。",
)
@json_option
@click.pass_context
def classify(
    context: click.Context,
    record: str,
    severity: str,
    reason: str,
    document: str,
    *,
    publish: bool,
    as_json: bool,
) -> None:
    """认定失信程度：公示期限和修复期限由此而定；轻微的原则上不公示。"""
    hub, record_id = _chosen(context, record, "", yes=True, as_json=as_json)
    with hub.deciding(reason) as desk:
        shown = desk.classify(record_id, severity, document, published=publish)
    _tell(hub, record_id, f"已认定失信程度：{severity}。", shown, as_json=as_json)


def _chosen(
    context: click.Context, record: str, question: str, *, yes: bool, as_json: bool
) -> "tuple[Hub, str]":
    """Return the record that a person means, after asking whether it is the right one."""
    hub = open_hub(context)
    found = hub.find_record(record)
    if not as_json:
        name_record(found)
    if not (yes or as_json) and sys.stdin.isatty():
        click.confirm(question, abort=True)
    return hub, found.id


def _tell(hub: "Hub", record_id: str, done: str, shown: "list[Shown]", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "record": record_id,
                "platforms": {
                    one.platform: {
                        "must_go": one.must_go,
                        "shown_until": one.until.isoformat() if one.until is not None else None,
                        "still_down": one.still_down.value if one.still_down is not None else None,
                    }
                    for one in shown
                },
            }
        )
        return
    console.print(done)
    for one in shown:
        name = escape(hub.title(one.platform))
        if one.still_down is not None:
            console.print(
                f"  {name}：[yellow]仍为下架[/]（原因：{_reason(one.still_down.value)}）；"
                "应当公示的用 xinqiao publication restore",
                soft_wrap=True,
            )
        elif one.must_go:
            console.print(f"  {name}：须下架；执行 xinqiao sync 即报送", soft_wrap=True)
        elif one.until is not None:
            console.print(f"  {name}：公示到 {one.until}", soft_wrap=True)
        else:
            console.print(f"  {name}：没有须下架的", soft_wrap=True)
    if not shown:
        console.print("  这条记录没有在任何网站公示，只作登记。")
