"""Numbers and filters that name submissions, the same for every command of ``xinqiao queue``."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from xinqiao.commands.kind_name import KIND
from xinqiao.commands.output import open_hub
from xinqiao.commands.words import OPERATIONS

if TYPE_CHECKING:
    from xinqiao.queue.selection import Selection

STATES = (
    "ready",
    "sending",
    "awaiting_receipt",
    "in_doubt",
    "accepted",
    "rejected",
    "conflict",
    "held",
    "cancelled",
)

_SEVERAL = ("state", "platform", "kind", "code")
_SINGLE = ("operation", "department", "record", "document", "file")

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.argument("ids", nargs=-1, type=int, metavar="[编号]..."),
    click.option(
        "--state", type=click.Choice(STATES), multiple=True, help="这个状态的；可写几次。"
    ),
    click.option("--platform", metavar="平台", multiple=True, help="报往这个平台的；可写几次。"),
    click.option(
        "--kind",
        type=KIND,
        metavar="类型",
        multiple=True,
        help="这类记录的，如 permit、penalty；可写几次。",
    ),
    click.option("--operation", type=click.Choice(list(OPERATIONS)), help="这种操作的。"),
    click.option("--department", metavar="科室", help="这个科室的记录。"),
    click.option("--record", metavar="记录标识", help="这条记录的（可只写开头）。"),
    click.option("--document", metavar="编号", help="这个文书号、承诺编码等编号的（可只写开头）。"),
    click.option(
        "--code", metavar="代码", multiple=True, help="平台最近给出这个代码的；可写几次。"
    ),
    click.option(
        "--due-before",
        type=click.DateTime(["%Y-%m-%d", "%Y/%m/%d"]),
        metavar="日期",
        help="截止日早于这一天的，如 2026-12-01。",
    ),
    click.option("--file", metavar="文件名", help="从这个文件导入的。"),
)


def selecting(command: Command) -> Callable[..., Any]:
    """Give a command numbers and filters; it is handed them as one ``selection``.

    Numbers and filters exclude each other: a number names exactly one, and whoever adds a filter
    to it may mean either that one or all. An option that may be written several times means any of
    its values.
    """

    @wraps(command)
    def with_selection(
        *args: Any, ids: tuple[int, ...], due_before: datetime | None, **options: Any
    ) -> Any:
        from xinqiao.queue.selection import Selection
        from xinqiao.queue.states import State

        filters = {name: options.pop(name) for name in _SINGLE}
        several = {name: tuple(dict.fromkeys(options.pop(name))) for name in _SEVERAL}
        selection = Selection(
            ids=ids,
            state=tuple(map(State, several["state"])),
            platform=several["platform"],
            kind=several["kind"],
            code=several["code"],
            due_before=due_before.date() if due_before is not None else None,
            **filters,
        )
        if ids and selection.filters:
            raise _wrong("编号和筛选条件不能同时写：写编号只处理这几条，写条件处理所有符合的")
        _check_known(several["platform"])
        return command(*args, selection=selection, **options)

    described: Callable[..., Any] = with_selection
    for option in reversed(_OPTIONS):
        described = option(described)
    return described


def _check_known(platforms: Sequence[str]) -> None:
    """Refuse a name that nothing has: an empty list would read as if nothing were left to do.

    Raises:
        InputError: There is no such platform in the workspace.
    """
    if platforms:
        hub = open_hub(click.get_current_context())
        for platform in platforms:
            hub.chosen(platform)


def require_some(selection: "Selection") -> None:
    """Refuse to act on everything.

    Raises:
        UsageError: There is neither a number nor a filter.
    """
    if not (selection.ids or selection.filters):
        raise _wrong("缺少 编号，或筛选条件（如 --state、--platform）")


def _wrong(message: str) -> click.UsageError:
    return click.UsageError(message, ctx=click.get_current_context())
