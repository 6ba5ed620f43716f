"""``xinqiao outage``: proven outages of platforms, by which time limits move (平台停机)."""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from xinqiao.clock import SHANGHAI
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
)

if TYPE_CHECKING:
    from xinqiao.queue.outages import Noticed, Outage, OutageDone
    from xinqiao.queue.recalculation import MovedDuty

_LISTED = 30
_TO_THE_MINUTE = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y/%m/%d %H:%M")
_A_DAY = ("%Y-%m-%d", "%Y/%m/%d")


class _Instant(click.ParamType[datetime]):
    """A time in Asia/Shanghai, to the minute; a day alone means its beginning, or its end."""

    name = "时间"

    def __init__(self, *, ends: bool) -> None:
        self._ends = ends

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        read = _read(value, _TO_THE_MINUTE)
        if read is None:
            read = _read(value, _A_DAY)
            if read is None:
                self.fail(f"“{value}”不是时间；写法如 “2026-09-03 09:10”，或只写日期", param, ctx)
            return read + timedelta(days=1) if self._ends else read
        return read


def _read(text: str, forms: tuple[str, ...]) -> datetime | None:
    for form in forms:
        with suppress(ValueError):
            return datetime.strptime(text.strip(), form).replace(tzinfo=SHANGHAI)
    return None


@click.group(cls=ChineseGroup)
def outage() -> None:
    """登记、查看、撤销平台停机：有证据的停机，使报送期限顺延。"""


@outage.command("record")
@click.argument("platform", metavar="平台")
@click.option(
    "--from",
    "begins",
    required=True,
    type=_Instant(ends=False),
    metavar="时间",
    help="停机开始（北京时间），如 “2026-09-03 09:10”；只写日期即那天零时。",
)
@click.option(
    "--to",
    "ends",
    required=True,
    type=_Instant(ends=True),
    metavar="时间",
    help="停机结束；只写日期即那天结束。还没有结束的先登记到现在。",
)
@click.option(
    "--evidence",
    required=True,
    type=click.Path(path_type=Path),
    metavar="文件",
    help="证据文件（平台的停机公告、回函）；只登记名称和校验值，原件请自行保管。",
)
@reason_for("停机的情况，如公告文号；写入审计日志。")
@click.option("--dry-run", is_flag=True, help="只看哪些期限会变，不登记。")
@json_option
@click.pass_context
def record(
    context: click.Context,
    platform: str,
    begins: datetime,
    ends: datetime,
    evidence: Path,
    reason: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """登记一次平台停机，期限内因此不能报送的工作日不计，列出有变化的。"""
    from xinqiao.confirmation import evidence_of
    from xinqiao.routing.outages import Span

    hub = open_hub(context)
    (name,) = hub.named(platform)
    done = hub.outage_desk().record(
        name, Span(begins, ends), evidence_of(evidence), reason, dry_run=dry_run
    )
    _tell(context, done, "登记停机", dry_run=dry_run, as_json=as_json)


@outage.command("revoke")
@click.argument("number", type=int, metavar="编号")
@reason_for("为什么撤销；写入审计日志。")
@click.option("--dry-run", is_flag=True, help="只看哪些期限会变，不撤销。")
@json_option
@click.pass_context
def revoke(
    context: click.Context, number: int, reason: str, *, dry_run: bool, as_json: bool
) -> None:
    """撤销登记错的停机，期限退回没有它时的日期。"""
    done = open_hub(context).outage_desk().revoke(number, reason, dry_run=dry_run)
    _tell(context, done, "撤销停机", dry_run=dry_run, as_json=as_json)


@outage.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> None:
    """列出登记过的平台停机，和信桥记录到而没有登记的。"""
    recorded, noticed = open_hub(context).outages()
    if as_json:
        print_json(
            {
                "outages": [_plain(one) for one in recorded],
                "noticed": [
                    {
                        "platform": one.platform,
                        "begins_at": one.span.begins.isoformat(),
                        "ends_at": one.span.ends.isoformat(),
                        "lost_days": [day.isoformat() for day in one.lost],
                    }
                    for one in noticed
                ],
            }
        )
        return
    if recorded:
        print_table(
            ["编号", "平台", "开始", "结束", "不计的工作日", "证据", "理由", "登记人", "情况"],
            [
                (
                    one.id,
                    one.platform,
                    _time(one.begins_at),
                    _time(one.ends_at),
                    "、".join(map(str, one.lost)) or "没有（不足半天）",
                    one.evidence,
                    one.reason,
                    one.actor,
                    f"已撤销：{one.revoked_reason}" if one.revoked_at else "有效",
                )
                for one in recorded
            ],
        )
    else:
        console.print("没有登记过平台停机；用 xinqiao outage record 登记。")
    for found in noticed:
        console.print(f"[yellow]没有登记[/]：{_noticed(found)}", soft_wrap=True)


def _noticed(one: "Noticed") -> str:
    return (
        f"信桥记录到 {_time(one.span.begins)} 至 {_time(one.span.ends)} 平台 {one.platform} "
        "不可用；这本身不顺延期限，取得平台的停机公告后用 xinqiao outage record 登记"
    )


def _tell(
    context: click.Context, done: "OutageDone", title: str, *, dry_run: bool, as_json: bool
) -> None:
    if as_json:
        moved = [_plain_moved(one) for one in done.moved]
        print_json({**_plain(done.outage), "dry_run": dry_run, "moved": moved})
    else:
        _show(done, title, dry_run=dry_run)
    if any(one.overdue for one in done.moved):
        context.exit(NEEDS_A_PERSON)


def _show(done: "OutageDone", title: str, *, dry_run: bool) -> None:
    from xinqiao.routing.outages import outage_rules

    one = done.outage
    number = "" if dry_run else f" {one.id}"
    console.print(
        f"{title}{number}：{one.platform}，{_time(one.begins_at)} 至 {_time(one.ends_at)}",
        soft_wrap=True,
    )
    lost = "、".join(map(str, one.lost))
    console.print(
        f"因此不能报送的工作日：{lost}" if lost else "没有占去过半办公时间的工作日，期限不变。",
        soft_wrap=True,
    )
    if done.moved:
        print_table(
            ["编号", "规则", "原截止日", "现截止日", ""],
            [
                (
                    moved.document_number or moved.record_id,
                    moved.rule,
                    moved.before,
                    moved.after,
                    _remark(moved),
                )
                for moved in done.moved[:_LISTED]
            ],
            title=f"期限有变化的 {len(done.moved)} 项",
        )
        if len(done.moved) > _LISTED:
            console.print(f"…另有 {len(done.moved) - _LISTED} 项，用 --json 查看全部")
    elif lost:
        console.print("没有期限受影响。")
    if not outage_rules().confirmed:
        console.print(
            "[yellow]顺延规则是参考[/]：停机能否作为迟报的理由，须经平台主管单位书面确认；"
            "法律、法规直接规定天数的期限不顺延。",
            soft_wrap=True,
        )
    console.print("只查看，没有登记。" if dry_run else "已登记，并记入审计日志。")


def _remark(one: "MovedDuty") -> str:
    if one.overdue:
        return "逾期（迟报）"
    if one.relieved:
        return "不再算逾期（迟报）"
    return "" if one.legal else "内部时限"


def _plain(one: "Outage") -> dict[str, Any]:
    return {
        "id": one.id,
        "platform": one.platform,
        "begins_at": one.begins_at.isoformat(),
        "ends_at": one.ends_at.isoformat(),
        "lost_days": [day.isoformat() for day in one.lost],
        "reason": one.reason,
        "evidence": one.evidence,
        "sha256": one.sha256,
        "actor": one.actor,
        "recorded_at": one.recorded_at.isoformat(),
        "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
        "revoked_reason": one.revoked_reason,
    }


def _plain_moved(one: "MovedDuty") -> dict[str, Any]:
    return {
        "record": one.record_id,
        "document_number": one.document_number,
        "platform": one.platform,
        "rule": one.rule,
        "before": one.before.isoformat(),
        "after": one.after.isoformat(),
        "legal": one.legal,
        "overdue": one.overdue,
        "relieved": one.relieved,
    }


def _time(at: datetime) -> str:
    return escape(local_time(at.isoformat()))
