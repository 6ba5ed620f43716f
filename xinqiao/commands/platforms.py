"""``xinqiao platforms``: profiles and their health."""

import click
from rich.markup import escape
from rich.text import Text

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

_STATUS = {"reference": "参考（未经平台方确认）", "confirmed": "已按平台方文件核对"}


@click.group(cls=ChineseGroup)
def platforms() -> None:
    """查看、检查、确认、暂停平台。"""


@platforms.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """列出本工作区的平台。"""
    hub = open_hub(context)
    boards = hub.status()
    rows = [
        {
            "platform": name,
            "name": one.profile.name,
            "status": one.profile.status,
            "connected": one.connected,
            "confirmed": boards[name]["confirmed"],
            "paused": boards[name]["paused"],
        }
        for name, one in hub.platforms.items()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ["平台", "名称", "档案", "地址", "人工确认", "暂停"],
        [
            (
                row["platform"],
                row["name"],
                _STATUS[str(row["status"])],
                "已填" if row["connected"] else "未填",
                "是" if row["confirmed"] else "否",
                "是" if row["paused"] else "否",
            )
            for row in rows
        ],
    )


@platforms.command()
@click.argument("platform", metavar="平台")
@json_option
@click.pass_context
def show(context: click.Context, platform: str, *, as_json: bool) -> None:
    """显示一个平台生效的档案（不含凭据）。"""
    hub = open_hub(context)
    (name,) = hub.chosen(platform)
    connection = hub.platforms[name]
    plain = connection.profile.model_dump(mode="json")
    if as_json:
        print_json({"profile": plain, "digest": connection.digest})
        return
    console.print(f"[bold]{escape(connection.profile.name)}[/]（{name}）{_STATUS[plain['status']]}")
    console.print(f"来源：{escape(connection.profile.source)}", soft_wrap=True)
    address = connection.profile.transport.base_url if connection.connected else "未填写"
    console.print(f"地址：{escape(address)}\n确认摘要：{connection.digest}")
    console.print("全部内容用 --json 查看；字段表用 xinqiao formats show 查看。")


@platforms.command()
@click.argument("platform", metavar="平台")
@json_option
@click.pass_context
def check(context: click.Context, platform: str, *, as_json: bool) -> None:
    """接通平台试一次：网络、凭据、时钟；不报送任何记录。"""
    probe = open_hub(context).check(platform)
    if as_json:
        checks = [{"check": name, "ok": ok, "remark": remark} for name, ok, remark in probe.checks]
        print_json({"ok": probe.ok, "checks": checks, "clock_offset": probe.clock_offset})
    else:
        print_table(
            ["检查", "结果", "说明"],
            [
                (name, "通过" if ok else Text("未通过", "red"), remark)
                for name, ok, remark in probe.checks
            ],
        )
    if not probe.ok:
        context.exit(NEEDS_A_PERSON)


@platforms.command()
@click.argument("platform", metavar="平台")
@reason_option
@click.pass_context
def confirm(context: click.Context, platform: str, reason: str) -> None:
    """确认档案、字段表和地址已按平台方文件核对；之后任何改动都使确认失效。"""
    open_hub(context).confirm(platform, reason)
    console.print(f"{platform} 已确认，可以报送真实记录。")


@platforms.command()
@click.argument("platform", metavar="平台")
@reason_option
@click.pass_context
def pause(context: click.Context, platform: str, reason: str) -> None:
    """暂停对一个平台的一切调用；报送件保留，时限照算。"""
    open_hub(context).set_paused(platform, reason, paused=True)
    console.print(f"{platform} 已暂停；恢复用 xinqiao platforms resume。")


@platforms.command()
@click.argument("platform", metavar="平台")
@reason_option
@click.pass_context
def resume(context: click.Context, platform: str, reason: str) -> None:
    """恢复对一个平台的调用。"""
    open_hub(context).set_paused(platform, reason, paused=False)
    console.print(f"{platform} 已恢复。")
