"""``xinqiao catalogue``: the directory of what is collected."""

from dataclasses import asdict
from pathlib import Path

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import console, json_option, open_hub, print_json, print_table


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
    from xinqiao.reports.catalogue_words import line, template_command
    from xinqiao.reports.catalogue_workbook import catalogue_workbook
    from xinqiao.reports.writing import write_report

    bureau, switches = _workspace(context)
    entries = directory(switches)
    if output is not None:
        write_report(output, catalogue_workbook(entries, bureau), replace=force)
    if as_json:
        print_json([asdict(one) | {"template": template_command(one.kind)} for one in entries])
        return
    ours = [line(one) for one in entries if not one.incoming]
    print_table(
        ["记录类型", "采集主体", "去向平台", "时限", "公开范围"],
        [(row[0], row[1], row[3], row[5], row[7]) for row in ours],
        title="采集目录",
    )
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


def _workspace(context: click.Context) -> tuple[str, dict[str, dict[str, bool]]]:
    """Return the bureau's name and switches; useful without a workspace too."""
    from xinqiao.config.workspace import SETTINGS_FILE

    root = context.find_root().obj
    if not (root / SETTINGS_FILE).is_file():
        return "", {}
    hub = open_hub(context)
    return hub.settings.bureau.name, hub.switches
