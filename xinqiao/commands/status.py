"""``xinqiao status``: the board."""

from datetime import datetime
from typing import Any

import click
from rich.markup import escape

from xinqiao.clock import SHANGHAI
from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
)
from xinqiao.commands.words import process_words, unclaimed_words

_MOST_SECONDS_APART = 30


@click.command(cls=ChineseCommand)
@json_option
@click.pass_context
def status(context: click.Context, *, as_json: bool) -> None:
    """看板：各平台的报送件在哪一步，哪些快到期、已逾期，哪些须人工处理。"""
    from xinqiao.commands.adopt_shown import show_before_start

    hub = open_hub(context)
    hub.take_over()
    boards = hub.status()
    not_reported = hub.not_reported()
    unclaimed = hub.unclaimed()
    before_start = hub.adoption().before_start()
    handling = hub.handling()
    workers = hub.workers()
    if as_json:
        print_json(
            {
                "platforms": boards,
                "not_reported": not_reported,
                "unclaimed": unclaimed,
                "before_start": [one.plain() for one in before_start],
                "handling": handling,
                "workers": workers,
            }
        )
    else:
        daemon_runs = any(one["alive"] for one in workers)
        for name, one in boards.items():
            show_board(name, one, daemon_runs=daemon_runs)
        if not boards:
            console.print("工作区里还没有平台（platforms/ 为空）。")
        show_handling(handling)
        for reason in not_reported:
            console.print(
                f"不报送 {reason['records']} 条：{reason['title']}（{reason['basis']}）",
                soft_wrap=True,
            )
        show_before_start(before_start, hub.starts)
        if unclaimed:
            console.print(f"[yellow]{unclaimed_words(unclaimed)}[/]", soft_wrap=True)
        show_workers(workers)
    own = handling["overdue"] or handling["unmatched"]
    if unclaimed or own or any(needs_a_person(one) for one in boards.values()):
        context.exit(NEEDS_A_PERSON)


def needs_a_person(one: dict[str, Any]) -> bool:
    """Tell whether anything on a platform's board waits for a person."""
    states = one["states"]
    waiting = one["to_correct"] + states["conflict"] + states["held"] + _to_confirm(one)
    troubled = one["paused"] or one["incidents"] or one["broken"]
    late = one["overdue"] or one["past_bound"] or one["to_review_urgent"]
    return bool(waiting or one["invalid"] or late or troubled)


def _to_confirm(one: dict[str, Any]) -> int:
    """Return how many submissions lie in packages whose answer a person must record."""
    waiting: int = one["states"]["awaiting_receipt"]
    return waiting if one["receipts"] == "manual" else 0


def show_board(name: str, one: dict[str, Any], *, daemon_runs: bool = False) -> None:
    """Print the board of one platform.

    Args:
        name: Identifier of the platform.
        one: Its board.
        daemon_runs: Whether a daemon does what else a person would be told to do.
    """
    from xinqiao.queue.incidents import CHINESE as INCIDENTS
    from xinqiao.queue.incidents import IncidentKind
    from xinqiao.queue.states import CHINESE

    states = {state: one["states"][state.value] for state in CHINESE}
    if one["broken"]:
        console.print(
            f"[red]平台 {name} 的文件有误[/]，更正前不向它报送，其他平台照常：\n"
            f"{escape(one['broken'])}",
            soft_wrap=True,
        )
    if not any(states.values()) and not one["invalid"] and not one["to_review"]:
        title = f"[bold]{escape(one['name'])}[/]（{name}）"
        console.print(f"{title}还没有报送件；用 xinqiao import 导入记录。", soft_wrap=True)
        return
    print_table(
        [*CHINESE.values()],
        [[count or "·" for count in states.values()]],
        title=f"[bold]{escape(one['name'])}[/]（{name}）",
    )
    provisional = "（暂定，待次年放假通知）" if one["oldest_due_provisional"] else ""
    oldest = f"，最早截止 {one['oldest_due']}{provisional}" if one["oldest_due"] else ""
    console.print(
        f"  已逾期 {_marked(one['overdue'], 'red')}，即将到期 {_marked(one['due_soon'], 'yellow')}"
        f"，内部提前量已过 {_marked(one['past_slack'], 'yellow')}"
        f"，有错待改 {_marked(one['invalid'], 'yellow')}"
        f"，被退回待更正 {_marked(one['to_correct'], 'yellow')}{_review_words(one)}{oldest}",
        soft_wrap=True,
    )
    if one["last_success_at"]:
        console.print(f"  最近一次接通：{local_time(one['last_success_at'])}")
    if one["paused"]:
        console.print(f"  [red]已暂停[/]：{escape(one['paused_reason'])}", soft_wrap=True)
    for incident in one["incidents"]:
        console.print(
            f"  [red]{INCIDENTS[IncidentKind(incident['kind'])]}[/]："
            f"{escape(incident['message'])}（{local_time(incident['opened_at'])} 起，"
            f"共 {incident['times']} 次）",
            soft_wrap=True,
        )
    if not one["confirmed"] and not one["broken"]:
        console.print(
            "  [yellow]档案未确认，不会报送[/]；核对后执行 xinqiao platforms confirm",
            soft_wrap=True,
        )
    if one["sending_until"]:
        console.print(
            f"  报送中的正由另一程序处理，或上次被中断；{local_time(one['sending_until'])} 以后"
            "执行 xinqiao sync 即会查证",
            soft_wrap=True,
        )
    for line in _next_steps(one, daemon_runs=daemon_runs):
        console.print(f"  → {line}", soft_wrap=True)


def show_handling(one: dict[str, Any]) -> None:
    """Print what the bureau must handle itself; nothing where nothing waits."""
    if one["open"]:
        oldest = f"，最早截止 {one['oldest_due']}" if one["oldest_due"] else ""
        console.print(
            f"本单位办理（异议、修复）：待办 {one['open']}，"
            f"已逾期 {_marked(one['overdue'], 'red')}，"
            f"即将到期 {_marked(one['due_soon'], 'yellow')}，"
            f"内部提前量已过 {_marked(one['past_slack'], 'yellow')}{oldest}；"
            "用 xinqiao handling 查看",
            soft_wrap=True,
        )
    if one["unmatched"]:
        console.print(
            f"[yellow]没有对上记录的修复、修复通知 {one['unmatched']} 件[/]，所指文书可能还在公示："
            "用 xinqiao handling 查看",
            soft_wrap=True,
        )


def show_workers(workers: list[dict[str, Any]]) -> None:
    """Print which daemons run; nothing where none ever did."""
    alive = [one for one in workers if one["alive"]]
    if alive:
        console.print(f"常驻程序在运行 {len(alive)} 个：")
        for one in alive:
            console.print(f"  {escape(_daemon(one))}", soft_wrap=True)
    elif workers:
        last = local_time(workers[0]["progress_at"])
        console.print(
            f"[yellow]没有常驻程序在运行[/]，最近一次活动 {last}；启动用 xinqiao daemon",
            soft_wrap=True,
        )
    for one in alive:
        if abs(one["clock_offset"]) > _MOST_SECONDS_APART:
            console.print(
                f"[yellow]{escape(process_words(one['name']))}[/] 的时钟与数据库相差 "
                f"{one['clock_offset']:.0f} 秒，请校准",
                soft_wrap=True,
            )


def _review_words(one: dict[str, Any]) -> str:
    """Return what waits for a second person; nothing where nothing does."""
    if not one["to_review"]:
        return ""
    urgent = one["to_review_urgent"]
    told = f"（其中快到期、已逾期 {_marked(urgent, 'red')}）" if urgent else ""
    return f"，待审核 {_marked(one['to_review'], 'yellow')}{told}"


def _marked(count: int, colour: str) -> str:
    return f"[{colour}]{count}[/]" if count else "0"


def _daemon(one: dict[str, Any]) -> str:
    """Return which process a daemon is, and when it last gave a sign."""
    last = datetime.fromisoformat(one["progress_at"]).astimezone(SHANGHAI)
    return process_words(one["name"], f"最近 {last:%H:%M:%S}")


def _next_steps(one: dict[str, Any], *, daemon_runs: bool) -> list[str]:
    states = one["states"]
    under_way = ["ready", "sending", "in_doubt"]
    told_by_hand = ""
    if one["receipts"] not in ("manual", "none"):
        under_way.append("awaiting_receipt")
    else:
        told_by_hand = "，已送出的用 xinqiao queue confirm-delivery 登记平台答复"
    # a daemon does it by itself, and a paused platform must be resumed first
    by_hand = not (daemon_runs or one["paused"])
    steps = {
        "被退回待更正的：xinqiao corrections 生成待更正表，改正后再导入": one["to_correct"],
        "有冲突的：xinqiao queue list --state conflict": states["conflict"],
        f"挂起的：xinqiao queue list --state held{told_by_hand}": states["held"],
        "上报包待上传、待登记平台答复的：xinqiao queue confirm-delivery": _to_confirm(one),
        "待审核的，由导入人以外的人审核：xinqiao review list": one["to_review"],
        "审核退回的：xinqiao corrections 生成待更正表，改正后再导入": one["returned"],
        "公开前须由人看过的：xinqiao publication list": one["to_look_at"],
        "公示中的决定已满五年的：xinqiao publication list": one["past_bound"],
        "有错的：改好疑点表（var/findings/，或用 xinqiao corrections 重新生成）后再导入": one[
            "invalid"
        ]
        - one["to_look_at"]
        - one["returned"],
        "继续报送和收取回执：xinqiao sync": by_hand and sum(states[state] for state in under_way),
    }
    return [step for step, count in steps.items() if count]
