"""``xinqiao reconcile items``: in what two sides differ, and what is done about it (对账差异)."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand, ChineseGroup
from xinqiao.commands.kind_name import KIND
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
    reason_option,
)

if TYPE_CHECKING:
    from xinqiao.reconcile.differences.listing import Wanted

_SHOWN = 50

_ACTIONS = ("resend", "correct", "withdraw", "accept-theirs")

_WHATS = (
    "missing_at_platform",
    "unknown_locally",
    "different",
    "repeated",
    "no_answer",
    "never_imported",
    "not_in_source",
)

_EVENTS = {"opened": "发现", "reopened": "再次发现", "closed": "自行消失，办结", "acted": "处置"}


@click.group(cls=ChineseGroup)
def items() -> None:
    """对账差异：逐条列出、说明和处置。"""


@items.command("list", cls=ChineseCommand)
@click.option("--platform", metavar="平台", help="只列这个平台的；漏报一类写 source。")
@click.option("--kind", type=KIND, metavar="类型", help="只列这类记录的，如 permit、penalty。")
@click.option("--department", metavar="科室", help="只列这个科室的。")
@click.option("--what", type=click.Choice(_WHATS), help="只列这种差异。")
@click.option("--closed", is_flag=True, help="列已办结的。")
@click.option("--all", "everything", is_flag=True, help="未办结和已办结的都列。")
@json_option
@click.pass_context
def list_items(
    context: click.Context,
    platform: str | None,
    kind: str | None,
    department: str | None,
    what: str | None,
    *,
    closed: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """列出对账差异，先发现的在前；默认只列未办结的。"""
    from xinqiao.reconcile.differences.listing import Wanted

    wanted = Wanted(
        platform,
        kind,
        what,
        department,
        open=everything or not closed,
        closed=everything or closed,
    )
    desk = open_hub(context).differences()
    with desk.listed(wanted, None if as_json else _SHOWN) as found:
        if as_json:
            _write_list(found)
        else:
            _show_list(list(found), desk.count(wanted), wanted)
    if wanted.open and desk.count(Wanted(platform, kind, what, department)):
        context.exit(NEEDS_A_PERSON)


def _write_list(found: Iterable[dict[str, Any]]) -> None:
    """Write a JSON list one by one: there may be more than fit into memory."""
    sys.stdout.write("[")
    for number, one in enumerate(found):
        text = json.dumps(one, ensure_ascii=False, indent=1)
        sys.stdout.write(f"{',' if number else ''}\n{text}")
    sys.stdout.write("\n]\n")


def _show_list(found: list[dict[str, Any]], count: int, wanted: "Wanted") -> None:
    from xinqiao.reconcile.differences.catalogue import SUGGESTIONS
    from xinqiao.records.kinds import kind_of

    if not found:
        sort = "" if wanted.open and wanted.closed else "未办结的" if wanted.open else "已办结的"
        console.print(
            f"没有{sort}对账差异。差异由 xinqiao reconcile 对账时发现；还没有对过账的请先执行它。",
            soft_wrap=True,
        )
        return
    print_table(
        ["编号", "平台", "类型", "差异", "文书号等", "科室", "建议", "发现", "次数", "办结"],
        [
            (
                one["id"],
                one["platform"],
                kind_of(one["kind"]).name,
                one["title"],
                one["document_number"],
                one["department"] or None,
                SUGGESTIONS[one["suggested"]],
                local_time(one["opened_at"]),
                one["times"],
                _closing(one),
            )
            for one in found
        ],
    )
    if count > len(found):
        console.print(f"共 {count} 条，只列前 {len(found)} 条；加筛选条件，或用 --json 取全部")
    if wanted.open:
        console.print("说明和经过用 xinqiao reconcile items show 编号，处置用 items act 编号")


def _closing(one: dict[str, Any]) -> str | None:
    from xinqiao.reconcile.differences.catalogue import ACTIONS

    if one["closed_at"] is None:
        return None
    return f"{local_time(one['closed_at'])} {ACTIONS.get(one['closed_by'], '自行消失')}"


@items.command("show", cls=ChineseCommand)
@click.argument("number", metavar="编号", type=int)
@json_option
@click.pass_context
def show_item(context: click.Context, number: int, *, as_json: bool) -> None:
    """说明一条差异：差在哪里、怎么办、经过。"""
    story = open_hub(context).differences().story(number)
    if as_json:
        print_json(story)
    else:
        _show_story(story)
    if story["closed_at"] is None:
        context.exit(NEEDS_A_PERSON)


def _show_story(one: dict[str, Any]) -> None:
    from xinqiao.reconcile.differences.catalogue import ACTIONS
    from xinqiao.records.kinds import kind_of

    state = "已办结" if one["closed_at"] else "未办结"
    console.print(f"[bold]差异 {one['id']}[/]：{one['title']}（{state}）")
    console.print(
        f"  {one['platform']}，{kind_of(one['kind']).name}，{escape(one['document_number'])}"
        f"，科室 {escape(one['department'] or '—')}，记录 {one['record'] or '—'}",
        soft_wrap=True,
    )
    details = one["details"]
    if details.get("accepted_at"):
        console.print(f"  平台曾于 {local_time(details['accepted_at'])} 入库")
    if details.get("reference"):
        console.print(f"  平台编号 {escape(details['reference'])}")
    if details.get("submission"):
        console.print(f"  报送件 {details['submission']}，见 xinqiao queue show")
    if details.get("fields"):
        print_table(
            ["字段", "本地", "平台"],
            [
                (f"{field['name']}（{field['field']}）", field["ours"], field["theirs"])
                for field in details["fields"]
            ],
        )
    if not one["closed_at"]:
        console.print(f"  怎么办：{escape(one['advice'])}", soft_wrap=True)
        for action in one["actions"]:
            console.print(
                f"    xinqiao reconcile items act {one['id']} --action {action} --reason 原因"
                f"    （{ACTIONS[action]}）",
                soft_wrap=True,
            )
    for event in one["history"]:
        _show_event(event)


def _show_event(event: dict[str, Any]) -> None:
    from xinqiao.commands.words import worker_words
    from xinqiao.reconcile.differences.catalogue import ACTIONS

    what = _EVENTS[event["what"]]
    action = f"（{ACTIONS[event['action']]}）" if event["action"] else ""
    reason = f"：{escape(event['reason'])}" if event["reason"] else ""
    proof = "".join(f"；依据 {escape(file['file'])}" for file in event["evidence"])
    console.print(
        f"  {local_time(event['at'])} {escape(worker_words(event['actor']))} "
        f"{what}{action}{reason}{proof}",
        soft_wrap=True,
    )


@items.command("act", cls=ChineseCommand)
@click.argument("number", metavar="编号", type=int)
@click.option(
    "--action",
    required=True,
    type=click.Choice(_ACTIONS),
    help="resend 重新报送，correct 以本地为准更正平台，withdraw 请平台撤下，"
    "accept-theirs 认可平台的或已知悉。",
)
@reason_option
@click.option(
    "--evidence",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="文件",
    help="依据，如平台的答复、截图；记下文件名和 SHA-256，可写几次。",
)
@json_option
@click.pass_context
def act_on_item(
    context: click.Context,
    number: int,
    action: str,
    reason: str,
    files: tuple[Path, ...],
    *,
    as_json: bool,
) -> None:
    """处置一条差异；不能这样办的说明为什么，并记入审计日志。"""
    from xinqiao.confirmation import evidence_of
    from xinqiao.reconcile.differences.catalogue import ACTIONS

    desk = open_hub(context).differences()
    desk.act(number, action, reason, [evidence_of(path) for path in files])
    if as_json:
        print_json({"id": number, "action": action, "done": True})
        return
    console.print(f"差异 {number} 已办结（{ACTIONS[action]}），并记入审计日志。")
    if action != "accept-theirs":
        console.print("已排入报送队列；执行 xinqiao sync 即报送")
