"""What a fault makes of an answer, or of the rows of a batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil

from xinqiao.simulator.answers import HTML, Answer, Manner
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


Envelope = Callable[[Payload, int, Mapping[str, str]], Answer]
"""Writes a payload, an HTTP status and headers as an answer of the wire."""


def answer_untaken(fault: Fault, messages: Mapping[str, str], envelope: Envelope) -> Answer:
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
        return envelope(payload, fault.http_status, {"Retry-After": str(ceil(fault.duration))})
    return envelope(payload, 200, {})


def distort(
    fault: Fault, payload: Payload, messages: Mapping[str, str], envelope: Envelope
) -> Answer:
    """Return what becomes of the answer ``payload`` to a request that was taken."""
    if fault.name == "http_500_after_commit":
        return envelope({"code": "5000", "message": messages["5000"]}, fault.http_status, {})
    answer = envelope(_twisted(fault, payload, messages), 200, {})
    change = _MANNERS.get(fault.name)
    return answer if change is None else change(answer, fault.duration)


_MANNERS: Mapping[str, Callable[[Answer, float], Answer]] = {
    "timeout_after_commit": lambda answer, seconds: replace(
        answer, manner=Manner.SILENT, seconds=seconds
    ),
    "reset_mid_answer": lambda answer, _: replace(answer, manner=Manner.HALF),
    "slow_trickle": lambda answer, seconds: replace(answer, manner=Manner.TRICKLE, seconds=seconds),
    "wrong_encoding": lambda answer, _: replace(
        answer, body=answer.body.decode().encode("gb18030")
    ),
    "clock_skew": lambda answer, seconds: replace(answer, clock_offset=seconds),
}
"""Fault → what becomes of the bytes of an answer and of the manner in which they go out."""


def _twisted(fault: Fault, payload: Payload, messages: Mapping[str, str]) -> Payload:
    """Return what a fault makes of the content of an answer."""
    if fault.name == "wrong_encoding":
        # without a Chinese word in it, the answer would be the same in either encoding
        return {**payload, "message": payload.get("message") or "成功"}
    data = payload.get("data")
    if not isinstance(data, dict):
        return payload
    if fault.name in _LISTS:
        return {**payload, "data": {**data, **_LISTS[fault.name](data)}}
    if fault.name == "double_receipt":
        return {**payload, "data": {**data, "results": [*data["results"], *data["results"]]}}
    if fault.name == "contradictory_receipt":
        opposite = [_opposite(row, fault.platform_code, messages) for row in data["results"]]
        return {**payload, "data": {**data, "results": opposite}}
    return payload


def _opposite(row: Payload, refusal: str, messages: Mapping[str, str]) -> Payload:
    code = refusal if row["code"] == "0000" else "0000"
    return {**row, "code": code, "message": messages.get(code, "")}


def twist_of(fault: Fault | None, sent: Submission, key: str) -> Twist:
    """Return how ``fault`` changes the fate of the rows of ``sent``, whose key field is ``key``."""
    twist = None if fault is None else _TWISTS.get(fault.name)
    if fault is None or twist is None:
        return Twist()
    rows = fault.rows or tuple(
        item.index for item in sent.items if _concerned(fault, item.fields.get(key, ""))
    )
    named = bool(fault.rows) or fault.document_number is not None
    return twist(fault, rows, rows if named else ())


_TWISTS: Mapping[str, Callable[[Fault, Sequence[int], Sequence[int]], Twist]] = {
    "late_receipts": lambda fault, rows, _: Twist(delayed=dict.fromkeys(rows, fault.duration)),
    "duplicate_reported": lambda _fault, rows, _named: Twist(duplicates=frozenset(rows)),
    "row_vanished": lambda _fault, rows, _named: Twist(vanished=frozenset(rows)),
    "partial_rejection": lambda fault, rows, named: Twist(
        refused=dict.fromkeys(named or rows[-1:], fault.platform_code)
    ),
    "batch_refused_later": lambda fault, _, named: Twist(
        refused_later=dict.fromkeys(named, fault.platform_code)
    ),
}
"""Fault → its twist of the rows concerned, and of those that were named."""


def _concerned(fault: Fault, document_number: str) -> bool:
    return fault.document_number in (None, document_number)
