"""``xinqiao reconcile``: receipts, the platform's ledger, and time limits."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.kind_name import KIND
from xinqiao.commands.output import (
    DAY,
    MOMENT,
    NEEDS_A_PERSON,
    console,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xinqiao.reconcile.figures.punctuality import Punctuality
    from xinqiao.reconcile.ledgers.findings import LedgerFindings
    from xinqiao.reconcile.report import PlatformReport

_DAYS = 30
_LISTED = 20
_WHY = {
    "not_adopted": "启用前报送的，与本地同一编号的记录不一致，没有接管：平台对的改正本地记录，"
    "本地对的先用 xinqiao adopt --accept-different 接管，再对账，"
    "对新列出的差异用 xinqiao reconcile items act 编号 --action correct 更正平台",
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
    "source": (
        "xinqiao.commands.reconcile_source:source",
        "源头对账：业务系统的决定清单里有没有漏报的",
    ),
}
"""Command → (where it is, what it does)."""


@click.group(cls=ChineseGroup, commands_table=COMMANDS, invoke_without_command=True)
@click.option("--platform", metavar="平台", help="只对这个平台；默认全部。")
@click.option(
    "--from",
    "start",
    type=DAY,
    metavar="日期",
    help=f"起始日；不写的，台账接着上次核对到的日子读，时限统计 {_DAYS} 天。",
)
@click.option("--to", "end", type=DAY, metavar="日期", help="截止日（含）；默认今天。")
@click.option("--full", is_flag=True, help="台账从启用日期（或首次入库）起全部重读。")
@click.option(
    "--ledger",
    "file",
    metavar="文件",
    type=click.Path(path_type=Path),
    help="从平台下载的台账（Excel、CSV），代替接口；同时写 --platform、--kind、--from、--to。",
)
@click.option("--kind", type=KIND, metavar="类型", help="下载的台账是什么记录，如 permit。")
@click.option(
    "--downloaded",
    type=MOMENT,
    metavar="时间",
    help="下载台账的时间，如 '2026-11-20 09:30'；不写的，晚于文件里最后一次入库的不判缺失。",
)
@click.option("--empty", is_flag=True, help="台账是空的，并确认平台上这些日子一条也没有。")
@json_option
@click.pass_context
def reconcile(
    context: click.Context,
    platform: str | None,
    start: datetime | None,
    end: datetime | None,
    *,
    full: bool,
    file: Path | None,
    kind: str | None,
    downloaded: datetime | None,
    empty: bool,
    as_json: bool,
) -> None:
    """对账：先收取回执，再逐条核对平台台账，最后统计法定时限的执行情况。

    台账按平台收录的日期取，不写日期的接着上次读；差异逐条留存，用 items 查看和处置。
    时限按决定（或变更）的日期统计，内部时限不计入。
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    if file is not None or kind or downloaded or empty:
        from xinqiao.commands.reconcile_file import Asked, reconcile_file

        asked = Asked(file, platform, kind, start, end, downloaded, empty=empty, full=full)
        reconcile_file(context, asked, as_json=as_json)
        return
    hub = open_hub(context)
    today = hub.clock.today()
    last = end.date() if end is not None else today
    first = start.date() if start is not None else last - timedelta(days=_DAYS)
    if full and (start or end):
        raise click.UsageError("--full 全部重读，不写 --from、--to", ctx=context)
    ledgers: Literal["window", "new", "all"] = "all" if full else "new"
    reports = hub.reconcile(platform, first, last, ledgers="window" if start or end else ledgers)
    if as_json:
        print_json(
            {
                "from": first.isoformat(),
                "to": last.isoformat(),
                "platforms": {name: one.plain() for name, one in reports.items()},
            }
        )
    else:
        console.print(f"{'对账' if start or end else '时限统计'}范围：{first} 至 {last}")
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
        if not (_empty(found) or _unread(found)):
            show_ledger(kind_of(kind).name, found)
    _show_empty({kind: found for kind, found in report.ledger.items() if _empty(found)})
    _show_unread({kind: found for kind, found in report.ledger.items() if _unread(found)})
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
    if any(one.overdue for one in report.punctuality):
        console.print(
            f"  → 逾期未报的逐条看 xinqiao figures records --figure concealed --platform {name}",
            soft_wrap=True,
        )
    if not report.needs_a_person and report.ledger:
        console.print("  [green]全部一致。[/]")


def _empty(found: "LedgerFindings") -> bool:
    """Tell whether a ledger was read whole, and there is nothing in it nor in ours."""
    nothing = not (found.entries or found.matched or found.accepted or any(found.counts.values()))
    return nothing and found.clean and found.read is not None


def _unread(found: "LedgerFindings") -> bool:
    """Tell whether not one entry of a ledger could be read."""
    return bool(found.incomplete) and not (found.entries or any(found.counts.values()))


def _show_empty(ledgers: "Mapping[str, LedgerFindings]") -> None:
    """Print in one line the ledgers in which there is nothing."""
    from xinqiao.records.kinds import kind_of

    if not ledgers:
        return
    names = "、".join(kind_of(kind).name for kind in ledgers)
    days = [found.checked_to for found in ledgers.values() if found.checked_to is not None]
    # a ledger that nothing was ever sent to has nothing to be checked up to
    checked = f"；[green]均已核对至 {min(days)}[/]" if len(days) == len(ledgers) else ""
    console.print(f"  台账和本地都没有的：{names}{checked}", soft_wrap=True)


def _show_unread(ledgers: "Mapping[str, LedgerFindings]") -> None:
    """Print the ledgers of which nothing could be read, one line for each reason."""
    from xinqiao.records.kinds import kind_of

    reasons: dict[str, list[str]] = {}
    for kind, found in ledgers.items():
        before = f"，以前已核对至 {found.checked_to}" if found.checked_to is not None else ""
        reasons.setdefault(f"{found.incomplete}{before}", []).append(kind_of(kind).name)
    for reason, names in reasons.items():
        console.print(
            f"  [yellow]这次没有核对成：{'、'.join(names)}（{escape(reason)}）。"
            "没有显示的不当作缺失，请再对一次。[/]",
            soft_wrap=True,
        )


def show_ledger(kind: str, found: "LedgerFindings") -> None:
    """Print what comparing one ledger found."""
    under_way = f"，报送中 {found.under_way}" if found.under_way else ""
    under_way += f"，启用前报送、本地没有记录 {found.taken_over}" if found.taken_over else ""
    counts = found.counts
    missing = "未判" if found.incomplete else str(counts["missing"])
    console.print(
        f"  {kind}台账：一致 {found.matched}，平台缺 {missing}，本地无 {counts['unexpected']}，"
        f"不一致 {counts['different']}{under_way}",
        soft_wrap=True,
    )
    _show_reading(found)
    if found.accepted:
        console.print(f"  凭台账登记为已入库 {found.accepted} 条（此前没有回执，内容与报送的相同）")
    if found.by_number_only:
        console.print(f"  其中 {found.by_number_only} 条台账只给出编号，没有可比的内容")
    if found.waiting:
        ids = "、".join(str(one.submission) for one in found.waiting[:_LISTED])
        console.print(
            f"  台账里已见到、报送件还没有定论：{counts['waiting']} 条（报送件 {ids}）。"
            "待核实的下次 sync 会自动查询；已挂起的请用 xinqiao queue resolve 登记",
            soft_wrap=True,
        )
    if found.incomplete:
        console.print(
            f"  [yellow]台账没有读全：{escape(found.incomplete)}。"
            "没有显示的不当作缺失，请再对一次。[/]",
            soft_wrap=True,
        )
    _show_examples(found)
    if found.known:
        console.print(f"  其中 {found.known} 项差异已登记为认可，不再列为待办")
    if any(counts[one] for one in ("missing", "unexpected", "different", "repeated")):
        more = max(counts[one] for one in ("missing", "unexpected", "fields")) > _LISTED
        told = f"每类只列 {_LISTED} 条，" if more else ""
        console.print(f"  {told}逐条查看和处置用 xinqiao reconcile items list")


def _show_examples(found: "LedgerFindings") -> None:
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


def _show_reading(found: "LedgerFindings") -> None:
    if found.read is not None and (found.entries or not found.incomplete):
        console.print(f"    读取 {found.read[0]} 至 {found.read[1]}，共 {found.entries} 条")
    if found.checked_to is not None and found.incomplete:
        console.print(f"    [yellow]这次没有核对成；以前已核对至 {found.checked_to}[/]")
    elif found.checked_to is not None:
        console.print(f"    [green]台账已核对至 {found.checked_to}，其间无缺口[/]")
    elif found.read is not None and not found.incomplete:
        console.print(
            "    还没有从启用日期起连续核对：执行 xinqiao reconcile --full", soft_wrap=True
        )


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
