"""What commands share: opening the workspace's hub, printing tables and JSON."""

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from xinqiao.clock import SHANGHAI, local_date
from xinqiao.commands.layout import Layout, lay_out

if TYPE_CHECKING:
    from xinqiao.hub import Hub
    from xinqiao.mapping.registry import Formats

Command = TypeVar("Command", bound=Callable[..., Any])

NEEDS_A_PERSON = 3
"""Exit code: done, and something needs a person."""

DAY = click.DateTime(["%Y-%m-%d", "%Y/%m/%d"])
"""A date as operators write it."""

MOMENT = click.DateTime(["%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M"])
"""A time of day as operators write it, meant in Asia/Shanghai."""

json_option = click.option("--json", "as_json", is_flag=True, help="输出 JSON，供程序读取。")


def _some_words(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """Return what is written without blanks around it; blanks alone are no reason.

    Raises:
        BadParameter: There is nothing else.
    """
    if text is not None and not text.strip():
        raise click.BadParameter("不能是空白，请写明为什么", param=_option)
    return text if text is None else text.strip()


def reason_for(
    why: str = "为什么这样做；写入审计日志。", *, required: bool = True
) -> Callable[[Command], Command]:
    """Return the option ``--reason``; it is handed on as text, or None where it is left out."""
    return click.option(
        "--reason", required=required, metavar="文字", help=why, callback=_some_words
    )


reason_option = reason_for()


def _day(_context: click.Context, _option: click.Parameter, read: datetime | None) -> date | None:
    return None if read is None else read.date()


reported_on_option = click.option(
    "--reported-on",
    type=DAY,
    callback=_day,
    metavar="日期",
    help="证据所示的平台入库日期，按它计算是否及时；不写的，平台说过时间按平台的，没说过按登记时间。",
)
"""Hands on the day on which a platform took something in, or None where it is left out."""


_NOTHING = "—"

console = Console(highlight=False, soft_wrap=False)
errors = Console(stderr=True, highlight=False)


def open_hub(context: click.Context) -> "Hub":
    """Open the workspace that the command line names."""
    from xinqiao.config.workspace import open_workspace
    from xinqiao.hub import Hub

    return Hub(open_workspace(context.find_root().obj))


def tables_folder(context: click.Context) -> Path | None:
    """Return where the workspace that the command line names has its tables; None without one."""
    from xinqiao.config.workspace import SETTINGS_FILE, open_workspace

    root = context.find_root().obj
    return open_workspace(root).tables if (root / SETTINGS_FILE).is_file() else None


def formats_in_use(context: click.Context) -> "Formats":
    """Return the format tables of the workspace that the command line names; else the shipped."""
    from xinqiao.mapping.registry import Formats

    folder = tables_folder(context)
    return Formats() if folder is None else Formats((folder,))


def print_json(value: Any) -> None:
    """Print ``value`` as JSON with Chinese as it is."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def plain(value: Any) -> Any:
    """Return ``value`` as JSON can hold it: dates as text, models and tuples taken apart."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True)
    return value


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = ""
) -> None:
    """Print a table, or each row as a block where the terminal is too narrow for it.

    A cell of None is shown as a dash. Cells are shown as they are: what a platform or a file says
    may look like markup.
    """
    shown = lay_out(columns, [[_cell(cell) for cell in row] for row in rows], console.width)
    if not shown.widths:
        _print_blocks(shown, title)
        return
    if shown.constants:
        _print_line(Text("；").join(_said(*one) for one in shown.constants), "各行相同：")
    table = Table(
        title=title or None,
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column, width in zip(shown.columns, shown.widths, strict=True):
        # nothing is cut off: a document number without its end is no document number
        table.add_column(column, width=width, overflow="fold")
    for row in shown.rows:
        table.add_row(*row)
    console.print(table)


def _print_blocks(shown: Layout, title: str) -> None:
    if title:
        _print_line(Text(title))
    if shown.constants:
        _print_line(Text("；").join(_said(*one) for one in shown.constants), "各行相同：")
    for first, *others in shown.rows:
        _print_line(first)
        for column, cell in zip(shown.columns[1:], others, strict=True):
            if cell.plain != _NOTHING:
                _print_line(_said(column, cell), "  ")


def _said(column: str, cell: Text) -> Text:
    # a cell without anything in it would read like a word that is missing
    return Text.assemble(f"{column} ", cell if cell.plain.strip() else _NOTHING)


def _print_line(text: Text, before: str = "") -> None:
    console.print(Text.assemble(before, text), soft_wrap=True)


def _cell(value: object) -> Text:
    if isinstance(value, Text):
        return value
    return Text(_NOTHING if value is None else str(value))


def program() -> str:
    """Return how this program was started, so that a command shown can be typed as it stands."""
    started = Path(sys.argv[0])
    if started.name != "xinqiao":
        return "python -m xinqiao"
    found = shutil.which("xinqiao")
    on_path = found is not None and Path(found).resolve() == started.resolve()
    return "xinqiao" if on_path else sys.argv[0]


def local_time(text: str | None) -> str:
    """Return an ISO instant as an operator reads it: local date and time, to the minute."""
    if text is None:
        return "—"
    return datetime.fromisoformat(text).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def due_day(text: str) -> str:
    """Return the last day that is still in time for a due instant (the midnight after it)."""
    return local_date(datetime.fromisoformat(text) - timedelta(seconds=1)).isoformat()
