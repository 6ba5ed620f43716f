"""``xinqiao objection``: objections to records, and the clock for their answers (异议)."""

from datetime import datetime

import click

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.entered import tell_entered
from xinqiao.commands.output import (
    DAY,
    NEEDS_A_PERSON,
    console,
    json_option,
    open_hub,
    print_json,
    print_table,
    reason_for,
    reason_option,
)
from xinqiao.commands.records import name_record

_RESULTS = ["异议成立，已更正", "异议部分成立，已更正", "异议不成立"]
_reason = reason_for("备注，写入审计日志；不写的记异议内容或处理结果。", required=False)


@click.group(cls=ChineseGroup)
def objection() -> None:
    """登记、办结、查看异议：属于本单位的三个工作日、须其他单位核实的七个工作日内办理并告知。"""


@objection.command("open")
@click.argument("record", metavar="记录标识或文书号")
@click.option("--content", required=True, metavar="文字", help="申请人认为有误的内容。")
@click.option(
    "--received-on", required=True, type=DAY, metavar="日期", help="收到日期；办理期限由此起算。"
)
@click.option("--others-verify", is_flag=True, help="须其他单位核实：期限为七个工作日。")
@click.option("--number", default="", metavar="编号", help="异议申请编号；默认自动编号。")
@_reason
@json_option
@click.pass_context
def open_(
    context: click.Context,
    record: str,
    content: str,
    received_on: datetime,
    number: str,
    reason: str | None,
    *,
    others_verify: bool,
    as_json: bool,
) -> None:
    """登记对一条记录的异议；办理期间不因此下架，公示一览中注明有异议。"""
    from xinqiao.intake.applications import Objecting

    hub = open_hub(context)
    found = hub.find_record(record)
    if not as_json:
        name_record(found)
    objecting = Objecting(content, received_on.date(), others_verify, number)
    entered = hub.open_objection(found.id, objecting, reason or "")
    tell_entered(context, entered, "已登记异议", as_json=as_json)


@objection.command("close")
@click.argument("number", metavar="异议申请编号")
@click.option("--result", required=True, type=click.Choice(_RESULTS), help="处理结果。")
@click.option("--decided-on", required=True, type=DAY, metavar="日期", help="处理日期。")
@click.option("--told-on", required=True, type=DAY, metavar="日期", help="告知申请人的日期。")
@click.option("--correction", default="", metavar="文字", help="更正内容；已更正的必填。")
@_reason
@json_option
@click.pass_context
def close(
    context: click.Context,
    number: str,
    result: str,
    decided_on: datetime,
    told_on: datetime,
    correction: str,
    reason: str | None,
    *,
    as_json: bool,
) -> None:
    """登记异议的处理结果和告知日期，办结；记录有误的另行更正后导入。"""
    from xinqiao.intake.applications import Answering

    answering = Answering(result, decided_on.date(), told_on.date(), correction)
    entered = open_hub(context).close_objection(number, answering, reason or "")
    tell_entered(context, entered, "异议已办结", as_json=as_json)


@objection.command("reopen")
@click.argument("number", metavar="异议申请编号")
@reason_option
@json_option
@click.pass_context
def reopen(context: click.Context, number: str, reason: str, *, as_json: bool) -> None:
    """取消误登记的办结：去掉处理结果和告知日期，期限照原来的算。"""
    entered = open_hub(context).reopen_objection(number, reason)
    tell_entered(context, entered, "异议已重新办理", as_json=as_json)


@objection.command("list")
@click.option("--all", "handled", is_flag=True, help="连同已办结的。")
@json_option
@click.pass_context
def list_(context: click.Context, *, handled: bool, as_json: bool) -> None:
    """列出未办结的异议和办理期限，急的在前。"""
    found = open_hub(context).objections(handled=handled)
    if as_json:
        print_json([one.plain() for one in found])
    elif found:
        print_table(
            ["编号", "申请人", "异议的文书号", "收到日期", "最迟", "办理"],
            [
                (
                    one.number,
                    one.name,
                    one.target_number,
                    one.received_on,
                    f"{one.due_on}{'（暂定）' if one.provisional else ''}",
                    f"{one.result}，{one.told_on} 告知"
                    if one.handled
                    else "已逾期"
                    if one.overdue
                    else "办理中",
                )
                for one in found
            ],
        )
    else:
        console.print("没有未办结的异议。")
    if any(one.overdue for one in found):
        context.exit(NEEDS_A_PERSON)
