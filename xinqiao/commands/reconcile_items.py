"""``xinqiao reconcile items``: in what two sides differ, and what is done about it (对账差异)."""

import click

from xinqiao.commands.chinese import ChineseGroup


@click.group(cls=ChineseGroup)
def items() -> None:
    """对账差异：逐条列出、说明和处置。"""
