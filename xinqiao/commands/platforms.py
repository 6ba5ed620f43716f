"""``xinqiao platforms``: profiles and their health."""

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
from xinqiao.commands.platforms_facts import (
    STATUS,
    facts,
    plain_examination,
    show_examination,
)
from xinqiao.commands.words import RECEIPTS, TRANSPORTS

if TYPE_CHECKING:
    from xinqiao.hub import Hub


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
            "transport": one.profile.transport.type,
            "receipts": one.profile.receipts.mode.value,
            "status": one.profile.status,
            "connected": one.connected,
            "confirmed": boards[name]["confirmed"],
            "paused": boards[name]["paused"],
        }
        for name, one in hub.platforms.items()
    ]
    broken = [
        {"platform": name, "broken": error.message}
        for name, error in hub.connections.broken.items()
    ]
    if as_json:
        print_json([*rows, *broken])
    else:
        print_table(
            ["平台", "名称", "传输", "档案", "地址", "人工确认", "暂停"],
            [
                (
                    row["platform"],
                    row["name"],
                    TRANSPORTS[str(row["transport"])],
                    STATUS[str(row["status"])],
                    "已填" if row["connected"] else "未填",
                    "是" if row["confirmed"] else "否",
                    "是" if row["paused"] else "否",
                )
                for row in rows
            ],
        )
        for one in broken:
            console.print(
                f"[red]平台 {one['platform']} 的文件有误[/]：{escape(one['broken'])}",
                soft_wrap=True,
            )
    if broken:
        context.exit(NEEDS_A_PERSON)


@platforms.command()
@json_option
def profiles(*, as_json: bool) -> None:
    """列出随附的平台配置，供工作区的平台文件引用（profile = "名称"）。"""
    from xinqiao.adapters.profile import shipped_profiles

    shipped = shipped_profiles()
    if as_json:
        print_json(
            [
                {
                    "profile": one.id,
                    "name": one.name,
                    "transport": one.transport.type,
                    "receipts": one.receipts.mode.value,
                    "status": one.status,
                    "source": one.source,
                }
                for one in shipped
            ]
        )
        return
    print_table(
        ["配置", "名称", "传输", "回执", "依据"],
        [
            (
                one.id,
                one.name,
                TRANSPORTS[one.transport.type],
                RECEIPTS[one.receipts.mode.value],
                one.source,
            )
            for one in shipped
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
    console.print(f"[bold]{escape(connection.profile.name)}[/]（{name}）{STATUS[plain['status']]}")
    console.print(f"来源：{escape(connection.profile.source)}", soft_wrap=True)
    address = connection.profile.address if connection.connected else "未填写"
    console.print(f"地址：{escape(address)}", soft_wrap=True)
    for what, how in facts(connection.profile):
        console.print(f"{what}：{escape(how)}", soft_wrap=True)
    console.print(f"确认摘要：{connection.digest}")
    console.print("全部内容用 --json 查看；字段表用 xinqiao formats show 查看。")


@platforms.command()
@click.argument("platform", metavar="平台")
@json_option
@click.pass_context
def check(context: click.Context, platform: str, *, as_json: bool) -> None:
    """检查平台：地址、凭据、时钟、版式、签名示例，还有哪些只是参考；不报送任何记录。"""
    from xinqiao.examination import examine

    found = examine(open_hub(context), platform)
    if as_json:
        print_json(plain_examination(found))
    else:
        show_examination(found)
    if not found.ok:
        context.exit(NEEDS_A_PERSON)


@platforms.command()
@click.argument("platform", metavar="平台")
@reason_option
@click.pass_context
def confirm(context: click.Context, platform: str, reason: str) -> None:
    """确认档案、字段表和地址已按平台方文件核对；之后任何改动都使确认失效。"""
    from xinqiao.examination import kinds_of, require_usable, words_of_under_way

    hub = open_hub(context)
    if not hub.settings.workspace.rehearsal:  # there is nothing to confirm in a rehearsal
        require_usable(hub, platform)
    hub.confirm(platform, reason)
    connection = hub.platforms[platform]
    console.print(f"{platform} 已确认，可以报送真实记录。确认的是：")
    console.print(f"  确认摘要：{connection.digest}", soft_wrap=True)
    console.print(f"  档案：{STATUS[connection.profile.status]}")
    for one in kinds_of(platform, connection.profile, hub.switches, hub.formats):
        console.print(
            f"  {one.kind}：格式表 {one.edition} 版，{one.columns} 栏，"
            f"其中 {one.unconfirmed} 栏未经平台方文件确认",
            soft_wrap=True,
        )
    batches = hub.under_another_profile(platform)
    if batches:
        console.print(words_of_under_way(batches), soft_wrap=True)


several = click.argument("names", nargs=-1, metavar="[平台]...")
all_option = click.option("--all", "everything", is_flag=True, help="本工作区的所有平台。")


@platforms.command()
@several
@all_option
@reason_option
@click.pass_context
def pause(context: click.Context, names: tuple[str, ...], reason: str, *, everything: bool) -> None:
    """暂停对平台的一切调用；报送件保留，时限照算。正在报送的那一批报完为止。"""
    hub = open_hub(context)
    for name in _chosen(hub, names, everything=everything):
        if hub.set_paused(name, reason, paused=True):
            console.print(f"{name} 已暂停；恢复用 xinqiao platforms resume。")
        else:
            why = escape(hub.status()[name]["paused_reason"])
            console.print(f"{name} 本来就暂停着（{why}），没有改动。", soft_wrap=True)


@platforms.command()
@several
@all_option
@reason_option
@click.pass_context
def resume(
    context: click.Context, names: tuple[str, ...], reason: str, *, everything: bool
) -> None:
    """恢复对平台的调用；因平台故障暂不联系的，也马上可以再试。"""
    hub = open_hub(context)
    for name in _chosen(hub, names, everything=everything):
        if hub.set_paused(name, reason, paused=False):
            console.print(f"{name} 已恢复。")
        else:
            console.print(f"{name} 没有暂停，不用恢复。")


def _chosen(hub: "Hub", names: tuple[str, ...], *, everything: bool) -> list[str]:
    """Return the platforms that are meant; a wrong name is found before anything is done."""
    if bool(names) == everything:
        raise click.UsageError(
            "平台和 --all 只写一样" if names else "缺少 平台，或用 --all 表示所有平台",
            ctx=click.get_current_context(),
        )
    if everything:
        return hub.named(None)
    return [name for one in dict.fromkeys(names) for name in hub.named(one)]
