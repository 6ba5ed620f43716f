"""``xinqiao daemon``: work on the queue until told to stop."""

import click

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import errors


@click.command(cls=ChineseCommand)
@click.pass_context
def daemon(context: click.Context) -> None:
    """常驻运行：不断报送、核实、收取回执，直到按 Ctrl-C 或收到停止信号。可同时运行多个。"""
    from rich.markup import escape

    from xinqiao.daemon import Daemon

    Daemon(
        context.find_root().obj.absolute(),
        lambda line: errors.print(escape(line), soft_wrap=True),
    ).run()
