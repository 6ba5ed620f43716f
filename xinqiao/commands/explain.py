"""``xinqiao explain``: what a code means, who acts, and what is done."""

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    errors,
    json_option,
    open_hub,
    print_json,
    print_table,
)


@click.command(cls=ChineseCommand)
@click.argument("code", required=False, metavar="[代码]")
@click.option("--platform", metavar="平台", help="只查这个平台的代码；不写代码时列出它的全部代码。")
@json_option
@click.pass_context
def explain(
    context: click.Context, code: str | None, platform: str | None, *, as_json: bool
) -> None:
    """查一个代码：疑点（如 check_digit）、平台的退回代码（如 1003）、通信代码（如 read_timeout）。

    说明是什么意思、由谁办、怎么改，以及依据。不写代码时列出全部。
    """
    from xinqiao.errors import InputError
    from xinqiao.feedback.dictionary import entries, nearest

    hub = open_hub(context)
    names = hub.named(platform) if platform is not None else sorted(hub.connections.names)
    found = list(entries(hub.instructions, names, code, only_platforms=platform is not None))
    broken = [error for name in names if (error := hub.instructions.broken(name)) is not None]
    if code is not None and not found:
        hint = nearest(hub.instructions, names, code)
        near = f"；相近的有 {'、'.join(hint)}" if hint else ""
        raise InputError(
            f"没有代码“{code}”的说明{near}。用 xinqiao explain 列出全部；平台的代码请经办人"
            "向平台方问明含义，写进 tables/instructions/平台.toml",
            code="unknown_code",
        )
    if as_json:
        print_json([one.plain() for one in found])
    elif code is None:
        print_table(
            ["代码", "哪里的", "意思", "由谁办"],
            [(one.code or f"文字“{one.message}”", one.where, one.means, one.acts) for one in found],
        )
        console.print("用 xinqiao explain 代码 看怎么办。")
    else:
        for one in found:
            _show(one.lines())
    for error in broken:
        errors.print(f"[red]本单位的说明表没有采用[/]：{escape(error.message)}", soft_wrap=True)
    if broken:
        context.exit(NEEDS_A_PERSON)


def _show(lines: list[str]) -> None:
    head, *rest = lines
    console.print(f"[bold]{escape(head)}[/]", soft_wrap=True)
    for line in rest:
        console.print(f"  {escape(line)}", soft_wrap=True)
