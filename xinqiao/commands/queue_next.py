"""Where a submission stands and what comes next, in a sentence or two (下一步)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from xinqiao.commands.output import local_time
from xinqiao.commands.words import WAITS, worker_words

if TYPE_CHECKING:
    from xinqiao.queue.pace import Hours

_SUPERSEDED = "superseded"
_TAKEN = "taken"
_OVERDUE = "receipt_overdue"

_CALLED = frozenset({"ready", "sending", "awaiting_receipt", "in_doubt"})
"""States in which the platform is still to be called."""

_REMOVED = {
    "withdraw": "已撤回：平台已不再持有这条记录，无须处理。",
    "take_down": "已下架：网站已不再公示这条记录，无须处理。",
}
"""Operation that lets go of a record → what is said once the platform did."""

_SETTLED = {
    "accepted": "已入库：平台已有这一版，无须处理。",
    "rejected": "被退回：用 xinqiao corrections 取得待更正表，更正后重新导入；"
    "平台退错了的，用 xinqiao queue retry 原样再报。",
    "conflict": "有冲突：平台上的与报送的不同，或前后说法不一。请到平台核对，"
    "平台已有报送的内容的用 xinqiao queue resolve --as accepted 登记，"
    "平台没有的用 --as absent（原样再报），平台退回的用 --as rejected（待更正）；"
    "平台对的先更正本地记录导入，再登记。",
}


def what_next(told: Mapping[str, Any], *, confirmed: bool) -> str:
    """Return the state in words, what comes next, when, and why not earlier.

    Args:
        told: The story, as ``queue show --json`` prints it.
        confirmed: Whether real records may go to its platform.
    """
    state = told["state"]
    if state == "accepted" and told["operation"] in _REMOVED:
        return _REMOVED[told["operation"]]
    if state in _SETTLED:
        return _SETTLED[state]
    if state == "held":
        return _held(told)
    if state == "cancelled":
        return _cancelled(told)
    if state == "awaiting_receipt" and told["platform_standing"]["receipts"] in _NOT_ASKED:
        # nobody calls the platform for it: whatever keeps it from being called keeps nobody waiting
        return _awaiting(told)
    return f"{_moving(told)}{_hindrance(told, confirmed=confirmed)}"


def opens_at(told: Mapping[str, Any], hours: "Hours") -> str | None:
    """Return when the hours of the platform allow the submission's next call, as ISO text in UTC.

    Args:
        told: The story, as ``queue show --json`` prints it.
        hours: When the platform may be called.

    Returns:
        None if it may be called when the submission is due, or if no call is to come.
    """
    if told["state"] not in _CALLED or _future(told, told["lease_until"]):
        return None
    due = (
        told["as_of"],
        told["next_poll_at"] if told["state"] == "awaiting_receipt" else told["next_attempt_at"],
        told["platform_standing"]["next_call_at"],
    )
    opening = hours.opens(max(datetime.fromisoformat(one) for one in due if one is not None))
    return None if opening is None else opening.astimezone(UTC).isoformat()


def _held(told: Mapping[str, Any]) -> str:
    why = f"（{told['message']}）" if told["message"] else ""
    if told["code"] == _OVERDUE:
        return (
            f"已挂起{why}：已送出，不会自动再报；平台的答复来了照常登记。"
            "请到平台核实，再用 xinqiao queue confirm-delivery 登记平台对这一批的答复，"
            "或用 xinqiao queue resolve 逐条登记结果。"
        )
    if told["request_started_at"] is not None:
        return (
            f"已挂起{why}：是否到达平台尚不清楚，不会自动再报。"
            "请到平台核实，再用 xinqiao queue resolve 登记结果；"
            "平台对整批有答复的用 xinqiao queue confirm-delivery 登记。"
        )
    return (
        f"已挂起{why}：没有离开本系统。查明后用 xinqiao queue release 放行，"
        "不报了用 xinqiao queue cancel 取消。"
    )


def _cancelled(told: Mapping[str, Any]) -> str:
    if told["code"] == _SUPERSEDED:
        return "已取消：记录已有更新的版本、已撤回或已下架，由后来的报送件接替。"
    return "已取消：报送义务仍在；要报送时用 xinqiao queue retry 重新报送。"


def _moving(told: Mapping[str, Any]) -> str:
    state = told["state"]
    if state == "sending":
        if _future(told, told["lease_until"]):
            worker = worker_words(told["lease_owner"] or "")
            return f"报送中：{worker} 正在报送，最迟 {local_time(told['lease_until'])} 有结果。"
        return "报送中断：报送它的程序没有回来，下次执行 xinqiao sync 时向平台查证。"
    if state == "awaiting_receipt":
        return _awaiting(told)
    if state == "in_doubt":
        if _future(told, told["lease_until"]):
            worker = worker_words(told["lease_owner"] or "")
            return f"待核实：不知平台是否收到，{worker} 正在向平台查证。"
        next_one = _when(told, told["next_attempt_at"], "向平台查证")
        asked = f"已问过 {told['questions']} 次。" if told["questions"] else ""
        return f"待核实：不知平台是否收到，查清之前不会再报。{asked}{next_one}{_why(told)}"
    return f"待报送：{_when(told, told['next_attempt_at'], '报送')}{_why(told)}"


_NOT_ASKED = {
    "manual": "待登记：报送包已生成，请上传后用 xinqiao queue confirm-delivery 登记平台答复",
    "none": "待回执：这个平台不给回执，请用 xinqiao reconcile 对账，"
    "或到平台核实后用 xinqiao queue confirm-delivery 登记",
}
"""Way receipts come back → what is to be done, where the platform is not asked for them."""


def _awaiting(told: Mapping[str, Any]) -> str:
    to_do = _NOT_ASKED.get(told["platform_standing"]["receipts"])
    if to_do is not None:
        until = told["next_poll_at"]
        late = f"；{local_time(until)} 还没有登记的转为挂起" if _future(told, until) else ""
        return f"{to_do}{late}。"
    stands = "平台已取走，还没有确认" if told["waits_for"] == _TAKEN else "平台已收下，还没有决定"
    return f"待回执：{stands}。{_when(told, told['next_poll_at'], '取回执')}"


def _when(told: Mapping[str, Any], at: str | None, what: str) -> str:
    if _future(told, at):
        return f"{local_time(at)} 以后{what}。"
    return f"下次执行 xinqiao sync 时{what}。"


def _why(told: Mapping[str, Any]) -> str:
    if not told["waits_for"]:
        return ""
    return f"原因：{WAITS.get(told['waits_for'], told['waits_for'])}。"


def _hindrance(told: Mapping[str, Any], *, confirmed: bool) -> str:
    """Return what keeps the platform as a whole from being called."""
    stands = told["platform_standing"]
    if stands["paused_at"] is not None:
        return (
            f"但平台自 {local_time(stands['paused_at'])} 起暂停（{stands['paused_reason']}），"
            "用 xinqiao platforms resume 恢复后才会继续。"
        )
    if not confirmed:
        before = "继续" if told["request_started_at"] is not None else "报送"
        return f"但平台档案未经确认，核对后用 xinqiao platforms confirm 确认才会{before}。"
    resting = opening = ""
    if _future(told, stands["next_call_at"]):
        resting = f"但平台暂时不可用，{local_time(stands['next_call_at'])} 以后才再联系。"
    if _future(told, stands["opens_at"]):
        opening = f"平台只在规定的时段接受调用，最早 {local_time(stands['opens_at'])} 联系。"
    return resting + opening


def _future(told: Mapping[str, Any], at: str | None) -> bool:
    return at is not None and datetime.fromisoformat(at) > datetime.fromisoformat(told["as_of"])
