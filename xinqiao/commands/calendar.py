"""``xinqiao calendar``: the working days, and the notices that set them."""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
    reason_for,
    reason_option,
)

if TYPE_CHECKING:
    from xinqiao.queue.calendars import CalendarImport
    from xinqiao.queue.recalculation import MovedDuty
    from xinqiao.routing.calendar import WorkingCalendar

_LISTED = 30


@click.group(cls=ChineseGroup)
def calendar() -> None:
    """查看、导入工作日历（国务院办公厅的放假安排通知）。"""


@calendar.command("show")
@click.option("--year", type=int, metavar="年份", help="看哪一年；默认今年。")
@json_option
@click.pass_context
def show(context: click.Context, year: int | None, *, as_json: bool) -> None:
    """列出一年中与星期不同的日子，和已导入的通知。"""
    hub = open_hub(context)
    chosen = year or hub.clock.today().year
    days = _special_days(hub.calendar, chosen)
    notices = hub.notices()
    unsettled = _first_unsettled(hub.calendar, hub.clock.today())
    if as_json:
        print_json(
            {
                "year": chosen,
                "edition": hub.calendar.edition,
                "provisional_from": unsettled.isoformat(),
                "days": days,
                "notices": [
                    {
                        "number": one.notice.number,
                        "version": one.notice.version,
                        "year": one.notice.year,
                        "file": one.file_name,
                        "actor": one.actor,
                        "imported_at": one.imported_at.isoformat(),
                        "in_force": not one.replaced,
                    }
                    for one in notices
                ],
            }
        )
        return
    console.print(f"工作日历：{escape(hub.calendar.edition)}", soft_wrap=True)
    if days:
        print_table(
            ["日期", "", "依据"],
            [(one["day"], "上班" if one["working"] else "放假", one["reason"]) for one in days],
            title=f"{chosen} 年与星期不同的日子",
        )
    else:
        console.print(f"{chosen} 年的放假安排还没有收录，暂按星期推算。")
    console.print(
        f"从 {unsettled} 起没有放假通知，算到那里的截止日都是暂定的；"
        "通知公布后用 xinqiao calendar import 导入。",
        soft_wrap=True,
    )
    if notices:
        print_table(
            ["文号", "年份", "文件", "导入人", "导入时间", ""],
            [
                (
                    one.notice.number,
                    one.notice.year,
                    one.file_name,
                    one.actor,
                    local_time(one.imported_at.isoformat()),
                    "已被后一次导入取代" if one.replaced else "有效",
                )
                for one in notices
            ],
            title="已导入的通知",
        )


@calendar.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="文件")
@reason_for("为什么导入；写入审计日志。", required=False)
@click.option("--dry-run", is_flag=True, help="只看哪些期限会变，不保存。")
@json_option
@click.pass_context
def import_(
    context: click.Context, file: Path, reason: str | None, *, dry_run: bool, as_json: bool
) -> None:
    """导入一份放假通知，重算未办结的期限，列出有变化的。

    填错了就改正文件再导入：同一文号以最后一次导入的为准。
    """
    done = open_hub(context).import_calendar(file, reason or "", dry_run=dry_run)
    if as_json:
        print_json(
            {
                "number": done.notice.number,
                "year": done.notice.year,
                "new": done.new,
                "replaces": done.replaces,
                "dry_run": dry_run,
                "different": [day.isoformat() for day in done.different],
                "moved": [_plain(one) for one in done.moved],
            }
        )
    else:
        _show_import(done, dry_run=dry_run)
    if any(one.overdue for one in done.moved):
        context.exit(NEEDS_A_PERSON)


@calendar.command("recount")
@reason_option
@json_option
@click.pass_context
def recount(context: click.Context, reason: str, *, as_json: bool) -> None:
    """程序升级后按现有日历重算未办结的期限（导入通知时会自动重算）。"""
    moved = open_hub(context).recount(reason)
    if as_json:
        print_json({"moved": [_plain(one) for one in moved]})
    else:
        _show_moved(moved)
    if any(one.overdue for one in moved):
        context.exit(NEEDS_A_PERSON)


@calendar.command("template")
@click.option("--year", type=int, metavar="年份", help="哪一年的；默认明年。")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="文件",
    help="写到这个文件；默认显示出来。",
)
def template(year: int | None, output: Path | None) -> None:
    """给出放假通知的填写样式，照通知填好后导入。"""
    from xinqiao.clock import Clock
    from xinqiao.errors import SettingsError, reason_of
    from xinqiao.routing.notices import TEMPLATE

    text = TEMPLATE.format(year=year or Clock().today().year + 1)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise SettingsError(f"{output} 已经存在，没有覆盖；请换一个文件名") from None
    except OSError as error:
        raise SettingsError(f"{output} 无法写入（{reason_of(error)}），请检查文件夹") from error
    console.print(f"已写入 {escape(str(output))}；填好后执行 xinqiao calendar import")


def _special_days(calendar: "WorkingCalendar", year: int) -> list[dict[str, Any]]:
    found = []
    day = date(year, 1, 1)
    while day.year == year:
        status = calendar.status(day)
        if not status.provisional and status.reason not in ("工作日", "周末"):
            found.append(
                {"day": day.isoformat(), "working": status.working, "reason": status.reason}
            )
        day += timedelta(days=1)
    return found


def _first_unsettled(calendar: "WorkingCalendar", today: date) -> date:
    day = today
    while not calendar.status(day).provisional:
        day += timedelta(days=1)
    return day


def _plain(one: "MovedDuty") -> dict[str, Any]:
    return {
        "record": one.record_id,
        "document_number": one.document_number,
        "platform": one.platform,
        "rule": one.rule,
        "before": one.before.isoformat(),
        "after": one.after.isoformat(),
        "legal": one.legal,
        "overdue": one.overdue,
    }


def _show_import(done: "CalendarImport", *, dry_run: bool) -> None:
    if not done.new:
        console.print(f"{escape(done.notice.number)} 已经导入过，内容相同，没有变化。")
        return
    mode = "（只检查，未保存）" if dry_run else ""
    how = "，取代先前导入的同一文号" if done.replaces else ""
    off = sum(not said.working for said in done.notice.days.values())
    console.print(
        f"{escape(done.notice.number)}：{done.notice.year} 年，放假 {off} 天，"
        f"调休上班 {len(done.notice.days) - off} 天{how}{mode}",
        soft_wrap=True,
    )
    if done.different:
        days = "、".join(day.isoformat() for day in done.different[:_LISTED])
        console.print(
            f"[yellow]与原有日历不同的有 {len(done.different)} 天[/]：{days}。"
            "请对照通知原文核对；以导入的为准。",
            soft_wrap=True,
        )
    _show_moved(done.moved)


def _show_moved(moved: "list[MovedDuty]") -> None:
    if not moved:
        console.print("未办结的期限都没有变化。")
        return
    print_table(
        ["编号", "平台", "规则", "原截止日", "新截止日", ""],
        [
            (
                one.document_number or one.record_id,
                one.platform,
                one.rule,
                one.before,
                one.after,
                "已逾期" if one.overdue else "" if one.legal else "内部时限",
            )
            for one in moved[:_LISTED]
        ],
        title=f"期限有变化的 {len(moved)} 项",
    )
    if len(moved) > _LISTED:
        console.print(f"…另有 {len(moved) - _LISTED} 项，用 --json 查看全部")
