"""``xinqiao corrections``: workbooks of everything that must be corrected."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.kind_name import KIND
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    json_option,
    open_hub,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xinqiao.intake.corrections import Workbook

_MOST_TO_DO = 10


@click.command(cls=ChineseCommand)
@click.option(
    "--platform", metavar="平台", help="只要这个平台退回或不能接收的，以及记录本身有错的。"
)
@click.option("--department", metavar="科室", help="只要这个科室的；没有科室的写“未分科室”。")
@click.option("--kind", type=KIND, metavar="类型", help="只要这种记录，如 permit、penalty。")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="文件夹",
    help="写到哪个文件夹；默认工作区的 var/findings。",
)
@json_option
@click.pass_context
def corrections(
    context: click.Context,
    platform: str | None,
    department: str | None,
    kind: str | None,
    output: Path | None,
    *,
    as_json: bool,
) -> None:
    """按科室生成待更正表：被平台退回的、自查有错的。

    科室在表中改好后，用 xinqiao import 导入该表，即作为原记录的新版本重新报送。
    """
    from xinqiao.intake.corrections import Wanted
    from xinqiao.records.kinds import kind_of

    hub = open_hub(context)
    if platform is not None:
        hub.chosen(platform)
    books = hub.corrections(Wanted(platform, department, kind), output)
    if as_json:
        print_json(
            [
                {
                    "department": one.department,
                    "kind": one.kind,
                    "records": one.records,
                    "refused": one.refused,
                    "file": str(one.file),
                    "instructions": [
                        {"instruction": text, "records": count} for text, count in one.to_do.items()
                    ],
                }
                for one in books
            ]
        )
    elif not books:
        console.print("没有须更正的记录。")
    else:
        print_table(
            ["科室", "类型", "条数", "其中被退回", "待更正表"],
            [
                (one.department, kind_of(one.kind).name, one.records, one.refused, one.file.name)
                for one in books
            ],
        )
        _print_to_do(books)
        console.print(
            f"文件在 {escape(str(books[0].file.parent))}\n"
            "改好后用 xinqiao import 导入；表中含个人信息，请妥善保管，用完删除。",
            soft_wrap=True,
        )
    if books:
        context.exit(NEEDS_A_PERSON)


def _print_to_do(books: "Sequence[Workbook]") -> None:
    """Print what each department has to do, in how many records, the most frequent first."""
    counted: dict[str, dict[str, int]] = {}
    for book in books:
        theirs = counted.setdefault(book.department, {})
        for text, count in book.to_do.items():
            theirs[text] = theirs.get(text, 0) + count
    for department, theirs in counted.items():
        console.print(f"[bold]{escape(department)}[/]怎么改：")
        ranked = sorted(theirs.items(), key=lambda one: -one[1])
        for text, count in ranked[:_MOST_TO_DO]:
            console.print(f"  {count} 条  {escape(text)}", soft_wrap=True)
        if len(ranked) > _MOST_TO_DO:
            console.print(f"  …另有 {len(ranked) - _MOST_TO_DO} 种，见待更正表的“怎么改”一列")
