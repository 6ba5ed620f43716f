"""``xinqiao reconcile``: receipts, the platform's ledger, and time limits."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.output import (
    DAY,
    NEEDS_A_PERSON,
    console,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from xinqiao.reconcile.figures.punctuality import Punctuality
    from xinqiao.reconcile.ledgers.findings import LedgerFindings
    from xinqiao.reconcile.report import PlatformReport

_DAYS = 30
_LISTED = 20
_WHY = {
    "never_sent": "不是本系统报送的：请查明是谁报的，或补录本地记录",
    "refused": "平台曾退回或本系统已取消，现又显示有：请与平台核实",
    "withdrawn": "本系统已撤回，平台仍显示有效：请与平台核实",
    "taken_down": "本系统已下架，平台仍显示：请与平台核实",
    "replaced": "已改用别的文书号报送，旧的一条后来又入库：请平台删除旧的一条",
}


COMMANDS = {
    "items": (
        "xinqiao.commands.reconcile_items:items",
        "对账差异：逐条列出、说明和处置",
    ),
}
"""Command → (where it is, what it does)."""


@click.group(cls=ChineseGroup, commands_table=COMMANDS, invoke_without_command=True)
@click.option("--platform", metavar="平台", help="只对这个平台；默认全部。")
@click.option("--from", "start", type=DAY, metavar="日期", help=f"起始日；默认 {_DAYS} 天前。")
@click.option("--to", "end", type=DAY, metavar="日期", help="截止日（含）；默认今天。")
@json_option
@click.pass_context
def reconcile(
    context: click.Context,
    platform: str | None,
    start: datetime | None,
    end: datetime | None,
    *,
    as_json: bool,
) -> None:
    """对账：先收取回执，再逐条核对平台台账，最后统计法定时限的执行情况。

    台账按平台收录的日期取；时限按决定（或变更）的日期统计，内部时限不计入。
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    hub = open_hub(context)
    today = hub.clock.today()
    last = end.date() if end is not None else today
    first = start.date() if start is not None else last - timedelta(days=_DAYS)
    reports = hub.reconcile(platform, first, last)
    if as_json:
        print_json(
            {
                "from": first.isoformat(),
                "to": last.isoformat(),
                "platforms": {name: one.plain() for name, one in reports.items()},
            }
        )
    else:
        console.print(f"对账范围：{first} 至 {last}")
        for name, one in reports.items():
            show_platform(name, hub.title(name), one)
        if not reports:
            console.print("工作区里还没有平台（platforms/ 为空）。")
    if any(one.needs_a_person for one in reports.values()):
        context.exit(NEEDS_A_PERSON)


def _refuse_options(context: click.Context) -> None:
    """Refuse an option before a subcommand: it would be taken for one of the subcommand.

    Raises:
        UsageError: There is one.
    """
    written = [name for name, value in context.params.items() if value]
    if written:
        raise click.UsageError(
            f"选项写在 {context.invoked_subcommand} 之后，不写在它之前", ctx=context
        )


def show_platform(name: str, title: str, report: "PlatformReport") -> None:
    """Print what reconciling with one platform found."""
    from xinqiao.records.kinds import kind_of

    console.print(f"\n[bold]{escape(title)}[/]（{name}）")
    if report.note:
        console.print(f"  [yellow]{escape(report.note)}[/]", soft_wrap=True)
    for kind, found in report.ledger.items():
        _show_ledger(kind_of(kind).name, found)
    receipts = report.receipts
    if receipts.awaiting or receipts.in_doubt or receipts.overdue:
        console.print(f"  回执：待回执 {receipts.awaiting}，待核实 {receipts.in_doubt}")
    if receipts.overdue:
        ids = "、".join(map(str, receipts.overdue[:_LISTED]))
        console.print(
            f"  [red]超时没有回执 {len(receipts.overdue)} 条[/]（报送件 {ids}）："
            "请到平台核实，再用 xinqiao queue resolve 登记",
            soft_wrap=True,
        )
    _show_punctuality(report.punctuality)
    if not report.needs_a_person and report.ledger:
        console.print("  [green]全部一致。[/]")


def _show_ledger(kind: str, found: "LedgerFindings") -> None:
    under_way = f"，报送中 {found.under_way}" if found.under_way else ""
    missing = "未判" if found.incomplete else str(len(found.missing))
    console.print(
        f"  {kind}台账：一致 {found.matched}，平台缺 {missing}，本地无 {len(found.unexpected)}，"
        f"不一致 {len({one.record for one in found.different})}{under_way}",
        soft_wrap=True,
    )
    if found.accepted:
        console.print(f"  凭台账登记为已入库 {found.accepted} 条（此前没有回执，内容与报送的相同）")
    if found.by_number_only:
        console.print(f"  其中 {found.by_number_only} 条台账只给出编号，没有可比的内容")
    if found.waiting:
        ids = "、".join(str(one.submission) for one in found.waiting[:_LISTED])
        console.print(
            f"  台账里已见到、报送件还没有定论：{len(found.waiting)} 条（报送件 {ids}）。"
            "待核实的下次 sync 会自动查询；已挂起的请用 xinqiao queue resolve 登记",
            soft_wrap=True,
        )
    if found.incomplete:
        console.print(
            f"  [yellow]台账没有读全：{escape(found.incomplete)}。"
            "没有显示的不当作缺失，请再对一次。[/]",
            soft_wrap=True,
        )
    if found.missing:
        print_table(
            ["编号", "收录时间", "记录标识"],
            [
                (one.document_number, local_time(one.accepted_at), one.record)
                for one in found.missing[:_LISTED]
            ],
            title="平台缺：平台曾回执入库，台账里却没有，请与平台核实",
        )
    if found.unexpected:
        print_table(
            ["编号", "平台编号", "怎么办"],
            [
                (one.document_number, one.reference, _WHY[one.why])
                for one in found.unexpected[:_LISTED]
            ],
            title="本地无：台账里有，本系统不认为它在",
        )
    if found.different:
        print_table(
            ["编号", "字段", "本地", "平台"],
            [
                (one.document_number, f"{one.name}（{one.field}）", one.ours, one.theirs)
                for one in found.different[:_LISTED]
            ],
            title="不一致：本地对的重新导入即更正，平台对的请更正本地记录",
        )
    if found.repeated:
        numbers = "、".join(found.repeated[:_LISTED])
        console.print(f"  [red]台账里重复：{escape(numbers)}[/]", soft_wrap=True)
    most = max(len(found.missing), len(found.unexpected), len(found.different))
    if most > _LISTED:
        console.print(f"  …每类只列 {_LISTED} 条，用 --json 查看全部")


def _show_punctuality(figures: "list[Punctuality]") -> None:
    from xinqiao.records.kinds import kind_of

    for one in figures:
        rate = "—" if one.rate is None else f"{one.rate:.1%}（{one.on_time}/{one.due}）"
        overdue = f"[red]{one.overdue}[/]" if one.overdue else "0"
        more = f"，未到期 {one.open}" if one.open else ""
        more += f"，其中暂定 {one.provisional}" if one.provisional else ""
        console.print(
            f"  {kind_of(one.kind).name}时限：按时 {one.on_time}，迟报 {one.late}，"
            f"逾期未报 {overdue}{more}；到期按时率 {rate}",
            soft_wrap=True,
        )
