"""``xinqiao catalogue``: the directory of what is collected."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import (
    console,
    formats_in_use,
    json_option,
    open_hub,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from xinqiao.reports.catalogue import Entry


@click.command(cls=ChineseCommand)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="文件",
    help="另写成工作簿，如 采集目录.xlsx；横向、每页重复表头，可直接打印。",
)
@click.option("--force", is_flag=True, help="已有同名文件时覆盖。")
@json_option
@click.pass_context
def catalogue(context: click.Context, output: Path | None, *, force: bool, as_json: bool) -> None:
    """显示采集目录：每种记录由谁采集、采集什么、报到哪里、用什么格式、什么时限、是否公开。"""
    from xinqiao.reports.catalogue import catalogue as directory
    from xinqiao.reports.catalogue_words import template_command
    from xinqiao.reports.catalogue_workbook import catalogue_workbook
    from xinqiao.reports.writing import write_report

    bureau, switches = _workspace(context)
    entries = directory(switches, formats_in_use(context))
    if output is not None:
        write_report(output, catalogue_workbook(entries, bureau), replace=force)
    if as_json:
        print_json([asdict(one) | {"template": template_command(one.kind)} for one in entries])
        return
    console.print("[bold]采集目录[/]")
    for one in entries:
        if not one.incoming:
            _print_kind(one)
    console.print()
    print_table(
        ["记录类型", "来自平台", "收取单位"],
        [
            (f"{one.name}\n{one.kind}", "\n".join(one.senders), one.department)
            for one in entries
            if one.incoming
        ],
        title="平台发回的",
    )
    if output is not None:
        console.print(f"已写入 {escape(str(output))}。", soft_wrap=True)
    else:
        console.print("采集对象、数据标准和全部依据见工作簿：xinqiao catalogue -o 采集目录.xlsx")


_SHOWN = ("采集主体", "去向平台", "时限", "变更、撤销时限", "办理时限", "公开范围")
"""What the terminal shows of the directory; a narrow table of it would be pages long."""


def _print_kind(entry: "Entry") -> None:
    from xinqiao.reports.catalogue_words import COLUMNS, line

    console.print(f"\n[bold]{entry.name}[/] {entry.kind}")
    cells = {heading: text for (heading, _), text in zip(COLUMNS, line(entry), strict=True) if text}
    for heading in _SHOWN:
        if heading in cells:
            console.print(f"  {heading}")
            for text in cells[heading].split("\n"):
                console.print(f"    {text}", markup=False, soft_wrap=True)


def _workspace(context: click.Context) -> tuple[str, dict[str, dict[str, bool]]]:
    """Return the bureau's name and switches; useful without a workspace too."""
    from xinqiao.config.workspace import SETTINGS_FILE

    root = context.find_root().obj
    if not (root / SETTINGS_FILE).is_file():
        return "", {}
    hub = open_hub(context)
    return hub.settings.bureau.name, hub.switches
