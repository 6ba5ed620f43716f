"""Carrying out an operator's action on submissions: by number, or on all that filters name."""

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from xinqiao.commands.output import console, errors, open_hub, print_json, print_table
from xinqiao.commands.words import SKIPPED, way_on

if TYPE_CHECKING:
    from xinqiao.hub import Hub
    from xinqiao.queue.bulk import Done, Plan
    from xinqiao.queue.selection import Selection
    from xinqiao.queue.verbs import Verb


@dataclass(frozen=True, slots=True)
class How:
    """How an action is carried out.

    Attributes:
        reason: Why; goes to the audit log.
        limit: Most submissions that a filter may change; None for all.
        yes: Do not ask.
        dry_run: Only show what would be done.
        as_json: Tell the result as JSON.
    """

    reason: str
    limit: int | None
    yes: bool
    dry_run: bool
    as_json: bool


def run(context: click.Context, verb: "Verb", selection: "Selection", how: How) -> None:
    """Carry out ``verb``; a refusal is audited too, in a transaction of its own."""
    hub = open_hub(context)
    if selection.ids and not how.dry_run:
        _finish(_by_number(hub, verb, selection.ids, how.reason), Counter(), how)
    else:
        _by_filter(hub, verb, selection, how)


def _by_number(hub: "Hub", verb: "Verb", ids: tuple[int, ...], reason: str) -> int:
    from xinqiao.audit.append import append
    from xinqiao.audit.chain import Entry
    from xinqiao.errors import RefusedError
    from xinqiao.queue.verbs import carry_out

    try:
        with hub.acting(reason) as (connection, cause):
            return carry_out(connection, verb, ids, cause)
    except RefusedError as error:
        refused = Entry(
            f"queue.{verb.name}_refused",
            submission_id=ids[0] if len(ids) == 1 else None,
            reason=reason,
            details={"submissions": " ".join(map(str, ids)), "why": error.message},
        )
        with hub.acting(reason) as (connection, cause):
            append(connection, [refused], actor=cause.actor, at=cause.at)
        hint = _way_on(hub, verb, ids)
        if not hint:
            raise
        raise RefusedError(f"{error.message}。{hint}", code=error.code) from error


def _way_on(hub: "Hub", verb: "Verb", ids: tuple[int, ...]) -> str:
    """Return what can be done with the first of ``ids`` whose state ``verb`` does not fit."""
    from xinqiao.queue.tickets import tickets_by_id

    with hub.database.reading() as connection:
        found = tickets_by_id(connection, ids)
        tickets = [found[one] for one in sorted(found)]
        obstacles = verb.obstacles(connection, tickets)
    for ticket in tickets:
        if ticket.id in obstacles:
            left = ticket.request_started_at is not None
            return way_on(obstacles[ticket.id].code, may_have_left=left)
    return ""


def _by_filter(hub: "Hub", verb: "Verb", selection: "Selection", how: How) -> None:
    from xinqiao.queue.bulk import Done, carry_out_all, plan

    with hub.database.reading() as connection:
        planned = plan(connection, verb, selection, how.limit)
    if how.dry_run:
        _show_plan(verb, planned, how)
        return
    if not planned.ids:
        _finish(0, planned.skipped, how)
        return
    if not how.yes:
        _ask(verb, planned, how)
    done = Done()
    try:
        carry_out_all(lambda: hub.acting(how.reason), verb, selection, planned, done)
    except BaseException:
        _tell_stopped(verb, planned, done)
        raise
    _finish(done.done, done.skipped, how)


def _tell_stopped(verb: "Verb", planned: "Plan", done: "Done") -> None:
    """Say how far a run came that was stopped; on standard error, as why it was stopped."""
    errors.print(
        f"{verb.title}中途停止：原定 {len(planned.ids)} 条，已处理 {done.done} 条，"
        "这些已经生效；再执行同一命令即可处理其余的。",
        soft_wrap=True,
    )


def _ask(verb: "Verb", planned: "Plan", how: How) -> None:
    """Show what would be done, and let the person at the keyboard decide.

    Raises:
        UsageError: There is nobody to be asked.
        Abort: The person says no.
    """
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"将{verb.title} {len(planned.ids)} 条，没有终端可以确认，什么也没有做；"
            "先用 --dry-run 看清，再加 --yes 执行",
            ctx=click.get_current_context(),
        )
    if not how.as_json:
        _print_plan(planned)
    click.confirm(f"{verb.title}这 {len(planned.ids)} 条？", abort=True, err=how.as_json)


def _show_plan(verb: "Verb", planned: "Plan", how: How) -> None:
    if how.as_json:
        groups = [
            {"platform": platform, "state": state, "submissions": count}
            for (platform, state), count in sorted(planned.groups.items())
        ]
        print_json(
            {
                "dry_run": True,
                "would": len(planned.ids),
                "groups": groups,
                "skipped": dict(planned.skipped),
            }
        )
        return
    _print_plan(planned)
    _print_skipped(planned.skipped)
    console.print(f"将{verb.title} {len(planned.ids)} 条（只查看，没有执行）。")


def _print_plan(planned: "Plan") -> None:
    from xinqiao.queue.states import CHINESE, State

    if planned.ids:
        print_table(
            ["平台", "状态", "条数"],
            [
                (platform, CHINESE[State(state)], count)
                for (platform, state), count in sorted(planned.groups.items())
            ],
        )


def _finish(done: int, skipped: Mapping[str, int], how: How) -> None:
    if how.as_json:
        told: dict[str, Any] = {"done": done, "skipped": dict(skipped)}
        print_json(told)
        return
    _print_skipped(skipped)
    if done:
        console.print(f"已处理 {done} 条报送件，并记入审计日志。")
    elif not skipped:
        console.print("没有符合条件的报送件，什么也没有做。")
    else:
        console.print("没有可以处理的，什么也没有做。")


def _print_skipped(skipped: Mapping[str, int]) -> None:
    for code, count in sorted(skipped.items()):
        console.print(f"跳过 {count} 条：{SKIPPED.get(code, code)}", soft_wrap=True)
