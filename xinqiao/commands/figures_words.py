"""What ``figures`` says in Chinese: headings, values, notes on method (方法说明)."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from xinqiao.reconcile.figures.amounts import SOURCE
from xinqiao.records.kinds import KINDS

if TYPE_CHECKING:
    from xinqiao.hub import Hub
    from xinqiao.reconcile.figures.limits import Reckoning

HEADINGS = {"platform": "平台", "kind": "记录类型", "department": "科室", "month": "月份"}

CONFIDENCE = {
    "web": "参考口径，见于网页",
    "code": "参考口径，见于公开的平台程序",
    "proposal": "参考口径，本系统建议",
}

STATES = {
    "on_time": "按时",
    "late": "迟报",
    "overdue": "逾期未报",
    "open": "未到期",
    "provisional": "暂定",
    "stored": "首次即收录",
    "stored_after_correction": "更正后收录",
    "refused": "退回未更正",
    "undecided": "没有定论",
}
"""How a record behind a number stands."""

_NOTHING = "—"


def value_words(hub: "Hub", dimension: str, value: str | None) -> str:
    """Return the value of a dimension as operators read it."""
    if value is None:
        return _NOTHING
    if dimension == "platform":
        return "案件系统（没有导入）" if value == SOURCE else hub.title(value)
    if dimension == "kind":
        return KINDS[value].name if value in KINDS else value
    return value or "（未填科室）"


def reckoning_words(reckoning: "Reckoning") -> str:
    """Return the name of a way of counting."""
    return reckoning.name


def percent(rate: float | None) -> str:
    """Return a rate with two decimals, never rounded up to 100% nor down to nought."""
    if rate is None:
        return _NOTHING
    shown = f"{rate:.2%}"
    if shown == "100.00%" and rate < 1:
        return "99.99%"
    return "0.01%" if shown == "0.00%" and rate > 0 else shown


def notes(report_from: date | None, platforms: Mapping[str, date]) -> list[str]:
    """Return how figures are counted, one sentence each."""
    found = [
        "方法：月份和起止日期按作出决定的日期；更正、撤回按变更、撤销的日期，导入文件按导入的日期。",
        "有关时限的指标、漏报率只计有法定时限的首次报送；内部时限、更正、撤回、不再需要报送的不计入。",
        "“当日不计入”“当日计入”指决定当日算不算第1日，文件没有写明，两种口径并列。",
        "期限按现行工作日历重新计算，到末日24时（北京时间）为止。",
        "跨入尚未公布放假安排的年份的列为暂定，不在分子、分母里。",
        "分母为零的比率写作“—”；各公式都是参考口径，以省里的考核文件为准。",
    ]
    if report_from is not None or platforms:
        days = [f"{report_from}"] if report_from is not None else []
        days += [f"{name} {day}" for name, day in sorted(platforms.items())]
        found.append(f"启用日期（{'，'.join(days)}）以前的决定不计入；接管的存量不计入。")
    return found
