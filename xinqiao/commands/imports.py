"""``xinqiao import``: local records into the hub."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.text import Text

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.kind_name import KIND
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    errors,
    json_option,
    open_hub,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from xinqiao.intake.importer import Importer
    from xinqiao.intake.report import FileReport

_SHOWN_FINDINGS = 30
_SEVERITY = {
    "error": Text("错误", "red"),
    "warning": Text("提醒", "yellow"),
    "cleaned": Text("已清洗", "dim"),
}


@click.command("import", cls=ChineseCommand)
@click.argument(
    "files", nargs=-1, required=True, metavar="文件...", type=click.Path(path_type=Path)
)
@click.option("--kind", type=KIND, metavar="类型", help="记录类型，如 permit；默认按表头判断。")
@click.option("--department", default="", metavar="科室", help="责任科室，随记录保存。")
@click.option("--dry-run", is_flag=True, help="只检查，不保存。")
@json_option
@click.pass_context
def import_files(
    context: click.Context,
    files: tuple[Path, ...],
    kind: str | None,
    department: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """导入文件。有错误的行不影响其他行；改好后再次导入同一文件不会重复。"""
    hub = open_hub(context)
    importer = hub.importer()
    reports = []
    for path in files:
        found = _import_one(importer, path, kind, department, dry_run=dry_run, quiet=as_json)
        reports += found
        if not as_json:
            for report in found:
                _show(report, dry_run=dry_run)
    # what a list of the case system had and the hub had not is there now
    for one in () if dry_run else sorted({report.kind for report in reports if report.new}):
        closed = hub.source_lists().close_imported(one)
        if closed and not as_json:
            console.print(f"业务系统清单里的漏报已补录 {closed} 条，差异已办结")
    if as_json:
        print_json({"dry_run": dry_run, "files": [report.plain() for report in reports]})
    if any(report.error for report in reports):
        context.exit(1)
    if any(report.invalid or report.unclaimed or report.waiting for report in reports):
        context.exit(NEEDS_A_PERSON)


def _import_one(
    importer: "Importer",
    path: Path,
    kind: str | None,
    department: str,
    *,
    dry_run: bool,
    quiet: bool,
) -> "list[FileReport]":
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from xinqiao.errors import InputError
    from xinqiao.intake.report import FileReport
    from xinqiao.privacy.masking import mask_identity_numbers

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    show = not quiet and errors.is_terminal
    with Progress(*columns, console=errors, transient=True, disable=not show) as bar:
        task = bar.add_task(f"读取 {path.name}", total=None)
        try:
            return importer.run(
                path,
                kind=kind,
                department=department,
                dry_run=dry_run,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except InputError as error:
            # one unusable file must not keep the others out
            return [
                FileReport(
                    file=mask_identity_numbers(str(path)),
                    error=mask_identity_numbers(error.message),
                )
            ]


def _show(report: "FileReport", *, dry_run: bool) -> None:
    from xinqiao.commands.words import unclaimed_words
    from xinqiao.records.kinds import kind_of

    if report.error:
        errors.print(f"[red]未导入[/] {escape(report.error)}", soft_wrap=True)
        return
    mode = "（只检查，未保存）" if dry_run else ""
    sheet = f"“{escape(report.sheet)}”" if report.sheet else ""
    kind = kind_of(report.kind).name
    not_routed = f"，不报送 {report.not_routed}" if report.not_routed else ""
    if report.before_start:
        not_routed += f"，启用日期前的 {report.before_start}（不补报）"
    console.print(
        f"[bold]{escape(report.file)}[/]{sheet}{mode}  {kind} 共 {report.read} 行："
        f"新增 {report.new}，变更 {report.changed}，已有 {report.unchanged}，"
        f"重复 {report.duplicates}，有错 {report.invalid}{not_routed}",
        soft_wrap=True,
    )
    if report.unclaimed:
        console.print(f"[yellow]{unclaimed_words(report.unclaimed)}[/]", soft_wrap=True)
    if report.to_review:
        batch = "" if dry_run else f"（导入批次 {report.run}）"
        console.print(
            f"待审核 {report.to_review} 条{batch}：由您以外的人用 xinqiao review list 查看、审核后"
            "才报送，期限照算",
            soft_wrap=True,
        )
    if report.findings:
        shown = sorted(report.findings, key=lambda one: (one.severity != "error", one.row))
        print_table(
            ["行", "列", "性质", "说明"],
            [
                (one.row or "—", one.column or "—", _SEVERITY[one.severity], one.message)
                for one in shown[:_SHOWN_FINDINGS]
            ],
        )
        if len(shown) > _SHOWN_FINDINGS:
            rest = len(shown) - _SHOWN_FINDINGS + report.findings_not_listed
            console.print(f"…另有 {rest} 条，用 --json 查看")
        _print_to_do(report)
    if report.waiting:
        console.print(
            f"[yellow]{report.waiting} 处须人处理[/]：公示的用 xinqiao publication list、"
            "修复和异议的用 xinqiao handling、与平台原有数据不一致的用 "
            "xinqiao queue list --state held 查看",
            soft_wrap=True,
        )
    if report.findings_file:
        console.print(
            f"有错的行已抄入疑点表：{escape(report.findings_file)}\n"
            "改好后用 xinqiao import 导入该表即可。",
            soft_wrap=True,
        )


def _print_to_do(report: "FileReport") -> None:
    """Print what to do about the errors and warnings, each thing once."""
    counted: dict[str, int] = {}
    for one in report.findings:
        if one.severity != "cleaned" and one.instruction:
            column = f"“{one.column}”" if one.column else ""
            text = f"{column}{one.instruction}"
            counted[text] = counted.get(text, 0) + 1
    if not counted:
        return
    console.print("怎么办：")
    for text, count in list(counted.items())[:_SHOWN_FINDINGS]:
        console.print(f"  {count} 处  {escape(text)}", soft_wrap=True)
