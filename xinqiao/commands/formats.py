"""``xinqiao formats``: the format tables, and empty workbooks to fill in."""

from pathlib import Path

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.kind_name import KIND
from xinqiao.commands.output import console, formats_in_use, json_option, print_json, print_table

_REQUIRED = {"always": "必填", "when": "有条件", "never": ""}
_STATUS = {"reference": "参考", "confirmed": "已确认"}


@click.group(cls=ChineseGroup)
def formats() -> None:
    """查看各平台的报送格式，生成空白的导入模板。"""


@formats.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """列出全部格式表。"""
    tables = formats_in_use(context).all()
    if as_json:
        print_json(
            [
                {
                    "platform": one.platform,
                    "kind": one.kind,
                    "edition": one.edition,
                    "title": one.title,
                    "fields": [{"code": row.code, "name": row.name} for row in one.fields],
                }
                for one in tables
            ]
        )
        return
    print_table(
        ["平台", "类型", "版本", "名称", "字段数"],
        [(one.platform, one.kind, one.edition, one.title, len(one.fields)) for one in tables],
    )


@formats.command()
@click.argument("platform", metavar="平台")
@click.argument("kind", type=KIND, metavar="类型")
@json_option
@click.pass_context
def show(context: click.Context, platform: str, kind: str, *, as_json: bool) -> None:
    """逐字段显示一张格式表，如 formats show credit_shandong permit。"""
    table = formats_in_use(context).of(platform, kind).table
    if as_json:
        print_json(table.model_dump(mode="json", by_alias=True))
        return
    console.print(f"[bold]{table.title}[/]  {table.platform}，{table.edition} 版")
    console.print(f"来源：{table.source}", soft_wrap=True)
    print_table(
        ["代码", "名称", "长度", "必填", "代码表", "核对", "说明"],
        [
            (
                row.code,
                row.name,
                row.pattern or row.length,
                _REQUIRED[row.required],
                row.codes or "",
                _STATUS[row.status.value],
                row.note,
            )
            for row in table.fields
        ],
    )


@formats.command()
@click.argument("kind", type=KIND, metavar="类型")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="文件",
    help="写到这个文件；默认写到当前文件夹，如 行政处罚导入模板.xlsx。",
)
@click.option("--force", is_flag=True, help="已有同名文件时覆盖。")
def template(kind: str, output: Path | None, *, force: bool) -> None:
    """生成一种记录的空白导入模板，带下拉列表和填写说明，如 formats template penalty。"""
    from xinqiao.intake.template_workbook import write_template
    from xinqiao.records.kinds import kind_of

    target = output or Path(f"{kind_of(kind).name}导入模板.xlsx")
    write_template(kind, target, replace=force)
    console.print(f"已写入 {escape(str(target))}；填好后用 xinqiao import 导入。", soft_wrap=True)
