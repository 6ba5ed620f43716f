"""``xinqiao queue``: looking at submissions and deciding about them."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.output import (
    console,
    due_day,
    json_option,
    open_hub,
    print_json,
    print_table,
    reason_option,
    reported_on_option,
)
from xinqiao.commands.queue_confirming import confirm_delivery, tell_superseded
from xinqiao.commands.queue_filters import require_some, selecting
from xinqiao.commands.words import OPERATIONS

if TYPE_CHECKING:
    from xinqiao.commands.queue_acting import How
    from xinqiao.queue.selection import Selection

_MOST = click.IntRange(min=1, max=1_000_000)


@click.group(cls=ChineseGroup)
def queue() -> None:
    """查看和处置报送件。每次处置都要写明理由，并记入审计日志。

    写编号就处理那几条，有一条不行就都不做；写筛选条件就处理所有符合的，
    先列出数目再确认，不能处理的跳过并说明原因。不同的条件都要符合，同一条件写几次的符合一个即可。
    """


@queue.command("list")
@selecting
@click.option(
    "--limit", type=_MOST, metavar="条数", default=50, show_default=True, help="最多显示多少条。"
)
@json_option
@click.pass_context
def list_(context: click.Context, selection: "Selection", limit: int, *, as_json: bool) -> None:
    """列出报送件，最急的在前；可按条件筛选。"""
    from xinqiao.commands.advice import advised
    from xinqiao.queue.listing import listing

    hub = open_hub(context)
    with hub.database.reading() as connection:
        rows = listing(connection, selection, limit)
    advised(hub.instructions, rows)
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print("没有符合条件的报送件。")
        return
    _print_rows(rows)
    if len(rows) == limit:
        console.print(f"只显示前 {limit} 条；用 --limit 多看一些。")


def _print_rows(rows: list[dict[str, Any]]) -> None:
    from xinqiao.commands.advice import short
    from xinqiao.queue.lookup import FEWEST_CHARACTERS
    from xinqiao.queue.states import CHINESE, State

    platforms = {row["platform"] for row in rows}
    several = len(platforms) > 1
    if not several:
        console.print(f"平台 {platforms.pop()}")
    # a column that says the same in every row would fold the others
    columns = [
        "编号",
        "记录",
        "文书号或名称",
        *(["平台"] if several else []),
        "操作",
        "状态",
        "截止",
        "次",
        "说明",
    ]
    print_table(
        columns,
        [
            (
                row["id"],
                # as much of the 记录标识 as every command asks for
                row["record"][:FEWEST_CHARACTERS],
                row["document_number"],
                *([row["platform"]] if several else []),
                OPERATIONS[row["operation"]],
                CHINESE[State(row["state"])],
                due_day(row["due_at"]),
                row["attempts"],
                short(row),
            )
            for row in rows
        ],
    )


@queue.command("show")
@click.argument("submission_id", type=int, metavar="编号")
@json_option
@click.pass_context
def show(context: click.Context, submission_id: int, *, as_json: bool) -> None:
    """一条报送件的来龙去脉：从导入到现在发生的每件事，现在怎样，接下来何时做什么。"""
    from xinqiao.commands.advice import advised
    from xinqiao.commands.queue_next import opens_at, what_next
    from xinqiao.commands.queue_story import show_story
    from xinqiao.connections import pace_of
    from xinqiao.database.dialect import database_time
    from xinqiao.queue.story import story

    hub = open_hub(context)
    with hub.database.reading() as connection:
        told = story(connection, submission_id, database_time(connection, hub.clock))
    platform = told["platform"]
    connected = hub.platforms.get(platform)
    confirmed = connected is not None and hub.is_confirmed(platform)
    told["platform_standing"]["confirmed"] = confirmed
    if connected is not None:
        told["platform_standing"]["receipts"] = connected.profile.receipts.mode.value
        hours = pace_of(connected.profile.pace, hub.calendar).hours
        told["platform_standing"]["opens_at"] = opens_at(told, hours)
    advised(hub.instructions, [told])
    if as_json:
        print_json(told)
        return
    show_story(told, what_next(told, confirmed=confirmed))


def acting(command: Callable[..., None]) -> Callable[..., Any]:
    """Give a command what every verb takes: whom, why, and how carefully."""

    @wraps(command)
    def with_manner(
        *args: Any,
        selection: "Selection",
        reason: str,
        limit: int | None,
        yes: bool,
        dry_run: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        from xinqiao.commands.queue_acting import How

        require_some(selection)
        how = How(reason, limit, yes, dry_run, as_json)
        command(*args, selection=selection, how=how, **options)

    described: Callable[..., Any] = click.pass_context(with_manner)
    for option in (
        json_option,
        click.option("--dry-run", is_flag=True, help="只看会处理哪些，不执行。"),
        click.option("--yes", is_flag=True, help="不再询问；没有终端时必须写。"),
        click.option(
            "--limit", type=_MOST, metavar="条数", help="按条件处理时最多几条，最急的先。"
        ),
        reason_option,
    ):
        described = option(described)
    return selecting(described)


def _apply(context: click.Context, name: str, selection: "Selection", how: "How") -> None:
    from xinqiao.commands.queue_acting import run
    from xinqiao.queue.operations import VERBS

    run(context, VERBS[name], selection, how)


@queue.command()
@acting
def retry(context: click.Context, selection: "Selection", how: "How") -> None:
    """马上再试；被退回或已取消的，用同一版本重新报送。"""
    _apply(context, "retry", selection, how)


@queue.command()
@acting
def hold(context: click.Context, selection: "Selection", how: "How") -> None:
    """挂起：不再报送，待核实的也不再查证，直到放行或登记核实结果。"""
    _apply(context, "hold", selection, how)


@queue.command()
@acting
def release(context: click.Context, selection: "Selection", how: "How") -> None:
    """放行挂起的；是否到达平台尚不清楚的不能放行。"""
    _apply(context, "release", selection, how)


@queue.command()
@acting
def cancel(context: click.Context, selection: "Selection", how: "How") -> None:
    """取消尚未报送的；报送义务仍在。"""
    _apply(context, "cancel", selection, how)


@queue.command()
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
@reported_on_option
@acting
def resolve(
    context: click.Context,
    selection: "Selection",
    how: "How",
    found: str,
    evidence: Path,
    reported_on: date | None,
) -> None:
    """登记到平台核实的结果，用于待核实、有冲突或挂起的报送件。"""
    from xinqiao.commands.queue_acting import run
    from xinqiao.confirmation import evidence_of
    from xinqiao.queue.operations import Proven, Resolution, proven_on, resolving

    if reported_on is not None and found != "accepted":
        raise click.UsageError("--reported-on 须与 --as accepted 同写", ctx=context)
    hub = open_hub(context)
    proven = Proven(proven_on(reported_on, hub.clock.today()), hub.moments())
    run(context, resolving(Resolution(found), evidence_of(evidence), proven), selection, how)
    if not how.as_json and not how.dry_run:
        tell_superseded(open_hub(context))


queue.add_command(confirm_delivery)
