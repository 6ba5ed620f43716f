"""``xinqiao sync``: one pass over the platforms."""

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    json_option,
    open_hub,
    print_json,
    print_table,
)

COLUMNS = {
    "delivered": "送出",
    "accepted": "已入库",
    "awaiting_receipt": "待回执",
    "rejected": "被退回",
    "conflict": "有冲突",
    "in_doubt": "待核实",
    "held": "已挂起",
}


@click.command(cls=ChineseCommand)
@click.option("--platform", metavar="平台", help="只处理这个平台。")
@json_option
@click.pass_context
def sync(context: click.Context, platform: str | None, *, as_json: bool) -> None:
    """走一遍：报送到期的、核实存疑的、收取回执。可随时再次执行，不会重复报送。"""
    reports = {name: one.plain() for name, one in open_hub(context).sync(platform).items()}
    if as_json:
        print_json({"platforms": reports})
    elif not reports:
        console.print("工作区里还没有平台（platforms/ 为空）。")
    else:
        print_table(
            ["平台", *COLUMNS.values()],
            [[name, *(one[key] for key in COLUMNS)] for name, one in reports.items()],
        )
        for name, one in reports.items():
            if one["note"]:
                console.print(f"[yellow]{name}[/]：{escape(one['note'])}", soft_wrap=True)
    attention = ("rejected", "conflict", "held", "note")
    if any(one[key] for one in reports.values() for key in attention):
        context.exit(NEEDS_A_PERSON)
