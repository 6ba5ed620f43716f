"""``xinqiao reconcile source``: decisions of the case system that never reached the hub (漏报)."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.kind_name import KIND
from xinqiao.commands.output import (
    DAY,
    NEEDS_A_PERSON,
    console,
    json_option,
    open_hub,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from xinqiao.reconcile.source.findings import SourceFindings

_LISTED = 20


@click.command(cls=ChineseCommand)
@click.argument("file", metavar="文件", type=click.Path(path_type=Path))
@click.option("--kind", type=KIND, metavar="类型", required=True, help="清单里是什么，如 permit。")
@click.option(
    "--from", "start", type=DAY, metavar="日期", help="清单的起始日（按决定日期），与 --to 同时写。"
)
@click.option(
    "--to", "end", type=DAY, metavar="日期", help="清单的截止日（含）；写了才判断本地多出的记录。"
)
@click.option("--department", default="", metavar="科室", help="清单只是这个科室的。")
@json_option
@click.pass_context
def source(
    context: click.Context,
    file: Path,
    kind: str,
    start: datetime | None,
    end: datetime | None,
    department: str,
    *,
    as_json: bool,
) -> None:
    """源头对账：业务系统（办案、审批系统）导出的决定清单，与本地记录逐条核对。

    清单里有、没有导入信桥的是漏报；过了法定期限的另行注明。只核对，不导入。
    """
    if (start is None) != (end is None):
        raise click.UsageError("--from 和 --to 要同时写，或都不写", ctx=context)
    hub = open_hub(context)
    window = None
    if start is not None and end is not None:
        from xinqiao.reconcile.window import check_window

        window = check_window(start.date(), end.date(), hub.clock.today())
    found = hub.source_lists().compare(file, kind, window, department.strip())
    if as_json:
        print_json(found.plain())
    else:
        _show(found)
    if not found.clean:
        context.exit(NEEDS_A_PERSON)


def _show(found: "SourceFindings") -> None:
    from xinqiao.records.kinds import kind_of

    days = "" if found.start is None else f"（决定日期 {found.start} 至 {found.end}）"
    exempt = f"，不报送 {found.exempt}" if found.exempt else ""
    earlier = f"，启用日期之前的 {found.earlier}" if found.earlier else ""
    strangers = "未判" if found.not_judged else str(found.strangers)
    console.print(
        f"[bold]{escape(found.file)}[/]{days}  {kind_of(found.kind).name}清单 {found.listed} 条："
        f"已导入 {found.matched}{exempt}{earlier}，漏报 {found.missing}"
        f"（其中已过法定期限 {found.overdue}），业务系统无 {strangers}",
        soft_wrap=True,
    )
    for remark in found.remarks:
        console.print(f"  {escape(remark)}", soft_wrap=True)
    if found.unreadable:
        console.print(
            f"  [yellow]没有核对全：{escape(found.unreadable)}。请改正清单后再对一次。[/]",
            soft_wrap=True,
        )
    if found.not_judged and found.not_judged != found.unreadable:
        console.print(f"  {escape(found.not_judged)}", soft_wrap=True)
    _show_differences(found)
    if max(found.missing, found.strangers) > _LISTED:
        console.print(
            f"  …每类只列 {_LISTED} 条，全部用 xinqiao reconcile items list --platform source 查看"
        )
    if found.accepted:
        console.print(f"  其中 {found.accepted} 条已由人确认无须处理")
    if found.closed:
        console.print(f"  此前的差异办结 {found.closed} 条")
    if found.clean:
        console.print("  [green]没有漏报。[/]")
    elif found.missing or found.strangers:
        console.print("  处置用 xinqiao reconcile items act；导入后再对一次即自动办结。")


def _show_differences(found: "SourceFindings") -> None:
    if found.never_imported:
        print_table(
            ["行", "编号", "决定日期", "法定截止日", "科室"],
            [
                (
                    one.row,
                    one.document_number,
                    one.decided_on or None,
                    f"{one.due_on} 已过" if one.overdue else one.due_on or None,
                    one.department or None,
                )
                for one in found.never_imported[:_LISTED]
            ],
            title="漏报：业务系统里有，没有导入。请用 xinqiao import 导入",
        )
    if found.not_in_source:
        print_table(
            ["编号", "决定日期", "科室", "记录标识"],
            [
                (one.document_number, one.decided_on, one.department or None, one.record)
                for one in found.not_in_source[:_LISTED]
            ],
            title="业务系统无：本地有，清单里没有。请到业务系统核对",
        )
