"""``xinqiao routes``: which records go where, and which are owed to nobody."""

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.output import (
    console,
    json_option,
    open_hub,
    print_json,
    print_table,
    reason_option,
)

_DEFAULTS = {"on": "报送", "off": "默认不报送", "never": "不报送"}


@click.group(cls=ChineseGroup)
def routes() -> None:
    """查看报送去向和不报送规则。"""


@routes.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """列出每种记录报送到哪些平台，以及哪些记录不报送、依据和条数。"""
    from xinqiao.records.kinds import KINDS
    from xinqiao.routing.exemptions import exemptions, exemptions_in_force
    from xinqiao.routing.routes import routes_of

    hub = open_hub(context)
    in_force = exemptions_in_force(hub.settings.exemptions)
    counted = {one["id"]: one["records"] for one in hub.not_reported()}
    ways = [
        {
            "kind": kind.identifier,
            "platform": route.platform,
            "default": route.default.value,
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
    if as_json:
        print_json({"routes": ways, "exemptions": rules})
        return
    print_table(
        ["记录", "平台", "去向", "时限", "变更时限", "自然人", "已接入"],
        [
            (
                KINDS[str(one["kind"])].name,
                one["platform"],
                _DEFAULTS[str(one["default"])],
                one["rule"],
                one["change_rule"],
                "是" if one["natural_persons"] else "否",
                "是" if one["connected"] else "否",
            )
            for one in ways
        ],
        title="报送去向",
    )
    for one in ways:
        place = f"{KINDS[str(one['kind'])].name} → {one['platform']}"
        console.print(f"  {place}：{one['note']}", soft_wrap=True)
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
    console.print(escape("在 xinqiao.toml 的 [exemptions] 里开关，改后执行 xinqiao routes apply。"))


@routes.command("apply")
@reason_option
@json_option
@click.pass_context
def apply(context: click.Context, reason: str, *, as_json: bool) -> None:
    """开关不报送规则之后，对已有的记录重新判定：该报的补报，不该报的撤下。"""
    changed = open_hub(context).apply_routes(reason)
    if as_json:
        print_json({"changed": changed})
    elif changed:
        console.print(f"重新判定了 {changed} 条；用 xinqiao status 查看，xinqiao sync 报送。")
    else:
        console.print("没有须重新判定的记录。")
