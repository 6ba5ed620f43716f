"""``xinqiao routes``: which records go where and why, and which are owed to nobody."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.output import (
    console,
    json_option,
    open_hub,
    plain,
    print_json,
    print_table,
    reason_option,
)

if TYPE_CHECKING:
    from xinqiao.records.kind import Kind

_DEFAULTS = {"on": "报送", "off": "默认不报送", "never": "不报送"}
_SWITCHED = {True: "已打开", False: "已关闭"}


def _state(default: object, switched: object) -> str:
    """Return whether records take a route, and whether somebody said so."""
    return _SWITCHED[switched] if isinstance(switched, bool) else _DEFAULTS[str(default)]


def _print_ways(kind: "Kind", ways: Sequence[Mapping[str, Any]]) -> None:
    """Print where records of a kind go; rows of one platform differ in their condition."""
    from xinqiao.records.kind import About
    from xinqiao.routing.platforms import short_platform_name

    if not ways:
        return
    console.print(f"\n[bold]{kind.name}[/] {kind.identifier}")
    for one in ways:
        closed = one["default"] == "never"
        without = not one["natural_persons"] and kind.about is not About.ORGANISATIONS
        facts = (
            f"适用于{one['when']}的" if one["when"] else "",
            f"时限 {one['rule']}" if one["rule"] else "",
            f"变更、撤销 {one['change_rule']}" if one["change_rule"] else "",
            "自然人的除外" if without and not closed else "",
            "" if one["connected"] or closed else "未接入",
        )
        place = f"{short_platform_name(one['platform'])} {one['platform']}"
        state = _state(one["default"], one["switched"])
        told = "，".join(filter(None, (state, *facts)))
        console.print(escape(f"  {place}：{told}"), soft_wrap=True)
        console.print(escape(f"    {one['note']}"), soft_wrap=True)


@click.group(cls=ChineseGroup)
def routes() -> None:
    """查看、说明报送去向和不报送规则。"""


@routes.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """列出每种记录报送到哪些平台，以及哪些记录不报送、依据和条数。"""
    from xinqiao.commands.adopt_shown import show_before_start
    from xinqiao.records.condition_words import in_words
    from xinqiao.records.kinds import KINDS
    from xinqiao.routing.exemptions import exemptions, exemptions_in_force
    from xinqiao.routing.routes import is_open, routes_of

    hub = open_hub(context)
    in_force = exemptions_in_force(hub.settings.exemptions)
    counted = {one["id"]: one["records"] for one in hub.not_reported()}
    ways = [
        {
            "kind": kind.identifier,
            "platform": route.platform,
            "default": route.default.value,
            "switched": hub.switches.get(kind.identifier, {}).get(route.platform),
            "taken": is_open(route, hub.switches.get(kind.identifier)),
            "when": in_words(route.when, kind.labels),
            "rule": route.rule,
            "change_rule": route.change_rule,
            "natural_persons": route.natural_persons,
            "connected": route.platform in hub.connections.names,
            "note": route.note,
        }
        for kind in KINDS.values()
        for route in routes_of(kind.identifier)
    ]
    rules = [
        {
            "id": one.id,
            "title": one.title,
            "in_force": one in in_force,
            "basis": one.basis,
            "records": counted.get(one.id, 0),
            "note": one.note,
        }
        for one in exemptions().values()
    ]
    standing = hub.adoption().before_start()
    if as_json:
        before = [one.plain() for one in standing]
        print_json({"routes": ways, "exemptions": rules, "before_start": before})
        return
    console.print("[bold]报送去向[/]")
    for kind in KINDS.values():
        _print_ways(kind, [one for one in ways if one["kind"] == kind.identifier])
    console.print()
    print_table(
        ["规则", "名称", "适用", "现有条数"],
        [
            (
                one["id"],
                one["title"],
                "是" if one["in_force"] else "否",
                one["records"],
            )
            for one in rules
        ],
        title="不报送规则",
    )
    for rule in rules:
        console.print(f"  {rule['title']}：{rule['basis']}", soft_wrap=True)
    show_before_start(standing, hub.starts)
    console.print(
        escape(
            "去向在 xinqiao.toml 的 [routes.记录类型] 里开关，不报送规则在 [exemptions] 里开关；"
            "改后执行 xinqiao routes apply。"
        ),
        soft_wrap=True,
    )


@routes.command("explain")
@click.argument("record", metavar="记录标识或文书号")
@json_option
@click.pass_context
def explain(context: click.Context, record: str, *, as_json: bool) -> None:
    """说明一条记录为什么报送这些平台、为什么不报送其他平台：规则、截止日、条款、公开范围。"""
    from dataclasses import asdict

    from xinqiao.commands.routes_explained import show_explanation

    hub = open_hub(context)
    told = hub.explain_routes(hub.find_record(record).id)
    if as_json:
        print_json(plain(asdict(told)))
    else:
        show_explanation(told)


@routes.command("apply")
@reason_option
@click.option("--dry-run", is_flag=True, help="只说明会有什么变动，不改动任何记录。")
@json_option
@click.pass_context
def apply(context: click.Context, reason: str, *, dry_run: bool, as_json: bool) -> None:
    """改动去向、不报送规则、审核、规则表或格式表之后，对已有的记录重新判定：该报的补报，不该报的撤下。"""
    done = open_hub(context).apply_routes(reason, dry_run=dry_run)
    moved = {
        platform: {"owed": done.owed[platform], "dropped": done.dropped[platform]}
        for platform in sorted({*done.owed, *done.dropped})
    }
    refit = done.by_tables
    by_tables = {
        platform: {"fitting": refit.fitting[platform], "unfit": refit.unfit[platform]}
        for platform in sorted({*+refit.fitting, *+refit.unfit})
    }
    reviews = {
        platform: {"to_review": done.to_review[platform], "released": done.released[platform]}
        for platform in sorted({*done.to_review, *done.released})
    }
    if as_json:
        told = {
            "changed": done.records,
            "platforms": moved,
            "by_tables": by_tables,
            "reviews": reviews,
        }
        print_json(told | {"dry_run": dry_run})
        return
    for platform, one in by_tables.items():
        console.print(
            f"{platform} 的格式表有改动：{one['fitting']} 条{'可' if dry_run else '改'}按新表报送，"
            f"{one['unfit']} 条不合新表（原因见 xinqiao corrections）。",
            soft_wrap=True,
        )
    if reviews:
        print_table(
            ["平台", "改为待审核", "不再须审核"],
            [(name, one["to_review"], one["released"]) for name, one in reviews.items()],
        )
        console.print("[dim]已报送和正在报送的不变。[/]" + ("没有改动。" if dry_run else ""))
    if not done.records and (by_tables or reviews):
        return
    if not done.records:
        console.print("没有须重新判定的记录。")
        return
    print_table(
        ["平台", "补报", "不再报送"],
        [(platform, one["owed"], one["dropped"]) for platform, one in moved.items()],
    )
    if dry_run:
        console.print(f"会重新判定 {done.records} 条；没有改动。去掉 --dry-run 执行。")
    else:
        console.print(f"重新判定了 {done.records} 条；用 xinqiao status 查看，xinqiao sync 报送。")
