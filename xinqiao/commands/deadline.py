"""``xinqiao deadline``: explains a due date."""

from datetime import date
from typing import TYPE_CHECKING

import click

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import console, json_option, open_hub, print_json, print_table

if TYPE_CHECKING:
    from xinqiao.routing.calendar import WorkingCalendar
    from xinqiao.routing.deadlines import Deadline


@click.command(cls=ChineseCommand)
@click.argument("day", metavar="日期")
@click.option("--rule", default="D1", show_default=True, metavar="规则", help="时限规则编号。")
@click.option(
    "--counting",
    type=click.Choice(["exclusive", "inclusive"]),
    help="决定当日不计入（exclusive）或计入（inclusive）；默认按工作区设置。",
)
@json_option
@click.pass_context
def deadline(
    context: click.Context, day: str, rule: str, counting: str | None, *, as_json: bool
) -> None:
    """从决定日期算出报送截止日，并逐日说明怎样数。"""
    from xinqiao.routing.deadlines import Counting, due

    configured, calendar = _configured(context)
    found = due(rule, _read_date(day), Counting(counting or configured), calendar)
    if as_json:
        print_json(
            {
                "decided_on": found.decided_on.isoformat(),
                "due": found.due_on.isoformat(),
                "rule": found.rule,
                "counting": found.counting.value,
                "provisional": found.provisional,
                "legal": found.legal,
                "basis": found.basis,
                "calendar": found.calendar,
            }
        )
        return
    _show(found)


def _read_date(text: str) -> date:
    from xinqiao.intake.dates import UnreadableDateError, read_date

    try:
        return read_date(text)
    except UnreadableDateError as error:
        raise click.BadParameter(
            f"“{text}”不是日期；写法如 2026-11-20、2026/11/20 或 2026年11月20日",
            param_hint="日期",
        ) from error


def _configured(context: click.Context) -> "tuple[str, WorkingCalendar]":
    """Return the workspace's counting and calendar; useful without a workspace too."""
    from xinqiao.config.settings import Settings
    from xinqiao.config.workspace import SETTINGS_FILE
    from xinqiao.routing.calendar import WorkingCalendar

    root = context.find_root().obj
    if (root / SETTINGS_FILE).is_file():
        hub = open_hub(context)
        return hub.settings.deadlines.counting, hub.calendar
    return Settings().deadlines.counting, WorkingCalendar()


def _show(found: "Deadline") -> None:
    name = "法定截止日" if found.legal else "内部时限"
    console.print(
        f"决定日期 {found.decided_on}，规则 {found.rule}：{name} [bold]{found.due_on}[/]"
        + ("（暂定：所需年份的放假通知尚未收录）" if found.provisional else "")
    )
    console.print(f"依据：{found.basis}", soft_wrap=True)
    print_table(
        ["日期", "", "第几个工作日"],
        [
            (one.day, one.status.reason, one.number if one.number is not None else "—")
            for one in found.days
        ],
    )
    console.print(f"工作日历：{found.calendar}")
