"""What a command says after a person entered a repair or an objection."""

from typing import TYPE_CHECKING

import click
from rich.markup import escape

from xinqiao.commands.output import NEEDS_A_PERSON, console, print_json

if TYPE_CHECKING:
    from xinqiao.intake.applications import Entered


def tell_entered(context: click.Context, entered: "Entered", done: str, *, as_json: bool) -> None:
    """Print what was entered, and leave with the exit code for what a person should look at."""
    from xinqiao.records.findings import Severity

    warnings = [one for one in entered.findings if one.severity is Severity.WARNING]
    if as_json:
        print_json(
            {
                "record": entered.record,
                "number": entered.number,
                "findings": [
                    {"field": one.field, "code": one.code, "message": one.message}
                    for one in warnings
                ],
            }
        )
    else:
        console.print(f"{done}：编号 {escape(entered.number)}，记录标识 {entered.record}")
        for one in warnings:
            console.print(f"  [yellow]请留意[/]：{escape(one.message)}", soft_wrap=True)
        console.print("  执行 xinqiao sync 即报送各平台。")
    if warnings:
        context.exit(NEEDS_A_PERSON)
