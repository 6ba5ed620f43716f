"""What a fault makes of an answer, or of the rows of a batch."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil
from typing import Any

from xinqiao.simulator.answers import HTML, Answer, Manner, json_answer
from xinqiao.simulator.faults import Fault
from xinqiao.simulator.platform import Payload, Twist
from xinqiao.simulator.submission import Submission

_CODES = {
    "rate_limited": "4290",
    "busy": "5030",
    "token_expired": "0032",
    "whole_batch_refused": "4001",
}
_LISTS: Mapping[str, Callable[[Payload], Payload]] = {
    "short_list": lambda data: {"items": data["items"][:-1]},
    "empty_list": lambda _: {"items": []},
    "other_total": lambda data: {"total": data["total"] + 1},
    "no_pages": lambda _: {"pages": 0},
}
"""Fault → what becomes of a list and its figures."""
_GATEWAY_PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"
_PORTAL_PAGE = "<html><body><h1>统一身份认证平台</h1></body></html>"


def answer_untaken(fault: Fault, messages: Mapping[str, str]) -> Answer:
    """Return the answer of a fault that keeps the request from being taken."""
    if fault.name == "timeout_before":
        return Answer(200, b"", manner=Manner.SILENT, seconds=fault.duration)
    if fault.name == "refuse_5xx_before":
        return Answer(fault.http_status, _GATEWAY_PAGE.encode(), HTML)
    if fault.name == "html_page":
        return Answer(200, _PORTAL_PAGE.encode(), HTML)
    code = _CODES.get(fault.name, fault.platform_code)
    payload = {"code": code, "message": messages.get(code, messages["9999"])}
    if fault.name == "rate_limited":
        pause = {"Retry-After": str(ceil(fault.duration))}
        return json_answer(payload, status=fault.http_status, headers=pause)
    return json_answer(payload)


def distort(fault: Fault, answer: Answer, messages: Mapping[str, str]) -> Answer:
    """Return what becomes of ``answer`` to a request that was taken."""
    if fault.name == "timeout_after_commit":
        return replace(answer, manner=Manner.SILENT, seconds=fault.duration)
    if fault.name == "reset_mid_answer":
        return replace(answer, manner=Manner.HALF)
    if fault.name == "slow_trickle":
        return replace(answer, manner=Manner.TRICKLE, seconds=fault.duration)
    if fault.name == "http_500_after_commit":
        payload = {"code": "5000", "message": messages["5000"]}
        return json_answer(payload, status=fault.http_status)
    return replace(answer, body=_garbled(fault, answer.body))


def _garbled(fault: Fault, body: bytes) -> bytes:
    """Return what a fault makes of the words of an answer."""
    if fault.name in _LISTS:
        return json_answer(_miscounted(fault.name, json.loads(body))).body
    return _in_gbk(body) if fault.name == "wrong_encoding" else body


def twist_of(fault: Fault | None, sent: Submission, key: str) -> Twist:
    """Return how ``fault`` changes the fate of the rows of ``sent``, whose key field is ``key``."""
    if fault is None:
        return Twist()
    rows = fault.rows or tuple(
        item.index for item in sent.items if _concerned(fault, item.fields.get(key, ""))
    )
    if fault.name == "late_receipts":
        return Twist(delayed=dict.fromkeys(rows, fault.duration))
    if fault.name == "duplicate_reported":
        return Twist(duplicates=frozenset(rows))
    if fault.name == "partial_rejection":
        named = fault.rows or fault.document_number is not None
        return Twist(refused=dict.fromkeys(rows if named else rows[-1:], fault.platform_code))
    return Twist()


def _concerned(fault: Fault, document_number: str) -> bool:
    return fault.document_number in (None, document_number)


def _in_gbk(body: bytes) -> bytes:
    payload = json.loads(body)
    # Without a Chinese word in it, the answer would be the same in either encoding.
    payload["message"] = payload.get("message") or "成功"
    return json.dumps(payload, ensure_ascii=False).encode("gb18030")


def _miscounted(name: str, payload: Any) -> Any:
    """Let a list and what is said of its length contradict each other."""
    data = payload.get("data")
    if isinstance(data, dict):
        data.update(_LISTS[name](data))
    return payload
