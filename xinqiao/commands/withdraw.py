"""``xinqiao withdraw``: a decision was revoked, changed away or held void."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import (
    DAY,
    NEEDS_A_PERSON,
    console,
    json_option,
    open_hub,
    print_json,
    reason_option,
)
from xinqiao.commands.records import name_record

if TYPE_CHECKING:
    from xinqiao.queue.withdrawal import Effect


@click.command(cls=ChineseCommand)
@click.argument("record", metavar="记录标识或编号")
@reason_option
@click.option(
    "--decided-on",
    type=DAY,
    metavar="日期",
    help="撤销、变更或确认无效的日期，如 2026-11-20；办理期限从这一天起算。",
)
@click.option("--document", metavar="文号", help="撤销决定的文号或名称。")
@click.option("--undo", is_flag=True, help="取消误登记的撤回；已经报给平台的不能取消。")
@click.option("--yes", is_flag=True, help="不再询问。")
@json_option
@click.pass_context
def withdraw(
    context: click.Context,
    record: str,
    reason: str,
    decided_on: datetime | None,
    document: str | None,
    *,
    undo: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """登记一条决定已撤销、变更或失效：已报送的按各平台的方式撤回，未报送的不再报送。"""
    from xinqiao.queue.targets import REPAIRING
    from xinqiao.queue.withdrawal import Revocation

    _check_options(decided_on, document, undo=undo)
    hub = open_hub(context)
    found = hub.find_record(record)
    if not as_json:
        name_record(found)
    if not (yes or as_json) and sys.stdin.isatty():
        click.confirm("取消这条记录的撤回？" if undo else "撤回这条记录？", abort=True)
    if undo:
        hub.restore(found.id, reason)
        if as_json:
            print_json({"record": found.id, "withdrawn": False})
        else:
            console.print("已取消撤回，这条记录照常报送。")
        return
    if decided_on is None or document is None:
        return
    effects = hub.withdraw(found.id, Revocation(decided_on.date(), document), reason)
    down = hub.left_down() if found.kind in REPAIRING else []
    if as_json:
        told = {"record": found.id, "withdrawn": True, "platforms": _plain(effects)}
        print_json(told | {"still_down": down})
    else:
        _show({name: hub.title(name) for name in hub.connections.names}, effects)
        for record_id in down:
            console.print(
                f"[yellow]记录 {record_id} 曾据修复下架，仍为下架[/]：应当公示的用 "
                "xinqiao publication restore，不再公示的用 xinqiao publication forbid",
                soft_wrap=True,
            )
    if down:
        context.exit(NEEDS_A_PERSON)


def _check_options(decided_on: datetime | None, document: str | None, *, undo: bool) -> None:
    if undo and (decided_on or document):
        raise click.UsageError("取消撤回（--undo）只写 --reason，不写 --decided-on、--document")
    missing = [
        name
        for name, value in (("--decided-on", decided_on), ("--document", document))
        if not undo and not value
    ]
    if missing:
        raise click.UsageError(f"缺少 {'、'.join(missing)}")


def _plain(effects: "list[Effect]") -> dict[str, Any]:
    return {
        one.platform: {
            "must_go": one.must_go,
            "due_on": one.due_on.isoformat() if one.due_on is not None else None,
            "legal": one.legal,
        }
        for one in effects
    }


def _show(names: dict[str, str], effects: "list[Effect]") -> None:
    console.print("已登记撤回。")
    for one in effects:
        name = names.get(one.platform, one.platform)
        if not one.must_go:
            console.print(f"  {name}：还没有报送，不再报送。")
            continue
        limit = ""
        if one.due_on is not None:
            limit = f"，{'法定期限' if one.legal else '内部时限'} {one.due_on}"
        console.print(f"  {name}：须撤回{limit}；执行 xinqiao sync 即报送")
    if not effects:
        console.print("  这条记录没有须报送的平台，只作登记。")
