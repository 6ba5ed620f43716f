"""``xinqiao reconcile --ledger``: a ledger that somebody downloaded from the platform's pages."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from xinqiao.clock import SHANGHAI
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    local_time,
    open_hub,
    print_json,
)

if TYPE_CHECKING:
    from xinqiao.reconcile.ledger_files.service import FileReport


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed."""

    file: Path | None
    platform: str | None
    kind: str | None
    start: datetime | None
    end: datetime | None
    downloaded: datetime | None
    empty: bool
    full: bool


def reconcile_file(context: click.Context, asked: Asked, *, as_json: bool) -> None:
    """Compare a downloaded ledger, and say what differs.

    Raises:
        UsageError: Something is missing without which a file proves nothing.
    """
    from xinqiao.reconcile.ledger_files.opening import Claims
    from xinqiao.reconcile.window import check_window

    file, platform, kind, start, end = _whole(context, asked)
    hub = open_hub(context)
    window = check_window(start.date(), end.date(), hub.clock.today())
    at = None if asked.downloaded is None else asked.downloaded.replace(tzinfo=SHANGHAI)
    files = hub.ledger_files(platform)
    report = files.compare(file, kind, window, Claims(at, asked.empty))
    if as_json:
        print_json(report.plain())
    else:
        console.print(f"台账文件：{escape(report.file)}，入库时间 {window.start} 至 {window.end}")
        console.print(f"\n[bold]{escape(hub.title(platform))}[/]（{platform}）")
        _show(report)
    if not report.findings.clean:
        context.exit(NEEDS_A_PERSON)


def _whole(context: click.Context, asked: Asked) -> tuple[Path, str, str, datetime, datetime]:
    if asked.file is None:
        raise click.UsageError(
            "--kind、--downloaded、--empty 只与 --ledger 文件 一起用", ctx=context
        )
    if asked.full:
        raise click.UsageError("--full 不与 --ledger 一起用", ctx=context)
    if asked.platform is None or asked.kind is None:
        raise click.UsageError(
            "--ledger 要同时用 --platform 和 --kind 写明是哪个平台、什么记录的台账", ctx=context
        )
    if asked.start is None or asked.end is None:
        raise click.UsageError(
            "--ledger 要同时用 --from 和 --to 写明下载台账时在平台上选的起止日期（按入库时间）："
            "文件自己不说明这一点",
            ctx=context,
        )
    return asked.file, asked.platform, asked.kind, asked.start, asked.end


def _show(report: "FileReport") -> None:
    from xinqiao.commands.reconcile import show_ledger
    from xinqiao.records.kinds import kind_of

    show_ledger(kind_of(report.kind).name, report.findings)
    for remark in report.remarks:
        console.print(f"  {escape(remark)}", soft_wrap=True)
    if not report.findings.incomplete:
        console.print(f"  {local_time(report.seen_until.isoformat())} 以后入库的，不判缺失")
    if report.findings.clean:
        console.print("  [green]全部一致。[/]")
