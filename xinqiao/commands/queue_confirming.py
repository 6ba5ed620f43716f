"""``xinqiao queue confirm-delivery``: what the platform answered, where a person was told it."""

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import (
    console,
    due_day,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
    reason_for,
    reported_on_option,
)
from xinqiao.commands.words import OPERATIONS

if TYPE_CHECKING:
    from xinqiao.confirmation import Handed
    from xinqiao.hub import Hub
    from xinqiao.queue.confirming import Confirmed

_REASON = "登记平台答复"
_SPAN = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")
_file = click.Path(path_type=Path)


def _rows(_context: click.Context, option: click.Parameter, text: str | None) -> frozenset[int]:
    """Return the row numbers of ``3,5-7``.

    Raises:
        BadParameter: It is written in another way.
    """
    rows: set[int] = set()
    for part in re.split(r"[,，、\s]+", (text or "").strip()) if text is not None else ():
        span = _SPAN.fullmatch(part)
        if span is None or int(span[1]) > int(span[2] or span[1]):
            raise click.BadParameter("应写行号，如 3,5 或 3-7", param=option)
        rows.update(range(int(span[1]), int(span[2] or span[1]) + 1))
    return frozenset(rows)


def _words(_context: click.Context, option: click.Parameter, text: str | None) -> str | None:
    if text is not None and not text.strip():
        raise click.BadParameter("不能是空白", param=option)
    return text if text is None else text.strip()


@click.command("confirm-delivery", cls=ChineseCommand)
@click.argument("batch", required=False, metavar="[批次]")
@click.option("--accepted", is_flag=True, help="平台已入库；不写 --rows 即全部行。")
@click.option(
    "--rejected",
    metavar="原因",
    callback=_words,
    help="平台退回，写平台的原话；不写 --rows 即全部行。与 --accepted 同写：这些行退回，其余入库。",
)
@click.option(
    "--whole-file",
    is_flag=True,
    help="整个文件被退回，一行也没有入库：--rows 是出错的行，其余的重新报送；没有指明的分批再报。",
)
@click.option("--rows", metavar="行号", callback=_rows, help="只说这些行，如 3,5 或 3-7。")
@click.option("--result-file", metavar="文件", type=_file, help="平台的结果文件，逐行登记。")
@click.option("--receipt-number", metavar="受理号", callback=_words, help="平台给出的受理号。")
@click.option(
    "--evidence",
    metavar="文件",
    type=_file,
    help="证据文件（截图、平台回复）；只登记名称和校验值。结果文件本身就是证据。",
)
@reported_on_option
@reason_for("补充说明；写入审计日志。", required=False)
@click.option("--dry-run", is_flag=True, help="只看会怎样，不登记。")
@json_option
@click.pass_context
def confirm_delivery(
    context: click.Context, /, batch: str | None, *, dry_run: bool, as_json: bool, **options: Any
) -> None:
    """登记平台对一批报送的答复；不写批次时列出等待登记的。

    用于人工上传的、没有回执的，以及不知平台是否收到、由人问清的报送。
    批次写批次号（可只写开头）或受理号。
    """
    hub = open_hub(context)
    if batch is None:
        if any(value for value in options.values()):
            raise click.UsageError("缺少批次；不带选项执行可列出等待登记的批次", ctx=context)
        _list(hub, as_json=as_json)
        return
    from xinqiao.confirmation import record_answer

    confirmed = record_answer(hub, batch, _handed(context, **options), dry_run=dry_run)
    if as_json:
        print_json(_plain(confirmed, dry_run=dry_run))
    else:
        _tell(confirmed, dry_run=dry_run)
        tell_superseded(hub)


def _handed(
    context: click.Context,
    *,
    accepted: bool,
    rejected: str | None,
    whole_file: bool,
    rows: frozenset[int],
    result_file: Path | None,
    receipt_number: str | None,
    evidence: Path | None,
    reported_on: date | None,
    reason: str | None,
) -> "Handed":
    """Return what is handed in.

    Raises:
        UsageError: The options do not say one thing.
    """
    from xinqiao.confirmation import Handed
    from xinqiao.queue.confirming import Said

    spoken = accepted or rejected is not None
    problems = {
        "--result-file 与 --accepted、--rejected、--rows 只写一样": result_file is not None
        and (spoken or bool(rows)),
        "--whole-file 须与 --rejected 同写，不与 --accepted 同写": whole_file
        and (accepted or rejected is None),
        "--rows 须与 --accepted 或 --rejected 同写": bool(rows) and not spoken,
        "--accepted 与 --rejected 同写时，须用 --rows 写明哪些行被退回": accepted
        and rejected is not None
        and not rows,
        "请写平台的答复：--accepted、--rejected、--result-file 或 --receipt-number": not spoken
        and result_file is None
        and receipt_number is None,
        "--reported-on 说的是入库日期，须与 --accepted 或 --result-file 同写": reported_on
        is not None
        and not accepted
        and result_file is None,
        "缺少 --evidence：请附上截图或平台的回复": spoken and evidence is None,
    }
    for words, wrong in problems.items():
        if wrong:
            raise click.UsageError(words, ctx=context)
    said = Said(accepted, rejected, rows, whole_file) if spoken else None
    number = receipt_number or ""
    return Handed(said, result_file, number, evidence, reason or _REASON, reported_on)


def _list(hub: "Hub", *, as_json: bool) -> None:
    from xinqiao.confirmation import awaited

    waiting = awaited(hub)
    if not as_json:
        for name in hub.connections.broken:
            console.print(
                f"[yellow]平台 {escape(name)} 的文件有误[/]，等它回执的批次没有列入；"
                "更正文件后再看（xinqiao platforms list）",
                soft_wrap=True,
            )
    if as_json:
        print_json(
            [
                {
                    "batch": one.delivery.number,
                    "platform": one.delivery.platform,
                    "kind": one.delivery.kind,
                    "operation": one.delivery.operation,
                    "rows": one.delivery.rows,
                    "waiting": one.waiting,
                    "held": one.held,
                    "receipt_number": one.delivery.serial,
                    "sent_at": one.delivery.sent_at.isoformat() if one.delivery.sent_at else None,
                    "due_at": one.due_at.isoformat(),
                    "package": package,
                }
                for one, package in waiting
            ]
        )
        return
    if not waiting:
        console.print("没有等待登记答复的批次。")
        return
    print_table(
        ["批次", "平台", "类型", "操作", "等待", "送出", "最早截止"],
        [
            (
                one.delivery.number,
                one.delivery.platform,
                one.delivery.kind,
                OPERATIONS[one.delivery.operation],
                f"{one.waiting}/{one.delivery.rows} 行",
                local_time(one.delivery.sent_at.isoformat() if one.delivery.sent_at else None),
                due_day(one.due_at.isoformat()),
            )
            for one, _ in waiting
        ],
    )
    for one, package in waiting:
        if package:
            console.print(f"{one.delivery.number} 的文件在 {escape(package)}", soft_wrap=True)
    console.print(
        "登记：xinqiao queue confirm-delivery 批次 --accepted --evidence 文件；"
        "退回的写 --rejected 原因，整个文件被退回的加 --whole-file，"
        "有结果文件的写 --result-file 文件。",
        soft_wrap=True,
    )


def tell_superseded(hub: "Hub") -> None:
    """Print which packages must not be uploaded any more."""
    from xinqiao.confirmation import superseded_packages

    for package in superseded_packages(hub):
        console.print(
            f"[yellow]这个报送包已作废，请销毁，不要再上传[/]：{escape(package)}", soft_wrap=True
        )


def _plain(confirmed: "Confirmed", *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "changed": confirmed.changed,
        "reached": {state.value: count for state, count in confirmed.reached.items()},
        "kept": confirmed.kept,
        "left_alone": list(confirmed.left_alone),
        "sent_anew": list(confirmed.sent_anew),
        "unanswered": confirmed.unanswered,
        "receipt_number_noted": confirmed.serial,
    }


def _tell(confirmed: "Confirmed", *, dry_run: bool) -> None:
    from xinqiao.queue.confirming import spans
    from xinqiao.queue.states import CHINESE

    for state, count in confirmed.reached.items():
        console.print(f"{CHINESE[state]} {count} 条")
    if confirmed.serial:
        console.print("受理号是新登记的。")
    if confirmed.kept:
        console.print(f"{confirmed.kept} 条与现在的状态一致或不改变状态，只记作回执。")
    if confirmed.left_alone:
        rows = spans(confirmed.left_alone)
        console.print(f"[yellow]第 {rows} 行没有登记[/]：正在报送或已另作处理。")
    if confirmed.sent_anew:
        rows = spans(confirmed.sent_anew)
        console.print(
            f"[yellow]第 {rows} 行已不随这一批等答复[/]（已重新报送或待重新报送）："
            "答复记在这一批的回执里；平台已入库而尚未再报的转为挂起，请核实。"
        )
    if confirmed.unanswered:
        console.print(f"这一批还有 {confirmed.unanswered} 行等待答复。")
    if dry_run:
        console.print("只查看，没有登记。")
    elif confirmed.changed:
        console.print("已登记，并记入审计日志。")
    elif confirmed.left_alone:
        console.print("没有改动。")
    else:
        console.print("与先前登记的相同，没有改动。")
