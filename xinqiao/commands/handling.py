"""``xinqiao handling``: what the bureau must handle itself (本单位待办)."""

from typing import TYPE_CHECKING

import click

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    json_option,
    open_hub,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from xinqiao.queue.to_handle import ToHandle


@click.command(cls=ChineseCommand)
@json_option
@click.pass_context
def handling(context: click.Context, *, as_json: bool) -> None:
    """列出本单位待办：未办结的异议、修复申请，以及没有对上记录的修复和修复通知；急的在前。"""
    found = open_hub(context).to_handle()
    if as_json:
        print_json([one.plain() for one in found])
    elif found:
        _show(found)
    else:
        console.print("没有待办的异议和修复。")
    if any(one.overdue or one.unmatched for one in found):
        context.exit(NEEDS_A_PERSON)


def _show(found: "list[ToHandle]") -> None:
    from xinqiao.records.kinds import kind_of

    print_table(
        ["记录", "类型", "编号", "名称", "所指文书", "起算", "最迟", "情况"],
        [
            (
                one.record[:8],
                kind_of(one.kind).name,
                one.number,
                one.name,
                one.target_number,
                one.since,
                one.due_on and f"{one.due_on}{'（暂定）' if one.provisional else ''}",
                _state(one),
            )
            for one in found
        ],
    )
    kinds = {one.kind for one in found if not one.unmatched}
    if "objection" in kinds:
        console.print("异议：办结后用 xinqiao objection close 登记结果", soft_wrap=True)
    if "repair" in kinds:
        console.print("修复申请：审核后在原表中填写审核日期和状态，重新导入", soft_wrap=True)
    if any(one.unmatched for one in found):
        console.print(
            "[yellow]没有对上的：本库没有该主体的这份文书，它可能还在公示[/]：核对文书号（含机关代字）"
            "和主体代码，改正后重新导入；与本单位无关的用 xinqiao withdraw 撤回",
            soft_wrap=True,
        )


def _state(one: "ToHandle") -> str:
    if one.unmatched:
        return "没有对上记录"
    if one.overdue:
        return "已逾期"
    if one.past_slack:
        return "内部提前量已过"
    return "法定期限" if one.legal else "内部时限"
