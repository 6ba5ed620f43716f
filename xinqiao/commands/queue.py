"""``xinqiao queue``: looking at submissions and deciding about them."""

import hashlib
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
    from xinqiao.queue.operations import Verb

_STATES = (
    "ready",
    "sending",
    "awaiting_receipt",
    "in_doubt",
    "accepted",
    "rejected",
    "conflict",
    "held",
    "cancelled",
)
_OPERATIONS = {"insert": "新增", "update": "变更", "withdraw": "撤回", "take_down": "下架"}
_OUTCOMES = {
    "accepted": "已入库",
    "received": "已收下",
    "rejected": "退回",
    "duplicate": "重复",
    "rate_limited": "限流",
    "auth": "凭据不认",
    "retryable": "未送达",
    "in_doubt": "不明",
    None: "没有结束",
}
_PURPOSES = {"send": "报送", "query": "查询", "poll": "取回执"}

ids_argument = click.argument("ids", nargs=-1, required=True, type=int, metavar="编号...")


@click.group(cls=ChineseGroup)
def queue() -> None:
    """查看和处置报送件。每次处置都要写明理由，并记入审计日志。"""


@queue.command("list")
@click.option("--state", type=click.Choice(_STATES), help="只看这个状态的。")
@click.option("--platform", metavar="平台", help="只看这个平台的。")
@click.option("--record", "record_id", metavar="记录标识", help="只看这条记录的（可只写开头）。")
@click.option("--limit", default=50, show_default=True, help="最多显示多少条。")
@json_option
@click.pass_context
def list_(
    context: click.Context,
    state: str | None,
    platform: str | None,
    record_id: str | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """列出报送件，最急的在前。"""
    from xinqiao.queue.board import listing
    from xinqiao.queue.states import CHINESE, State

    hub = open_hub(context)
    with hub.database.reading() as connection:
        rows = listing(
            connection,
            state=State(state) if state is not None else None,
            platform=platform,
            record_id=record_id,
            limit=limit,
        )
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print("没有符合条件的报送件。")
        return
    print_table(
        ["编号", "文书号", "平台", "操作", "状态", "截止", "次数", "说明"],
        [
            (
                row["id"],
                row["document_number"],
                row["platform"],
                _OPERATIONS[row["operation"]],
                CHINESE[State(row["state"])],
                _due_day(row["due_at"]),
                row["attempts"],
                row["message"],
            )
            for row in rows
        ],
    )
    if len(rows) == limit:
        console.print(f"只显示前 {limit} 条；用 --limit 多看一些。")


@queue.command("show")
@click.argument("submission_id", type=int, metavar="编号")
@json_option
@click.pass_context
def show(context: click.Context, submission_id: int, *, as_json: bool) -> None:
    """一条报送件的来龙去脉：义务、每次尝试、每个回执、下次何时再试。"""
    from xinqiao.queue.board import story

    hub = open_hub(context)
    with hub.database.reading() as connection:
        told = story(connection, submission_id)
    if as_json:
        print_json(told)
        return
    _show_story(told)


def _show_story(told: dict[str, Any]) -> None:
    from xinqiao.queue.states import CHINESE, State

    state = State(told["state"])
    console.print(
        f"[bold]报送件 {told['id']}[/]  {_OPERATIONS[told['operation']]} → {told['platform']}  "
        f"[bold]{CHINESE[state]}[/]\n记录 {told['record']} 第 {told['version']} 版；"
        f"平台现有第 {told['held_version'] or '—'} 版 {escape(told['reference'])}",
        soft_wrap=True,
    )
    if told["message"] or told["code"]:
        said = escape(f"{told['code']} {told['message']}")
        console.print(f"最近的说法：{said}", soft_wrap=True)
    if state in (State.READY, State.IN_DOUBT):
        console.print(f"下次尝试：{local_time(told['next_attempt_at'])} 以后")
    for one in told["duties"]:
        closed = "已履行" if one["closed_at"] else "未履行"
        mark = "（暂定）" if one["provisional"] else ""
        console.print(
            f"义务 {one['rule']}：{one['due_on']}{mark}前，{closed}。依据：{one['basis']}",
            soft_wrap=True,
        )
    if told["attempts_made"]:
        print_table(
            ["尝试", "开始", "结果", "说法"],
            [
                (
                    _PURPOSES[one["purpose"]],
                    local_time(one["request_started_at"]),
                    _OUTCOMES[one["outcome"]],
                    f"{one['code']} {one['message']}",
                )
                for one in told["attempts_made"]
            ],
        )
    if told["receipts"]:
        print_table(
            ["回执", "收到", "平台时间", "说法"],
            [
                (
                    _OUTCOMES[one["verdict"]],
                    local_time(one["received_at"]),
                    local_time(one["platform_time"]),
                    f"{one['code']} {one['message']} {one['reference']}",
                )
                for one in told["receipts"]
            ],
        )


def _due_day(text: str) -> str:
    """Return the last day that is still in time for a due instant (the midnight after it)."""
    from datetime import datetime, timedelta

    from xinqiao.clock import local_date

    return local_date(datetime.fromisoformat(text) - timedelta(seconds=1)).isoformat()


def _apply(context: click.Context, name: str, ids: tuple[int, ...], reason: str) -> None:
    from xinqiao.queue import operations

    verb: Verb = getattr(operations, name)
    run(context, ids, reason, name, verb)


def run(context: click.Context, ids: tuple[int, ...], reason: str, name: str, verb: "Verb") -> None:
    """Carry out an operator's action; a refusal is audited too, in a transaction of its own."""
    from xinqiao.audit.append import append
    from xinqiao.audit.chain import Entry
    from xinqiao.errors import RefusedError

    hub = open_hub(context)
    cause = hub.cause(reason)
    try:
        with hub.database.writing() as connection:
            verb(connection, ids, cause)
    except RefusedError as error:
        refused = Entry(
            f"queue.{name}_refused",
            reason=reason,
            details={"submissions": " ".join(map(str, ids)), "why": error.message},
        )
        with hub.database.writing() as connection:
            append(connection, [refused], actor=cause.actor, at=cause.at)
        raise
    console.print(f"已处理 {len(ids)} 条报送件，并记入审计日志。")


@queue.command()
@ids_argument
@reason_option
@click.pass_context
def retry(context: click.Context, ids: tuple[int, ...], reason: str) -> None:
    """马上再试；被退回或已取消的，用同一版本重新报送。"""
    _apply(context, "retry", ids, reason)


@queue.command()
@ids_argument
@reason_option
@click.pass_context
def hold(context: click.Context, ids: tuple[int, ...], reason: str) -> None:
    """挂起：暂不报送，直到放行。"""
    _apply(context, "hold", ids, reason)


@queue.command()
@ids_argument
@reason_option
@click.pass_context
def release(context: click.Context, ids: tuple[int, ...], reason: str) -> None:
    """放行挂起的；是否到达平台尚不清楚的不能放行。"""
    _apply(context, "release", ids, reason)


@queue.command()
@ids_argument
@reason_option
@click.pass_context
def cancel(context: click.Context, ids: tuple[int, ...], reason: str) -> None:
    """取消尚未报送的；报送义务仍在。"""
    _apply(context, "cancel", ids, reason)


@queue.command()
@ids_argument
@click.option(
    "--as",
    "found",
    required=True,
    type=click.Choice(["accepted", "absent", "rejected"]),
    help="到平台核实的结果：accepted 已入库，absent 平台没有，rejected 已退回。",
)
@click.option(
    "--evidence",
    required=True,
    type=click.Path(path_type=Path),
    help="证据文件（截图、平台回复）；只登记名称和校验值。",
)
@reason_option
@click.pass_context
def resolve(
    context: click.Context, ids: tuple[int, ...], found: str, evidence: Path, reason: str
) -> None:
    """登记到平台核实的结果，用于待核实、有冲突或挂起的报送件。"""
    from functools import partial

    from xinqiao.errors import InputError
    from xinqiao.queue import operations

    try:
        digest = hashlib.sha256(evidence.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"证据文件 {evidence} 无法读取：{error.strerror}") from error
    verb = partial(
        operations.resolve,
        resolution=operations.Resolution(found),
        evidence=operations.Evidence(evidence.name, digest),
    )
    run(context, ids, reason, "resolve", verb)
