"""``xinqiao audit``: reviewing and proving the log."""

import json

import click

from xinqiao.commands.audit_remarks import remark
from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.output import (
    console,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
)
from xinqiao.commands.words import action_words

COMMANDS = {
    "verify": ("xinqiao.commands.audit_verify:verify", "验证日志：审计链、锚点、现状与日志相符"),
    "anchor": ("xinqiao.commands.audit_anchors:anchor", "现在就写一个审计锚点，送到各存放处"),
    "anchors": ("xinqiao.commands.audit_anchors:anchors", "查看锚点、公钥，更换签名密钥"),
}
"""Command → (where it is, what it does)."""


@click.group(cls=ChineseGroup, commands_table=COMMANDS)
def audit() -> None:
    """查看审计日志，验证其完整。日志只增不改，随每次状态变化同时写入。"""


@audit.command("list")
@click.option("--record", "record_id", metavar="记录标识", help="只看这条记录的。")
@click.option("--submission", "submission_id", type=int, help="只看这条报送件的。")
@click.option("--platform", metavar="平台", help="只看这个平台的。")
@click.option("--action", metavar="动作", help="只看这类动作，如 submission. 或 platform.paused。")
@click.option("--limit", default=50, show_default=True, help="最多显示多少条，取最近的。")
@json_option
@click.pass_context
def list_(
    context: click.Context,
    record_id: str | None,
    submission_id: int | None,
    platform: str | None,
    action: str | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """列出最近的审计条目。"""
    from xinqiao.audit.review import Filter, entries

    hub = open_hub(context)
    wanted = Filter(record_id, submission_id, platform, action)
    with hub.database.reading() as connection:
        found = entries(connection, wanted, limit)
    if as_json:
        print_json(found)
        return
    if not found:
        console.print("没有符合条件的审计条目。")
        return
    print_table(
        ["序号", "时间", "谁", "动作", "记录", "报送件", "理由与细节"],
        [
            (
                one["sequence"],
                local_time(one["at"]),
                one["actor"].partition("/")[0],
                action_words(one["action"]),
                (one["record"] or "—")[:8],
                one["submission"],
                remark(one),
            )
            for one in found
        ],
    )


@audit.command()
@click.argument("sequence", type=int, metavar="序号")
@json_option
@click.pass_context
def show(context: click.Context, sequence: int, *, as_json: bool) -> None:
    """显示一条审计条目的全部内容和校验值。"""
    from xinqiao.audit.review import entry

    hub = open_hub(context)
    with hub.database.reading() as connection:
        found = entry(connection, sequence)
    if as_json:
        print_json(found)
    else:
        console.print(json.dumps(found, ensure_ascii=False, indent=2), markup=False)
