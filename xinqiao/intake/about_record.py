"""Repairs and objections about a record that is here: what they say of it is taken from it."""

from collections.abc import Mapping

from xinqiao.errors import RefusedError
from xinqiao.queue.changes import Change
from xinqiao.queue.targets import TARGET_KINDS
from xinqiao.records.doubtful_text import may_hold_identity_number
from xinqiao.records.fields import YES
from xinqiao.records.keys import subject_identifier
from xinqiao.records.kind import CATEGORY, About
from xinqiao.records.kinds import kind_of
from xinqiao.records.repair import TARGET_KINDS as REPAIRABLE
from xinqiao.records.subject import CATEGORIES, NATURAL_PERSON

_ORGANISATION = "法人及非法人组织"
_CATEGORIES: Mapping[str, str] = {
    **{word: word for word in CATEGORIES},
    "生产经营单位": _ORGANISATION,
    "从业人员": NATURAL_PERSON,
}
"""Words of 主体类别 in any kind → the words that repairs and objections take."""

_SAFETY = "安全生产信用信息"


def about(target: Change) -> dict[str, str]:
    """Return what a repair or objection says of the record that it is about."""
    kind = kind_of(target.kind)
    content = target.content
    category = _CATEGORIES.get(content.get(CATEGORY, ""), _ORGANISATION)
    if kind.about is About.PERSONS:
        category = NATURAL_PERSON
    number = content.get(kind.number_field, "") if kind.number_field else ""
    told = {
        "subject.name": content.get("subject.name", ""),
        "subject.category": category,
        "subject.identifier": subject_identifier(content),
        # a record without a number, or with one that nobody may read, is named by its 记录标识
        "target_number": target.record_id if may_hold_identity_number(number) else number,
        "authority": content.get("authority", ""),
        "authority_code": content.get("authority_code", ""),
        "safety_related": content.get("safety_related", ""),
    }
    if not told["target_number"]:
        told["target_number"] = target.record_id
    if target.kind == "safety_info":
        told["safety_related"] = YES
    return {path: text for path, text in told.items() if text}


def repairable_as(target: Change) -> str:
    """Return the word by which a repair says what sort of record it is about (修复的信息类型).

    Raises:
        RefusedError: The record is nothing that can be repaired.
    """
    words = (target.content.get("list_kind", ""), kind_of(target.kind).name)
    for word in REPAIRABLE:
        if word in words:
            return word
    if target.kind in TARGET_KINDS[_SAFETY]:
        return _SAFETY
    raise RefusedError(
        f"{kind_of(target.kind).name}不是失信信息，没有修复可以登记", code="not_repairable"
    )
