"""``xinqiao behaviours``: the behaviour codes of safety credit and their points."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.output import (
    console,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
    reason_option,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xinqiao.intake.behaviour_editions import StoredEdition
    from xinqiao.records.behaviours import Behaviour

_LISTED = 30
_NONE_YET = (
    "还没有导入行为代码表，记录里的行为代码暂不核对；"
    "用 xinqiao behaviours template 生成空表，照正式附件填好后导入。"
)


@click.group(cls=ChineseGroup)
def behaviours() -> None:
    """查看、导入安全生产信用的行为代码表（随程序不带，照正式附件填写后导入）。"""


@behaviours.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="文件")
@click.option("--edition", required=True, metavar="版本", help="这一版的名称，记录里照此填写。")
@reason_option
@click.option("--dry-run", is_flag=True, help="只检查，不保存。")
@json_option
@click.pass_context
def import_(
    context: click.Context, file: Path, edition: str, reason: str, *, dry_run: bool, as_json: bool
) -> None:
    """导入一版行为代码表；有一行不对就整张不导入。

    填错了就改正文件再导入：同一版本以最后一次导入的为准。
    """
    from xinqiao.intake.behaviour_files import BrokenBehavioursError

    hub = open_hub(context)
    try:
        done = hub.import_behaviours(file, _name(edition), reason, dry_run=dry_run)
    except BrokenBehavioursError as error:
        if not as_json:
            print_table(
                ["行", "列", "说明"],
                [(one.row, one.column, one.message) for one in error.findings],
                title="有误的行",
            )
        raise
    if as_json:
        print_json(
            {
                "edition": done.edition.name,
                "codes": len(done.edition.behaviours),
                "new": done.new,
                "replaces": done.replaces,
                "dry_run": dry_run,
                "added": list(done.added),
                "removed": list(done.removed),
                "changed": list(done.changed),
            }
        )
        return
    name = escape(done.edition.name)
    if not done.new:
        console.print(f"{name} 版行为代码表已经导入过，内容相同，没有变化。")
        return
    mode = "（只检查，未保存）" if dry_run else ""
    how = "，取代先前导入的同一版本" if done.replaces else ""
    console.print(f"{name} 版行为代码表：{len(done.edition.behaviours)} 条{how}{mode}")
    if done.replaces:
        _tell("新增", done.added)
        _tell("删去", done.removed)
        _tell("改动", done.changed)
    console.print("以后导入的安全生产信用信息按它核对；已在库中的再次导入时核对。")


@behaviours.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """列出导入过的各版。"""
    editions = open_hub(context).behaviour_editions()
    if as_json:
        print_json([_plain(one) for one in editions])
        return
    if not editions:
        console.print(_NONE_YET, soft_wrap=True)
        return
    print_table(
        ["版本", "条数", "文件", "导入人", "导入时间", ""],
        [
            (
                one.edition.name,
                len(one.edition.behaviours),
                one.file_name,
                one.actor,
                local_time(one.imported_at.isoformat()),
                "已被后一次导入取代" if one.replaced else "有效",
            )
            for one in editions
        ],
    )


@behaviours.command("show")
@click.argument("edition", metavar="版本", required=False)
@json_option
@click.pass_context
def show(context: click.Context, edition: str | None, *, as_json: bool) -> None:
    """逐条显示一版；不写版本则显示最新的，即记录不写版本时所指的。"""
    from xinqiao.errors import InputError

    # a name keeps its place when it is imported again
    held = {one.edition.name: one for one in open_hub(context).behaviour_editions()}
    if edition is None and not held:
        print_json(None) if as_json else console.print(_NONE_YET, soft_wrap=True)
        return
    name = next(reversed(held)) if edition is None else edition
    if name not in held:
        known = "、".join(held) or "（还没有）"
        raise InputError(f"没有这一版行为代码表，已导入的有：{known}", code="unknown_edition")
    one = held[name]
    rows = list(one.edition.behaviours.values())
    if as_json:
        print_json({**_plain(one), "behaviours": [_plain_row(row) for row in rows]})
        return
    print_table(
        ["行为代码", "信息类别", "分值", "直接定级", "行为描述"],
        [
            (row.code, row.information_class, row.points, row.direct_grade, row.description)
            for row in rows
        ],
        title=f"{one.edition.name} 版行为代码表",
    )


@behaviours.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="文件",
    default=Path("行为代码表.xlsx"),
    help="写到这个文件；默认 行为代码表.xlsx。",
)
def template(output: Path) -> None:
    """生成空表，照正式附件填好后导入。"""
    from xinqiao.intake.behaviour_files import write_template

    write_template(output)
    console.print(
        f"已写入 {escape(str(output))}；填好后执行 xinqiao behaviours import", soft_wrap=True
    )


def _name(edition: str) -> str:
    name = edition.strip()
    if not name:
        raise click.BadParameter("不能是空白", param_hint="--edition")
    return name


def _tell(word: str, codes: "Sequence[str]") -> None:
    if codes:
        more = f"等 {len(codes)} 条" if len(codes) > _LISTED else ""
        console.print(f"{word}：{escape('、'.join(codes[:_LISTED]))}{more}", soft_wrap=True)


def _plain(one: "StoredEdition") -> dict[str, Any]:
    return {
        "edition": one.edition.name,
        "version": one.version,
        "codes": len(one.edition.behaviours),
        "file": one.file_name,
        "actor": one.actor,
        "imported_at": one.imported_at.isoformat(),
        "in_force": not one.replaced,
    }


def _plain_row(row: "Behaviour") -> dict[str, Any]:
    return {
        "code": row.code,
        "information_class": row.information_class,
        "points": row.points,
        "direct_grade": row.direct_grade,
        "description": row.description,
    }
