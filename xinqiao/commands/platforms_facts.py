"""What ``xinqiao platforms`` tells of a profile and of checking a platform, for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.text import Text

from xinqiao.commands.output import console, print_table
from xinqiao.commands.words import (
    CORRECTIONS,
    COUNTS_FROM,
    RECEIPTS,
    STEPS,
    TRANSPORTS,
    WITHDRAWALS,
)

if TYPE_CHECKING:
    from xinqiao.adapters.profile import Profile
    from xinqiao.examination import Examination

STATUS = {"reference": "参考（未经平台方确认）", "confirmed": "已按平台方文件核对"}


def facts(profile: "Profile") -> Iterator[tuple[str, str]]:
    """Yield (what, how) of a profile, each in a line for people."""
    receipts, pace, limits = profile.receipts, profile.pace, profile.limits
    yield "传输", TRANSPORTS[profile.transport.type]
    steps = [STEPS.get(step.type, step.type) for step in profile.authentication]
    yield "认证", " → ".join(steps) or "不需要"
    yield "回执", RECEIPTS[receipts.mode.value]
    yield "报送时间", COUNTS_FROM[receipts.counts_from.value]
    within = _span(receipts.expected_within_seconds)
    yield "回执期限", f"{within}内没有回执的转为挂起，由人核实"
    for kind in profile.words.kinds:
        yield f"{kind} 的变更", CORRECTIONS[profile.corrections.get(kind, "update")]
        yield f"{kind} 的撤回", WITHDRAWALS[profile.withdraw.get(kind, "by_hand")]
    yield "每批上限", f"{limits.rows_per_batch} 行，{limits.bytes_per_batch:,} 字节"
    per = {
        "秒": pace.calls_per_second,
        "分钟": pace.calls_per_minute,
        "小时": pace.calls_per_hour,
    }
    rates = [f"每{unit} {calls} 次" for unit, calls in per.items() if calls is not None]
    yield "调用", "，".join([f"同时 {pace.parallel_calls} 个", *rates])
    days = "工作日 " if pace.working_days_only else ""
    yield "时段", f"{days}{'、'.join(pace.hours) or '不限'}"


def _span(seconds: float) -> str:
    for unit, size in (("天", 86_400), ("小时", 3600), ("分钟", 60)):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} 秒"


def show_examination(found: "Examination") -> None:
    """Print what examining a platform came to."""
    print_table(
        ["检查", "结果", "说明"],
        [
            (one.name, "通过" if one.ok else Text("未通过", "red"), one.remark)
            for one in found.checks
        ],
    )
    for one in found.kinds:
        if one.edition:
            console.print(
                f"{one.kind}：格式表 {one.edition} 版，{one.columns} 栏，"
                f"其中 {one.unconfirmed} 栏未经平台方文件确认",
                soft_wrap=True,
            )
        for missing in one.missing:
            console.print(f"  [red]{one.kind} 缺少{escape(missing)}[/]", soft_wrap=True)
    if not found.kinds:
        console.print("去向表中没有要报送这个平台的记录。")
    if found.reference:
        console.print("[yellow]档案仍是参考[/]，未经平台方确认；各部分的依据：")
        for source in found.sources:
            console.print(f"  {source.part or '整个档案'}：{escape(source.text)}", soft_wrap=True)
    if found.signing:
        console.print("签名示例（密钥和令牌不显示，没有发送）：")
        for step, text in found.signing:
            console.print(f"  {escape(step)}：{escape(text)}", soft_wrap=True)


def plain_examination(found: "Examination") -> dict[str, Any]:
    """Return what examining a platform came to, as ``--json`` shows it."""
    return {
        "ok": found.ok,
        "checks": [{"check": one.name, "ok": one.ok, "remark": one.remark} for one in found.checks],
        "clock_offset": found.clock_offset,
        "reference": found.reference,
        "sources": [{"part": one.part, "source": one.text} for one in found.sources],
        "kinds": [
            {
                "kind": one.kind,
                "edition": one.edition,
                "columns": one.columns,
                "unconfirmed_columns": one.unconfirmed,
                "missing": list(one.missing),
            }
            for one in found.kinds
        ],
        "signing": [{"step": step, "text": text} for step, text in found.signing],
    }
