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
        "reconciled": story.reconciled.plain(),
        "states": story.board["states"],
        "doubts": story.doubts,
        "lost": story.lost,
        "doubled": story.doubled,
        "audit": {"entries": story.audit.entries, "ok": story.audit.ok},
    }


def _show(story: "Story") -> None:
    from xinqiao.commands.reconcile import show_platform
    from xinqiao.commands.status import show_board

    console.print()
    show_board("credit_shandong", story.board)
    console.print()
    print_table(
        ["文书号", "平台退回的原因"],
        [(row["document_number"], f"{row['code']} {row['message']}") for row in story.refused],
    )
    console.print(
        f"报送中有 {story.doubts} 条一度不知是否到达，都已查清；"
        f"平台上遗漏 {story.lost} 条，重复 {story.doubled} 条。"
    )
    show_platform("credit_shandong", "对账", story.reconciled)
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
