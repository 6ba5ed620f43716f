"""The story of one submission as a person reads it: head, events in time, and what comes next."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.markup import escape

from xinqiao.commands.output import console, local_time, print_table
from xinqiao.commands.words import (
    OPERATIONS,
    OUTCOMES,
    PURPOSES,
    REPORTED_BY,
    action_words,
    result_words,
    worker_words,
)

_FIRST = 12
_LAST = 28


def show_story(told: Mapping[str, Any], what_next: str) -> None:
    """Print the story; ``what_next`` says where it stands and what follows."""
    from xinqiao.queue.chronicle import folded

    _show_head(told)
    events = list(folded(told["events"]))
    rows = [(local_time(one["at"]), _WORDS[one["event"]](one)) for one in events]
    left_out = len(rows) - _FIRST - _LAST
    if left_out > 1:
        gap = ("…", f"（中间略去 {left_out} 项，用 --json 查看全部）")
        rows = [*rows[:_FIRST], gap, *rows[-_LAST:]]
    print_table(["时间", "经过"], rows)
    console.print(what_next, markup=False, soft_wrap=True)


def _show_head(told: Mapping[str, Any]) -> None:
    from xinqiao.feedback.actors import ACTORS, Actor
    from xinqiao.queue.states import CHINESE, State
    from xinqiao.records.kinds import kind_of

    number = told["document_number"] or "（没有编号）"
    console.print(
        f"[bold]报送件 {told['id']}[/]　{OPERATIONS[told['operation']]} → {told['platform']}　"
        f"[bold]{CHINESE[State(told['state'])]}[/]",
        soft_wrap=True,
    )
    console.print(
        f"{kind_of(told['kind']).name}　{escape(number)}　{escape(told['department'])}\n"
        f"记录 {told['record']}，本件报送第 {told['version']} 版",
        soft_wrap=True,
    )
    reference = f"，平台编号 {told['reference']}" if told["reference"] else ""
    console.print(
        f"平台{_version('应有', '不应有', told['wanted_version'])}，"
        f"{_version('现有', '现在没有', told['held_version'])}{escape(reference)}",
        soft_wrap=True,
    )
    if told["objections"]:
        console.print(
            f"[yellow]有异议在办理[/]：{escape('、'.join(told['objections']))}", soft_wrap=True
        )
    if told["message"] or told["code"]:
        said = escape(f"{told['code']} {told['message']}".strip())
        console.print(f"最近的说法：{said}", soft_wrap=True)
    if told["instruction"]:
        text = f"怎么办（{ACTORS[Actor(told['acts'])]}）：{told['instruction']}"
        console.print(text, markup=False, soft_wrap=True)


def _version(some: str, none: str, number: int | None) -> str:
    return none if number is None else f"{some}第 {number} 版"


def _tell_version(one: Mapping[str, Any]) -> str:
    valid = "有效" if one["valid"] else "有错，不能报送"
    carried = "；本件报送的就是这一版" if one["carried"] else ""
    return (
        f"{one['actor']} 导入第 {one['version']} 版：{one['file']} 第 {one['row']} 行，"
        f"{valid}，疑点 {one['findings']} 条{carried}"
    )


def _tell_withdrawal(one: Mapping[str, Any]) -> str:
    return f"{one['actor']} 登记撤回（{one['decided_on']}，{one['document']}）：{one['reason']}"


def _tell_take_down(one: Mapping[str, Any]) -> str:
    from xinqiao.queue.publishing import CHINESE, Why

    document = f"（{one['document']}）" if one["document"] else ""
    return f"{one['actor']} 登记下架，{CHINESE[Why(one['why'])]}{document}：{one['reason']}"


def _tell_review(one: Mapping[str, Any]) -> str:
    verdict = "批准" if one["approved"] else "退回"
    reason = f"：{one['reason']}" if one["reason"] else ""
    return f"{one['actor']} 审核{verdict}第 {one['version']} 版{reason}"


def _tell_duty(one: Mapping[str, Any]) -> str:
    limit = "法定期限" if one["legal"] else "内部时限"
    mark = "（暂定）" if one["provisional"] else ""
    moved = f"（不计平台停机为 {one['counted_on']}）" if one["counted_on"] else ""
    return (
        f"报送义务 {one['rule']} 产生，{limit} {one['due_on']}{moved}{mark}。依据：{one['basis']}"
    )


def _tell_duty_closed(one: Mapping[str, Any]) -> str:
    how = {"waived": "不再须履行", "adopted": "启用前已报送，接管"}.get(one["closed_by"], "已履行")
    return f"报送义务 {one['rule']} {how}{_counted(one)}{_not_believed(one)}"


def _counted(one: Mapping[str, Any]) -> str:
    """Return which moment counts as reported, where one does."""
    if one["reported_at"] is None or one["reported_by"] is None:
        return ""
    by = REPORTED_BY[one["reported_by"]]
    return f"，报送时间按{by}计：{local_time(one['reported_at'])}"


def _not_believed(one: Mapping[str, Any]) -> str:
    """Return what a platform said of when it took a record in, where that cannot be."""
    told = one.get("time_not_believed")
    if not told:
        return ""
    return f"；平台给的时间 {local_time(told)} 在报送以前或收到回执以后，不予采信"


def _tell_attempt(one: Mapping[str, Any]) -> str:
    purpose = PURPOSES[one["purpose"]]
    place = f"批次 {one['batch']} 第 {one['row']}/{one['rows']} 行"
    if one.get("times", 1) > 1:
        return (
            f"{purpose} {one['times']} 次，结果都是{_result(one)}；"
            f"最近一次 {local_time(one['last_at'])}，{place}"
        )
    took = "" if one["seconds"] is None else f"，用时 {one['seconds']:.1f} 秒"
    serial = f"，受理号 {one['serial']}" if one["serial"] and one["purpose"] == "send" else ""
    return f"{purpose}：{_result(one)}{took}{serial}。{place}，{worker_words(one['worker'])}"


def _result(one: Mapping[str, Any]) -> str:
    how = result_words(one["purpose"], one["outcome"])
    said = " ".join(filter(None, (how, one["code"], one["message"])))
    return f"{said} → {_state_words(one['state'])}" if one.get("state") else said


def _tell_receipt(one: Mapping[str, Any]) -> str:
    said = " ".join(filter(None, (OUTCOMES[one["verdict"]], one["code"], one["message"])))
    reference = f"，平台编号 {one['reference']}" if one["reference"] else ""
    at = f"，平台时间 {local_time(one['platform_time'])}" if one["platform_time"] else ""
    change = f" → {_state_words(one['state'])}" if one["state"] else ""
    return f"回执：{said}{change}{reference}{at}"


def _tell_change(one: Mapping[str, Any]) -> str:
    details = one["details"]
    why = {
        "lease_expired": "报送它的程序中断，租约到期",
        "superseded": "已被更新的版本或撤回取代",
    }
    words = [why.get(details.get("why"), ""), one["reason"] or details.get("message", "")]
    told = "，".join(filter(None, words))
    change = f"{_state_words(details['before'])} → {_state_words(one['state'])}"
    repeated = f"（{one['times']} 次）" if one.get("times", 1) > 1 else ""
    return f"{worker_words(one['actor'])} {change}{repeated}{f'：{told}' if told else ''}"


def _tell_action(one: Mapping[str, Any]) -> str:
    details = one["details"]
    told = "".join(f"，{words(details)}" for key, words in _DETAILS.items() if key in details)
    why = f"：{one['reason']}" if one["reason"] else ""
    refused = f"；{details['why']}" if details.get("why") else ""
    actor = worker_words(one["actor"])
    return f"{actor} {action_words(one['action'])}{told}{why}{refused}"


_DETAILS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "as": lambda details: f"结果 {OUTCOMES.get(details['as'], '平台没有')}",
    "batch": lambda details: f"批次 {details['batch']}",
    "serial": lambda details: f"受理号 {details['serial']}",
    "evidence": lambda details: (
        f"证据 {details['evidence']}（SHA-256 {str(details['sha256'])[:12]}…）"
    ),
}
"""Detail of an action → its words, in the order in which they are told."""


def _state_words(state: str) -> str:
    from xinqiao.queue.states import CHINESE, State

    return CHINESE[State(state)]


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "version": _tell_version,
    "withdrawal": _tell_withdrawal,
    "take_down": _tell_take_down,
    "review": _tell_review,
    "duty_opened": _tell_duty,
    "duty_closed": _tell_duty_closed,
    "attempt": _tell_attempt,
    "receipt": _tell_receipt,
    "change": _tell_change,
    "action": _tell_action,
}
