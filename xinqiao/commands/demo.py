"""``xinqiao demo``: the whole job on invented data."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import console, json_option, print_json, print_table, program

if TYPE_CHECKING:
    from xinqiao.demo.story import Story

_NOT_AS_SCRIPTED = 3


@click.command(cls=ChineseCommand)
@click.argument(
    "folder",
    metavar="[文件夹]",
    type=click.Path(path_type=Path),
    default=Path("xinqiao-demo"),
)
@json_option
@click.pass_context
def demo(context: click.Context, folder: Path, *, as_json: bool) -> None:
    """用演示数据走完整个流程，结果留在所给文件夹（默认 xinqiao-demo；已有则另起一名）。"""
    import time

    from xinqiao.demo.story import new_folder, tell_story

    started = time.monotonic()

    def tell(line: str) -> None:
        if not as_json:
            seconds = time.monotonic() - started
            console.print(f"[dim]{seconds:5.1f} 秒[/]  {escape(line)}", soft_wrap=True)

    story = tell_story(new_folder(folder), tell)
    if as_json:
        print_json(_plain(story, time.monotonic() - started))
    else:
        _show(story)
    if not story.as_scripted:
        context.exit(_NOT_AS_SCRIPTED)


def _short(folder: Path) -> Path:
    """Return ``folder`` as seen from here, when it lies below."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _plain(story: "Story", seconds: float) -> dict[str, object]:
    return {
        "workspace": str(story.workspace.root),
        "as_scripted": story.as_scripted,
        "seconds": round(seconds, 1),
        "imported": {one.kind: one.counts for one in story.imported},
        "platforms": {
            name: {
                "states": one.board["states"],
                "reported": dict(one.reported),
                "refused": len(one.refused),
                "lost": one.lost,
                "doubled": one.doubled,
                "reconciled": one.reconciled.plain(),
            }
            for name, one in story.endings.items()
        },
        "doubts": story.doubts,
        "published": story.published,
        "identity_numbers": story.identity_numbers,
        "audit": {"entries": story.audit.entries, "ok": story.audit.ok},
    }


def _show(story: "Story") -> None:
    from xinqiao.commands.reconcile import show_platform
    from xinqiao.demo.story import CHANGED_BY_OTHERS
    from xinqiao.records.kinds import kind_of

    platforms = story.endings
    console.print()
    print_table(
        ["记录类型", "导入", "有错", *(one.name for one in platforms.values())],
        [
            (
                kind_of(one.kind).name,
                str(one.new),
                str(one.invalid),
                *(str(ending.reported.get(one.kind, "·")) for ending in platforms.values()),
            )
            for one in story.imported
        ],
        title="各类记录导入多少、各平台入库多少",
    )
    print_table(
        ["平台", "已入库", "被退回", "遗漏", "重复"],
        [
            (
                one.name,
                str(one.board["states"]["accepted"]),
                str(len(one.refused)),
                str(one.lost),
                str(one.doubled),
            )
            for one in platforms.values()
        ],
        title="平台实际收到的内容",
    )
    print_table(
        ["平台", "编号", "平台退回的原因"],
        [
            (one.name, row["document_number"], f"{row['code']} {row['message']}")
            for one in platforms.values()
            for row in one.refused
        ],
    )
    console.print(f"报送中有 {story.doubts} 条一度不知是否到达，都已查清。")
    console.print(
        f"县政府网站的页面公示 {story.published} 条，"
        f"到达网站的证件号码 {story.identity_numbers} 个。"
    )
    changed = platforms[CHANGED_BY_OTHERS]
    show_platform(CHANGED_BY_OTHERS, f"{changed.name}对账", changed.reconciled)
    console.print(story.audit.message)
    if not story.as_scripted:
        console.print("[red]演示没有按脚本走完，请把以上内容发给开发者。[/]")
    folder = escape(str(_short(story.workspace.root)))
    console.print(f"\n工作区留在 {folder}，接下来可以：", soft_wrap=True)
    for command, purpose in (
        ("status", "看板"),
        ("corrections", "按科室生成待更正表"),
        ("queue show 1", "一条报送件的来龙去脉"),
        ("audit list", "审计日志"),
        ("deadline 2026-11-20", "截止日怎样算出"),
    ):
        console.print(f"  {program()} -w {folder} {command}   # {purpose}", soft_wrap=True)
    for one in story.imported:
        if one.findings_file:
            console.print(f"  疑点表：{escape(one.findings_file)}", soft_wrap=True)
