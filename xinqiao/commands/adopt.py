"""``xinqiao adopt``: what was reported before the hub is taken over as held (存量接管)."""

from datetime import date, datetime
from pathlib import Path

import click

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.output import (
    DAY,
    NEEDS_A_PERSON,
    console,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
    reason_for,
)

_FIRST_DAY = date(2000, 1, 1)
"""A ledger in a file holds what it holds; a platform is asked from this day on unless told."""


@click.group(cls=ChineseGroup, invoke_without_command=True)
@click.option("--platform", metavar="平台", help="接管哪个平台上原有的数据；必填。")
@click.option("--kind", metavar="类型", default="", help="只接管这一类记录；默认该平台的各类。")
@click.option(
    "--ledger",
    "path",
    metavar="文件",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="从平台下载的台账（工作簿或文字表）；不写则向平台查询。",
)
@click.option("--from", "start", type=DAY, metavar="日期", help="台账的起始入库日；默认不限。")
@click.option("--to", "end", type=DAY, metavar="日期", help="台账的截止入库日（含）；默认今天。")
@reason_for("为什么接管；写入审计日志。--dry-run 时可以不写。", required=False)
@click.option(
    "--accept-different",
    is_flag=True,
    help="内容不一致的也接管：算作平台已有，差异由对账继续列出，不自动更正；"
    "台账只给出编号而本地更正过的，接管后把现行版本作为更正报送一次。",
)
@click.option("--dry-run", is_flag=True, help="只说明会接管哪些、须报送哪些、哪些不一致，不改动。")
@json_option
@click.pass_context
def adopt(
    context: click.Context,
    platform: str | None,
    kind: str,
    path: Path | None,
    start: datetime | None,
    end: datetime | None,
    reason: str | None,
    *,
    accept_different: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """接管启用前已报送的数据：平台已有的算作已报送，不再重报，也不算逾期；以后更正、撤回照常报送。

    先用 --dry-run 看结果。可以重复执行：已接管的不变。
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    if platform is None:
        raise click.UsageError("请用 --platform 写明平台，例如 --platform credit_shandong")
    if reason is None and not dry_run:
        raise click.UsageError("请用 --reason 写明为什么接管；只想看看的加 --dry-run")
    from xinqiao.commands.adopt_shown import show_adopted
    from xinqiao.reconcile.adoption.adopting import Order
    from xinqiao.reconcile.window import check_window

    hub = open_hub(context)
    last = end.date() if end is not None else hub.clock.today()
    first = start.date() if start is not None else _FIRST_DAY
    window = check_window(first, last, hub.clock.today())
    order = Order(
        platform,
        kind,
        window,
        reason or "",
        dry_run=dry_run,
        accept_different=accept_different,
    )
    found = hub.going_live(platform).adopt(order, path)
    if as_json:
        print_json(
            {
                "platform": platform,
                "dry_run": dry_run,
                "from": first.isoformat(),
                "to": last.isoformat(),
                "kinds": {one.kind: one.plain() for one in found},
            }
        )
    else:
        for one in found:
            show_adopted(one, dry_run=dry_run)
        if not found:
            console.print("这个平台没有可以接管的记录类型。")
    if any(one.needs_a_person for one in found):
        context.exit(NEEDS_A_PERSON)


def _refuse_options(context: click.Context) -> None:
    """Refuse an option before a subcommand: it would be taken for one of the subcommand.

    Raises:
        UsageError: There is one.
    """
    if any(value for value in context.params.values()):
        raise click.UsageError(
            f"选项写在 {context.invoked_subcommand} 之后，不写在它之前", ctx=context
        )


@adopt.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """列出历次接管，以及各平台启用前的记录有多少未接管。"""
    from xinqiao.commands.adopt_shown import ORIGINS, show_before_start

    hub = open_hub(context)
    service = hub.adoption()
    runs, standing = service.runs(), service.before_start()
    if as_json:
        print_json(
            {
                "adoptions": [one.plain() for one in runs],
                "before_start": [one.plain() for one in standing],
            }
        )
        return
    if runs:
        print_table(
            ["编号", "时间", "平台", "类型", "来源", "接管", "不一致", "说明"],
            [
                (
                    one.id,
                    local_time(one.at.isoformat()),
                    one.platform,
                    one.kind,
                    f"{ORIGINS[one.origin]}{one.file_name}",
                    one.counts.get("adopted", "未完成"),
                    one.counts.get("different", "—"),
                    f"已撤销：{one.undone_reason}"
                    if one.undone_at is not None
                    else one.incomplete or one.reason,
                )
                for one in runs
            ],
        )
    else:
        console.print("还没有接管过；先用 xinqiao adopt --platform 平台 --dry-run 看看。")
    show_before_start(standing, hub.starts)


@adopt.command("undo")
@click.argument("number", metavar="编号", type=int)
@reason_for("为什么撤销；写入审计日志。--dry-run 时可以不写。", required=False)
@click.option("--dry-run", is_flag=True, help="只说明会撤销哪些、会报送多少条，不改动。")
@json_option
@click.pass_context
def undo(
    context: click.Context, number: int, reason: str | None, *, dry_run: bool, as_json: bool
) -> None:
    """撤销一次误做的接管：其中的记录重新算作平台没有，须报送的就会报送；之后已有报送的保持不变。

    先用 --dry-run 看会报送多少条。
    """
    from dataclasses import asdict

    if reason is None and not dry_run:
        raise click.UsageError("请用 --reason 写明为什么撤销；只想看看的加 --dry-run")
    done = open_hub(context).adoption().undo(number, reason or "", dry_run=dry_run)
    if as_json:
        print_json(asdict(done) | {"dry_run": dry_run})
    else:
        mode = "（只检查，没有改动）会" if dry_run else ""
        console.print(
            f"接管 {number}：{mode}撤销 {done.undone} 条，其中 {done.to_send} 条"
            f"{'会' if dry_run else '就要'}向平台报送；不再记着的平台条目 {done.forgotten} 条。",
            soft_wrap=True,
        )
        if done.kept_count:
            ids = "、".join(done.kept)
            console.print(
                f"[yellow]{done.kept_count} 条没有撤销[/]：接管之后已经向平台报送过更正或撤回"
                f"（记录 {ids}）。平台确实没有的，请到平台核实后按对账差异处理",
                soft_wrap=True,
            )
    if done.kept_count:
        context.exit(NEEDS_A_PERSON)
