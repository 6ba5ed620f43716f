"""Numbers and filters that name submissions, the same for every command of ``xinqiao queue``."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

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

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.argument("ids", nargs=-1, type=int, metavar="[编号]..."),
    click.option("--state", type=click.Choice(STATES), help="这个状态的。"),
    click.option("--platform", metavar="平台", help="报往这个平台的。"),
    click.option("--kind", metavar="类型", help="这类记录的，如 permit、penalty。"),
    click.option("--operation", type=click.Choice(list(OPERATIONS)), help="这种操作的。"),
    click.option("--department", metavar="科室", help="这个科室的记录。"),
    click.option("--record", metavar="记录标识", help="这条记录的（可只写开头）。"),
    click.option("--document", metavar="文书号", help="这个文书号的（可只写开头）。"),
    click.option("--code", metavar="代码", help="平台最近给出这个代码的。"),
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
    to it may mean either that one or all.
    """

    @wraps(command)
    def with_selection(
        *args: Any, ids: tuple[int, ...], due_before: datetime | None, **options: Any
    ) -> Any:
        from xinqiao.queue.selection import Selection
        from xinqiao.queue.states import State

        state = options.pop("state")
        names = ("platform", "kind", "operation", "department", "record", "document")
        filters = {name: options.pop(name) for name in (*names, "code", "file")}
        selection = Selection(
            ids=ids,
            state=State(state) if state is not None else None,
            due_before=due_before.date() if due_before is not None else None,
            **filters,
        )
        if ids and selection.filters:
            raise _wrong("编号和筛选条件不能同时写：写编号只处理这几条，写条件处理所有符合的")
        return command(*args, selection=selection, **options)

    described: Callable[..., Any] = with_selection
    for option in reversed(_OPTIONS):
        described = option(described)
    return described


def require_some(selection: "Selection") -> None:
    """Refuse to act on everything.

    Raises:
        UsageError: There is neither a number nor a filter.
    """
    if not (selection.ids or selection.filters):
        raise _wrong("缺少 编号，或筛选条件（如 --state、--platform）")


def _wrong(message: str) -> click.UsageError:
    return click.UsageError(message, ctx=click.get_current_context())
