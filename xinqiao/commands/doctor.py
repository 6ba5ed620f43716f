"""``xinqiao doctor``: is everything as it should be."""

import click
from rich.text import Text

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    json_option,
    print_json,
    print_table,
)


@click.command(cls=ChineseCommand)
@json_option
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """检查版本、工作区、密钥、数据库、日历和平台设置；不改动任何内容。"""
    from xinqiao.diagnosis import diagnose

    checks = diagnose(context.find_root().obj)
    if as_json:
        print_json([{"check": one.name, "ok": one.ok, "remark": one.remark} for one in checks])
    else:
        print_table(
            ["检查", "结果", "说明"],
            [(one.name, "正常" if one.ok else Text("须处理", "red"), one.remark) for one in checks],
        )
        console.print(
            "一切正常。" if all(one.ok for one in checks) else "有需要处理的项目，见上表。"
        )
    if not all(one.ok for one in checks):
        context.exit(NEEDS_A_PERSON)
