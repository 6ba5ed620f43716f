"""``xinqiao formats``: the format tables, and empty workbooks to fill in."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.text import Text

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.kind_name import KIND
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    errors,
    formats_in_use,
    json_option,
    open_hub,
    plain,
    print_json,
    print_table,
    tables_folder,
)

if TYPE_CHECKING:
    from xinqiao.reports.format_check import TableExamined

_REQUIRED = {"always": "必填", "when": "有条件", "never": ""}
_STATUS = {"reference": "参考", "confirmed": "已确认"}


@click.group(cls=ChineseGroup)
def formats() -> None:
    """查看、检查、复制各平台的报送格式，生成空白的导入模板。"""


@formats.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """列出全部格式表，哪些是本工作区自有的。"""
    from xinqiao.reports.format_check import examine_tables

    used = formats_in_use(context)
    examined = list(examine_tables(used))
    tables = [(one, used.of(one.platform, one.kind).table) for one in examined if one.edition]
    broken = [one for one in examined if one.problem]
    if as_json:
        print_json(
            [
                {
                    "platform": table.platform,
                    "kind": table.kind,
                    "edition": table.edition,
                    "title": table.title,
                    "own": one.own is not None,
                    "fields": [{"code": row.code, "name": row.name} for row in table.fields],
                }
                for one, table in tables
            ]
        )
    else:
        print_table(
            ["平台", "类型", "版本", "名称", "字段数", "来自"],
            [
                (table.platform, table.kind, table.edition, table.title, one.fields, _origin(one))
                for one, table in tables
            ],
        )
    for one in broken:
        errors.print(f"[red]格式表有误[/]：{escape(one.problem)}", soft_wrap=True)
    if broken:
        context.exit(NEEDS_A_PERSON)


def _origin(one: "TableExamined") -> str:
    return "随软件" if one.own is None else "本工作区"


@formats.command()
@json_option
@click.pass_context
def check(context: click.Context, *, as_json: bool) -> None:
    """检查全部格式表和代码表：写法、互相是否矛盾、与记录是否相符；有误的说明文件和行。"""
    from xinqiao.mapping.own_tables import stray_tables
    from xinqiao.reports.format_check import examine_tables

    used, folder = formats_in_use(context), tables_folder(context)
    examined = list(examine_tables(used))
    stray = [] if folder is None else list(stray_tables(folder, used))
    if as_json:
        print_json(
            {
                "tables": [
                    {**asdict(one), "own": None if one.own is None else str(one.own)}
                    for one in examined
                ],
                "stray": [{"file": str(path), "problem": why} for path, why in stray],
            }
        )
    else:
        _show_check(examined, stray)
    if stray or any(one.problem for one in examined):
        context.exit(NEEDS_A_PERSON)


def _show_check(examined: "list[TableExamined]", stray: list[tuple[Path, str]]) -> None:
    print_table(
        ["平台", "类型", "版本", "字段数", "来自", "结果"],
        [
            (
                one.platform,
                one.kind,
                one.edition or None,
                one.fields,
                _origin(one),
                Text("有误", "red") if one.problem else "无误",
            )
            for one in examined
        ],
    )
    for one in examined:
        if one.problem:
            console.print(f"[red]有误[/]：{escape(one.problem)}", soft_wrap=True)
    for path, why in stray:
        console.print(f"[yellow]{escape(str(path))}[/]：{escape(why)}", soft_wrap=True)


@formats.command()
@click.argument("platform", metavar="平台")
@click.argument("kind", type=KIND, metavar="类型")
@json_option
@click.pass_context
def copy(context: click.Context, platform: str, kind: str, *, as_json: bool) -> None:
    """把随软件提供的一张格式表连同所用的代码表放进本工作区的 tables/，供修改；不覆盖已有的。"""
    from xinqiao.mapping.own_tables import copy_tables

    done = copy_tables(open_hub(context).workspace.tables, platform, kind)
    if as_json:
        print_json(
            {
                "written": [str(path) for path in done.written],
                "kept": [str(path) for path in done.kept],
                "shared": plain(dict(done.shared)),
            }
        )
        return
    for path in done.written:
        console.print(f"已写入 {escape(str(path))}", soft_wrap=True)
    for path in done.kept:
        console.print(f"本来就有，没有改动：{escape(str(path))}", soft_wrap=True)
    for name, others in done.shared.items():
        console.print(
            f"代码表 {name} 另有 {len(others)} 张格式表也用：{escape('、'.join(others))}",
            soft_wrap=True,
        )
    console.print(
        f"改后：xinqiao formats check，xinqiao platforms check {platform}，"
        f"再 xinqiao platforms confirm {platform}。",
        soft_wrap=True,
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
