"""``xinqiao deadline``: explains a due date."""

from datetime import date
from typing import TYPE_CHECKING

import click

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import console, json_option, open_hub, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Collection

    from xinqiao.config.settings import DeadlinesSection
    from xinqiao.routing.calendar import WorkingCalendar
    from xinqiao.routing.deadlines import CountedDay, Deadline


@click.command(cls=ChineseCommand)
@click.argument("day", metavar="日期")
@click.option("--rule", default="D1", show_default=True, metavar="规则", help="时限规则编号。")
@click.option(
    "--counting",
    type=click.Choice(["exclusive", "inclusive"]),
    help="决定当日不计入（exclusive）或计入（inclusive）；默认按工作区设置。",
)
@click.option("--platform", metavar="平台", help="计入这个平台已登记的停机；需要工作区。")
@json_option
@click.pass_context
def deadline(
    context: click.Context,
    day: str,
    rule: str,
    counting: str | None,
    platform: str | None,
    *,
    as_json: bool,
) -> None:
    """从决定日期算出报送截止日，并逐日说明怎样数。"""
    from xinqiao.routing.deadlines import Counting, due
    from xinqiao.routing.thresholds import report_by

    deadlines, calendar = _configured(context)
    lost = _lost(context, platform, rule, calendar)
    found = due(rule, _read_date(day), Counting(counting or deadlines.counting), calendar, lost)
    slack = deadlines.slack_working_days
    earlier = report_by(found.due_on, slack, calendar)
    if as_json:
        print_json(
            {
                "decided_on": found.decided_on.isoformat(),
                "due": found.due_on.isoformat(),
                "without_outages": (found.counted_on or found.due_on).isoformat(),
                "report_by": earlier.isoformat(),
                "slack_working_days": slack,
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
    if platform is not None:
        _show_outages(found, platform)
    if slack:
        console.print(
            f"内部提前量 {slack} 个工作日：宜最迟在 {earlier} 报出；过了不算逾期，不进统计。",
            soft_wrap=True,
        )


def _lost(
    context: click.Context, platform: str | None, rule: str, calendar: "WorkingCalendar"
) -> "Collection[date]":
    """Return the days that the recorded outages of a platform take."""
    if platform is None:
        return frozenset()
    from xinqiao.queue.downtime import read_downtime

    hub = open_hub(context)
    (name,) = hub.named(platform)
    with hub.database.reading() as connection:
        return read_downtime(connection, calendar).lost(name, rule)


def _show_outages(found: "Deadline", platform: str) -> None:
    from xinqiao.routing.outages import outage_rules

    if found.counted_on is not None:
        console.print(f"平台 {platform} 停机顺延：不计停机为 {found.counted_on}", soft_wrap=True)
    elif not outage_rules().extends(found.rule):
        console.print(f"规则 {found.rule} 不因平台停机顺延。")
    else:
        console.print(f"平台 {platform} 没有影响这个期限的停机登记。")


def _read_date(text: str) -> date:
    from xinqiao.intake.dates import UnreadableDateError, read_date

    try:
        return read_date(text)
    except UnreadableDateError as error:
        raise click.BadParameter(
            f"“{text}”不是日期；写法如 2026-11-20、2026/11/20 或 2026年11月20日",
            param_hint="日期",
        ) from error


def _configured(context: click.Context) -> "tuple[DeadlinesSection, WorkingCalendar]":
    """Return the workspace's settings and calendar; useful without a workspace too."""
    from xinqiao.config.settings import Settings
    from xinqiao.config.workspace import SETTINGS_FILE
    from xinqiao.routing.calendar import WorkingCalendar

    root = context.find_root().obj
    if (root / SETTINGS_FILE).is_file():
        hub = open_hub(context)
        return hub.settings.deadlines, hub.calendar
    return Settings().deadlines, WorkingCalendar()


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
            (one.day, _kind_of_day(one), one.number if one.number is not None else "—")
            for one in found.days
        ],
    )
    console.print(f"工作日历：{found.calendar}")


def _kind_of_day(one: "CountedDay") -> str:
    return f"{one.status.reason}（平台停机，不计）" if one.lost else one.status.reason
