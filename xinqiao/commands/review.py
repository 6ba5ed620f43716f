"""``xinqiao review``: a second person approves what is sent, or returns it (报送前审核)."""

from typing import TYPE_CHECKING

import click

from xinqiao.commands.chinese import ChineseGroup
from xinqiao.commands.kind_name import KIND
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    json_option,
    open_hub,
    print_json,
    reason_for,
)
from xinqiao.commands.review_acting import (
    Selection,
    approve_several,
    department_of,
    send_back_several,
)
from xinqiao.commands.review_shown import show_lines, show_sheet

if TYPE_CHECKING:
    from xinqiao.hub import Hub

_MOST = click.IntRange(min=1)


@click.group(cls=ChineseGroup)
def review() -> None:
    """报送前审核：导入人以外的人批准或退回；每项都写入审计日志。哪些类型要审核在 [review] 里设。"""


@review.command("list")
@click.option("--kind", type=KIND, metavar="类型", help="只列这类记录，如 permit、penalty。")
@click.option("--department", metavar="科室", help="只列这个科室的；没有科室的写“未分科室”。")
@click.option("--platform", metavar="平台", help="只列要报往这个平台的。")
@click.option("--all-of-file", "run", type=_MOST, metavar="批次", help="只列这个导入批次的。")
@click.option("--due-soon", is_flag=True, help="只列快到期和已逾期的。")
@click.option("--returned", is_flag=True, help="改列已退回、等科室改正的。")
@click.option(
    "--limit", type=_MOST, metavar="条数", default=50, show_default=True, help="最多显示多少条。"
)
@json_option
@click.pass_context
def list_(
    context: click.Context,
    kind: str | None,
    department: str | None,
    platform: str | None,
    run: int | None,
    limit: int,
    *,
    due_soon: bool,
    returned: bool,
    as_json: bool,
) -> None:
    """列出等待审核的，最急的在前：截止日、剩余工作日、导入人、比上一版改了什么。"""
    from xinqiao.queue.to_review import Wanted

    hub = open_hub(context)
    if platform is not None:
        hub.named(platform)
    wanted = Wanted(kind, department_of(department), platform, run, returned=returned)
    reviews = hub.reviews()
    found = reviews.waiting(wanted)
    urgent = [one for one in found if one.urgent]
    if due_soon:
        found = urgent
    shown = reviews.lines(found[:limit])
    if as_json:
        print_json([one.plain() for one in shown])
    elif shown:
        show_lines(shown, len(found), returned=returned)
    else:
        _tell_nothing(hub, wanted != Wanted(returned=returned) or due_soon, returned=returned)
    if urgent and not returned:
        context.exit(NEEDS_A_PERSON)


def _tell_nothing(hub: "Hub", narrowed: bool, *, returned: bool) -> None:
    what = "没有退回待改的记录" if returned else "没有等待审核的记录"
    if narrowed:
        console.print(f"{what}符合这些条件；去掉条件可列出全部。")
    elif hub.reviews().any_required:
        console.print(f"{what}。")
    else:
        console.print(
            f"{what}：没有设报送前审核。要审核的类型在 xinqiao.toml 的 [review] 里写，如 permit = "
            '"required"，再执行 xinqiao routes apply。',
            markup=False,
            soft_wrap=True,
        )


@review.command("show")
@click.argument("record", metavar="记录标识或文书号")
@json_option
@click.pass_context
def show(context: click.Context, record: str, *, as_json: bool) -> None:
    """看一条记录要报送的全部内容（证件号码隐去）、比上一版改了什么、截止日和历次审核。"""
    hub = open_hub(context)
    sheet = hub.reviews().sheet(hub.find_record(record).id)
    if as_json:
        print_json(sheet.plain())
    else:
        show_sheet(sheet)


@review.command("approve")
@click.argument("records", nargs=-1, metavar="[记录标识或文书号]...")
@click.option("--all-of-file", "run", type=_MOST, metavar="批次", help="这个导入批次里待审核的。")
@click.option("--kind", type=KIND, metavar="类型", help="这类记录里待审核的，可与其他条件同用。")
@click.option("--department", metavar="科室", help="这个科室待审核的，可与其他条件同用。")
@reason_for("审核意见，可以不写；写入审计日志。", required=False)
@click.option("--yes", is_flag=True, help="不再询问；没有终端时按条件批准须加。")
@json_option
@click.pass_context
def approve(
    context: click.Context,
    records: tuple[str, ...],
    run: int | None,
    kind: str | None,
    department: str | None,
    reason: str | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """批准报送：只批准看到的这一版，以后的新版另行审核；导入人本人不能批准。"""
    selection = Selection(records, run, kind, department)
    approve_several(context, selection, reason or "", yes=yes, as_json=as_json)


@review.command("return")
@click.argument("records", nargs=-1, required=True, metavar="记录标识或文书号...")
@reason_for("为什么退回，写给科室看；写入审计日志。")
@json_option
@click.pass_context
def return_(
    context: click.Context, records: tuple[str, ...], reason: str, *, as_json: bool
) -> None:
    """退回科室：列入待更正表，等改正后重新导入；也可以再批准。还没有送出的批准也可以退回。"""
    send_back_several(context, records, reason, as_json=as_json)
