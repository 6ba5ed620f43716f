"""``xinqiao database``: what the database is, and moving it to PostgreSQL."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    errors,
    json_option,
    open_hub,
    print_json,
    print_table,
    reason_option,
)

if TYPE_CHECKING:
    from xinqiao.moving.move import Moved

_STAGES = {"verifying": "验证审计链", "copying": "复制", "comparing": "逐表核对"}


@click.group(cls=ChineseGroup)
def database() -> None:
    """查看数据库；把它从 SQLite 搬到 PostgreSQL。"""


@database.command()
@json_option
@click.pass_context
def show(context: click.Context, *, as_json: bool) -> None:
    """数据库在哪里、版本、表结构、各表行数和大小；不改动任何内容。"""
    from xinqiao.database.complaints import moved
    from xinqiao.database.facts import look

    hub = open_hub(context)
    with hub.database.reading() as connection:
        facts = look(connection)
    if as_json:
        print_json(asdict(facts))
    else:
        console.print(
            f"{escape(facts.place)}\n{facts.release}，表结构 {facts.revision}，"
            f"{facts.size_bytes / 2**20:.1f} MB",
            soft_wrap=True,
        )
        print_table(["表", "行数"], facts.tables.items())
    if facts.moved:
        if not as_json:
            console.print(f"[red]{escape(moved(hub.database.url).message)}[/]", soft_wrap=True)
        context.exit(NEEDS_A_PERSON)


@database.command()
@click.option(
    "--to",
    "url",
    required=True,
    envvar="XINQIAO_TARGET_DATABASE_URL",
    metavar="地址",
    help="目标库，如 postgresql://用户@服务器/库名；带密码的请放在环境变量 "
    "XINQIAO_TARGET_DATABASE_URL 里，以免留在命令历史中。",
)
@reason_option
@click.option("--yes", is_flag=True, help="不再询问。")
@json_option
@click.pass_context
def copy(context: click.Context, url: str, reason: str, *, yes: bool, as_json: bool) -> None:
    """把整个数据库从 SQLite 搬到一个空的 PostgreSQL 库，逐表核对，然后停用原库。

    搬之前请停下定时作业。出错或中断时两边都不改动，可以再次执行。
    """
    from xinqiao.database.complaints import place_of
    from xinqiao.moving.move import Move, Stage, target_at

    hub = open_hub(context)
    target = target_at(url, hub.settings.database.busy_seconds)
    if not (yes or as_json) and sys.stdin.isatty():
        console.print(
            f"从 {escape(place_of(hub.database.url))} 搬到 {escape(place_of(target.url))}；"
            "搬完后原库只能查看，不能再写。",
            soft_wrap=True,
        )
        click.confirm("现在搬？", abort=True)
    try:
        with errors.status("正在准备…") as bar:

            def tell(stage: Stage, table: str, rows: int) -> None:
                bar.update(f"{_STAGES[stage]}：{table} {rows} 行")

            done = Move(hub.database, target, hub.cause(reason), hub.clock, tell).run()
    finally:
        target.close()
    if as_json:
        print_json(asdict(done))
    else:
        _show(done)


def _show(done: "Moved") -> None:
    place = escape(done.target)
    if done.resumed:
        console.print(
            f"{place} 里已有本库的完整副本（{done.rows} 行），这次只停用了原库。", soft_wrap=True
        )
    else:
        print_table(["表", "行数"], done.tables.items())
        console.print(f"已搬到 {place}，共 {done.rows} 行，逐表核对无误。", soft_wrap=True)
    console.print(f"两边的审计链都完整，复制时共 {done.entries} 条。原库已停用，只能查看。")
    console.print(
        "下一步：把 xinqiao.toml 的 database.url 改为目标库的地址"
        "（或设环境变量 XINQIAO_DATABASE_URL），再执行 xinqiao doctor；无误后恢复定时作业。",
        soft_wrap=True,
    )
