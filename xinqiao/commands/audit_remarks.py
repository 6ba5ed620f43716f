"""What an entry of the audit log says in one line, in the words that operators read (备注)."""

import re
from collections.abc import Mapping
from typing import Any

from xinqiao.commands.words import OPERATIONS, SKIPPED, VERBS

_FILTERS = {
    "state": "状态",
    "platform": "平台",
    "kind": "类型",
    "operation": "操作",
    "department": "科室",
    "record": "记录",
    "document": "编号",
    "code": "代码",
    "due_before": "截止早于",
    "file": "文件",
}
"""Name of a filter of ``xinqiao queue`` → what operators read."""

# what a person wrote may hold blanks: a filter ends where the next name begins
_FILTER = re.compile(rf"(?:^| )({'|'.join(_FILTERS)})=")


def remark(entry: Mapping[str, Any]) -> str:
    """Return the reason of an entry and its most telling facts.

    Args:
        entry: As ``audit list --json`` prints it.
    """
    details = entry["details"]
    if entry["action"] == "queue.bulk":
        return f"{entry['reason']} {_bulk(details)}"
    told = [
        entry["reason"],
        *(details.get(name) for name in ("code", "message", "file", "due_on")),
        f"{details['done']} 条" if "done" in details else "",
    ]
    return " ".join(str(text) for text in told if text)


def _bulk(details: Mapping[str, Any]) -> str:
    verb = VERBS.get(details["verb"], details["verb"])
    pairs = (pair.partition("=") for pair in details["skipped"].split())
    skipped = "".join(f"；跳过 {count} 条：{SKIPPED.get(code, code)}" for code, _, count in pairs)
    stopped = "" if details["complete"] else "；中途停止，没有做完"
    return f"{verb} {details['done']} 条（{_filters(details['filter'])}）{skipped}{stopped}"


def _filters(text: str) -> str:
    """Return the filters of a bulk run, as the log holds them in one line, in Chinese."""
    if not text:
        return "按编号"
    _, *parts = _FILTER.split(text)
    named = zip(parts[::2], parts[1::2], strict=True)
    return "，".join(f"{_FILTERS[name]} {_value(name, value)}" for name, value in named)


def _value(name: str, text: str) -> str:
    from xinqiao.queue.states import CHINESE
    from xinqiao.records.kinds import KINDS

    words: Mapping[str, str] = {
        "state": {state.value: title for state, title in CHINESE.items()},
        "kind": {kind.identifier: kind.name for kind in KINDS.values()},
        "operation": OPERATIONS,
    }.get(name, {})
    if not words:
        return text
    return "、".join(words.get(one, one) for one in text.split(","))
