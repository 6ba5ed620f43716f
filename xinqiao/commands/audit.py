"""``xinqiao audit``: reviewing and proving the log."""

import json
from typing import Any

import click

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    errors,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
)

_ACTIONS = {
    "workspace.founded": "建立工作区",
    "import.finished": "导入文件",
    "record.imported": "新增记录",
    "record.changed": "变更记录",
    "duty.opened": "报送义务产生",
    "submission.created": "生成报送件",
    "submission.brought_forward": "提前重试",
    "submission.resolved_by_hand": "人工核实",
    "platform.paused": "暂停平台",
    "platform.resumed": "恢复平台",
    "platform.confirmed": "确认档案",
    "database.copied": "数据库复制到此",
    "database.moved": "数据库搬走，本库停用",
    "database.copy_refused": "搬库未获准",
    "queue.retry_refused": "重试未获准",
    "queue.hold_refused": "挂起未获准",
    "queue.release_refused": "放行未获准",
    "queue.cancel_refused": "取消未获准",
    "queue.resolve_refused": "核实未获准",
}
"""Action → what an auditor reads; changes of state are named by the state."""


@click.group(cls=ChineseGroup)
def audit() -> None:
    """查看审计日志，验证其完整。日志只增不改，随每次状态变化同时写入。"""


@audit.command("list")
@click.option("--record", "record_id", metavar="记录标识", help="只看这条记录的。")
@click.option("--submission", "submission_id", type=int, help="只看这条报送件的。")
@click.option("--platform", metavar="平台", help="只看这个平台的。")
@click.option("--action", metavar="动作", help="只看这类动作，如 submission. 或 platform.paused。")
@click.option("--limit", default=50, show_default=True, help="最多显示多少条，取最近的。")
@json_option
@click.pass_context
def list_(
    context: click.Context,
    record_id: str | None,
    submission_id: int | None,
    platform: str | None,
    action: str | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """列出最近的审计条目。"""
    from xinqiao.audit.review import Filter, entries

    hub = open_hub(context)
    wanted = Filter(record_id, submission_id, platform, action)
    with hub.database.reading() as connection:
        found = entries(connection, wanted, limit)
    if as_json:
        print_json(found)
        return
    if not found:
        console.print("没有符合条件的审计条目。")
        return
    print_table(
        ["序号", "时间", "谁", "动作", "记录", "报送件", "理由与细节"],
        [
            (
                one["sequence"],
                local_time(one["at"]),
                one["actor"].partition("/")[0],
                _action(one["action"]),
                (one["record"] or "—")[:8],
                one["submission"],
                _remark(one),
            )
            for one in found
        ],
    )


def _action(name: str) -> str:
    from xinqiao.queue.states import CHINESE, State

    head, _, state = name.partition(".")
    if head == "submission" and state in set(State):
        return f"报送件→{CHINESE[State(state)]}"
    return _ACTIONS.get(name, name)


def _remark(one: dict[str, Any]) -> str:
    """Return the reason and what the platform said; the whole entry is shown by ``show``."""
    details = one["details"]
    told = [one["reason"], *(details.get(name) for name in ("code", "message", "file", "due_on"))]
    return " ".join(str(text) for text in told if text)


@audit.command()
@click.argument("sequence", type=int, metavar="序号")
@json_option
@click.pass_context
def show(context: click.Context, sequence: int, *, as_json: bool) -> None:
    """显示一条审计条目的全部内容和校验值。"""
    from xinqiao.audit.review import entry

    hub = open_hub(context)
    with hub.database.reading() as connection:
        found = entry(connection, sequence)
    if as_json:
        print_json(found)
    else:
        console.print(json.dumps(found, ensure_ascii=False, indent=2), markup=False)


@audit.command()
@json_option
@click.pass_context
def verify(context: click.Context, *, as_json: bool) -> None:
    """从头验证整条审计链；有改动、缺失、插入或调换时指出第一处。"""
    from xinqiao.audit.verify import verify as verify_chain

    hub = open_hub(context)
    with (
        hub.database.reading() as connection,
        errors.status("正在验证审计链…") as bar,
    ):
        found = verify_chain(connection, lambda count: bar.update(f"已验证 {count} 条"))
    if as_json:
        print_json(
            {
                "entries": found.entries,
                "ok": found.ok,
                "first_bad": found.first_bad,
                "damage": found.damage,
                "message": found.message,
            }
        )
    else:
        console.print(found.message if found.ok else f"[red]{found.message}[/]")
        if not found.ok:
            console.print("请停止操作，保留现场，报告负责人；不要自行修复数据库。")
    if not found.ok:
        context.exit(NEEDS_A_PERSON)
