"""``xinqiao repair``: a record was repaired (信用修复)."""

from datetime import datetime

import click

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.entered import tell_entered
from xinqiao.commands.output import DAY, json_option, open_hub, reason_option
from xinqiao.commands.records import name_record


@click.command(cls=ChineseCommand)
@click.argument("record", metavar="记录标识或文书号")
@reason_option
@click.option(
    "--decided-on", required=True, type=DAY, metavar="日期", help="准予修复的日期，如 2026-11-20。"
)
@click.option("--document", required=True, metavar="文号", help="修复决定文号，即修复申请编号。")
@click.option("--applied-on", type=DAY, metavar="日期", help="申请日期；默认同准予修复的日期。")
@click.option("--severity", type=click.Choice(["轻微", "一般", "严重"]), help="失信程度。")
@json_option
@click.pass_context
def repair(
    context: click.Context,
    record: str,
    reason: str,
    decided_on: datetime,
    document: str,
    applied_on: datetime | None,
    severity: str | None,
    *,
    as_json: bool,
) -> None:
    """登记一条失信信息已经修复：网站停止公示，修复报送各平台。"""
    from xinqiao.intake.applications import Repairing

    hub = open_hub(context)
    found = hub.find_record(record)
    if not as_json:
        name_record(found)
    repairing = Repairing(
        decided_on.date(),
        document,
        applied_on.date() if applied_on is not None else None,
        severity or "",
    )
    entered = hub.repair(found.id, repairing, reason)
    tell_entered(context, entered, "已登记修复，网站停止公示", as_json=as_json)
