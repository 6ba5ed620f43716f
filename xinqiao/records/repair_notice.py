"""A notice from a platform that a record of ours was repaired there (信用修复通知).

Source: 《信用修复管理办法》 (2026-04-01): after repair publication and sharing stop; the fields
are a design of this project.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import not_in_future
from xinqiao.records.fields import IsoDate, one_of
from xinqiao.records.findings import Finding
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import Party
from xinqiao.records.party_rules import party_rules
from xinqiao.records.repair import TARGET_KINDS


class RepairNotice(BaseModel):
    """One notice about one decision."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Party
    notice_number: str = Field(title="修复通知编号")
    target_number: str = Field(title="修复的文书号")
    target_kind: Annotated[str, one_of(TARGET_KINDS)] = Field(title="修复的信息类型")
    issuer: str = Field(title="通知单位")
    decided_on: IsoDate = Field(title="修复日期")
    remarks: str | None = Field(None, title="备注")


def repair_notice_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with a notice beyond the form of its single fields."""
    yield from party_rules(content, today)
    yield from not_in_future(RepairNotice, content, today, "decided_on")


REPAIR_NOTICE = define(
    "repair_notice",
    "信用修复通知",
    RepairNotice,
    repair_notice_rules,
    about=About.CATEGORY,
    # one notice may be about several records; the number stands last, where people look it up
    key=("issuer", "target_number", "notice_number"),
    key_name="修复通知编号和修复的文书号",
    number_field="notice_number",
    subject_in_key=SubjectInKey.JOINT,
    decided_on=("decided_on",),
    identity_fields=("subject.identifier",),
    free_text=("remarks",),
    incoming=True,
)
