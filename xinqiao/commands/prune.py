"""``xinqiao prune``: dropping old payloads that nothing needs any more."""

from typing import TYPE_CHECKING

import click

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import (
    console,
    json_option,
    open_hub,
    print_json,
    print_table,
    reason_for,
)

if TYPE_CHECKING:
    from pathlib import Path

    from xinqiao.hub import Hub
    from xinqiao.queue.payloads import Cutoff
    from xinqiao.retention import Pruned


@click.command(cls=ChineseCommand)
@click.option(
    "--older-than",
    "days",
    type=int,
    metavar="天数",
    help="清理多少天以前的，最少 180；默认按 xinqiao.toml 的 retention.payload_days。",
)
@click.option("--dry-run", is_flag=True, help="只看会清理多少，不改动任何内容。")
@reason_for("为什么清理；写入审计日志，必填（只看不清理的除外）。", required=False)
@json_option
@click.pass_context
def prune(
    context: click.Context, days: int | None, reason: str | None, *, dry_run: bool, as_json: bool
) -> None:
    """清理过了保存期限、不再需要的内容：报文、平台回复、旧版内容、疑点表等。

    记录、编号、校验值、报送义务、报送件、回执和审计日志永远保留，不会因此重复报送。
    中途中断的，再执行一次即可。
    """
    from xinqiao.retention import cutoff_before, survey

    if not dry_run and reason is None:
        raise click.UsageError("缺少 --reason（只看不清理请加 --dry-run）")
    hub = open_hub(context)
    now = hub.clock.now()
    usual = hub.settings.retention.payload_days
    kept = hub.connections.kept_days
    cutoff = cutoff_before(now, usual if days is None else days, kept)
    folder = hub.workspace.var / "findings"
    if dry_run or reason is None:
        done = survey(hub.database, cutoff, now, folder)
    else:
        done = _prune(hub, cutoff, folder, reason)
    if as_json:
        print_json({"dry_run": dry_run, **done.plain()})
    else:
        _show(done, dry_run=dry_run)


def _prune(hub: "Hub", cutoff: "Cutoff", folder: "Path", reason: str) -> "Pruned":
    """Prune; a refusal is audited too."""
    from xinqiao.audit.append import append
    from xinqiao.audit.chain import Entry
    from xinqiao.errors import RefusedError
    from xinqiao.retention import prune as drop

    cause = hub.cause(reason)
    try:
        return drop(hub.database, cutoff, cause, folder)
    except RefusedError as error:
        details = {"cutoff": cutoff.at.isoformat(), "why": error.message}
        refused = Entry("data.prune_refused", reason=reason, details=details)
        with hub.database.writing() as connection:
            append(connection, [refused], actor=cause.actor, at=cause.at)
        raise


def _show(done: "Pruned", *, dry_run: bool) -> None:
    from xinqiao.clock import local_date
    from xinqiao.database.size import size_text

    day = local_date(done.cutoff.at)
    if not done.rows:
        console.print(f"没有 {day} 以前须清理的内容，什么也没有改动。")
        return
    print_table(
        ["内容", "数量", "大小"],
        [(one.title, one.rows, size_text(one.bytes)) for one in done.parts],
        title=f"{day} 以前、不再需要的",
    )
    total = f"{done.rows} 项，{size_text(done.bytes)}"
    if dry_run:
        console.print(
            f"会清理 {total}；现在什么也没有改动。确要清理，去掉 --dry-run，用 --reason 写明理由。",
            soft_wrap=True,
        )
        return
    console.print(
        f"已清理 {total}，并记入审计日志。数据库文件不会变小，腾出的空间由以后的数据使用；"
        "备份里还有这些内容，旧备份也请按期限销毁。",
        soft_wrap=True,
    )
