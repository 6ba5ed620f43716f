"""The repair of a dishonesty record (信用修复).

Source: 《信用修复管理办法》 (in force 2026-04-01); states after the schema of a public credit
platform; the fields are a design of this project.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import in_order, not_in_future
from xinqiao.records.fields import IsoDate, YesNo, one_of
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identifiers import check_credit_code
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import Party
from xinqiao.records.party_rules import party_rules
from xinqiao.records.penalty import SEVERITIES

TARGET_KINDS = ("行政处罚", "严重失信主体名单", "黑名单", "安全生产信用信息", "其他失信信息")
PENDING = ("待审核", "待核实")
STATUSES = (*PENDING, "已通过", "未通过", "已完成")
"""The words of 修复状态 (schema of a public credit platform)."""
PASSED = ("已通过", "已完成")
"""Words of 修复状态 that mean that the record is repaired."""


class Repair(BaseModel):
    """One application about one decision."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Party
    application_number: str = Field(title="修复申请编号")
    target_number: str = Field(title="修复的文书号")
    target_kind: Annotated[str, one_of(TARGET_KINDS)] = Field(title="修复的信息类型")
    severity: Annotated[str, one_of(SEVERITIES)] | None = Field(None, title="失信程度")
    reason: str = Field(title="修复理由")
    commitment_code: str | None = Field(None, title="信用承诺编码")
    proof: str | None = Field(None, title="证明材料")
    applied_on: IsoDate = Field(title="申请日期")
    decided_on: IsoDate | None = Field(None, title="审核日期")
    authority: str = Field(title="办理机构")
    authority_code: str = Field(title="办理机构统一社会信用代码")
    reviewer: str | None = Field(None, title="审核人")
    status: Annotated[str, one_of(STATUSES)] = Field(title="修复状态")
    safety_related: YesNo | None = Field(None, title="涉及安全生产")
    remarks: str | None = Field(None, title="备注")


def repair_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with a repair beyond the form of its single fields."""
    yield from party_rules(content, today)
    if code := content.get("authority_code"):
        yield from check_credit_code(code, "authority_code")
    yield from not_in_future(Repair, content, today, "applied_on", "decided_on")
    yield from in_order(Repair, content, "applied_on", "decided_on")
    yield from _decision(content)


def _decision(content: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what contradicts the status: a decision has a day, what waits for one has none."""
    status = content.get("status")
    if status not in STATUSES:
        return
    if status in PENDING and "decided_on" in content:
        message = f"已填审核日期而修复状态为{status}，请核对两处"
        yield Finding("status", "contradicts_date", Severity.ERROR, message)
    elif status not in PENDING and "decided_on" not in content:
        message = f"修复状态为{status}，必须填写审核日期，请补填"
        yield Finding("decided_on", "required", Severity.ERROR, message)


REPAIR = define(
    "repair",
    "信用修复",
    Repair,
    repair_rules,
    about=About.CATEGORY,
    # one decision may be about several records; the number stands last, where people look it up
    key=("authority_code", "target_number", "application_number"),
    key_name="修复申请编号和修复的文书号",
    number_field="application_number",
    subject_in_key=SubjectInKey.NO,
    decided_on=("decided_on", "applied_on"),
    identity_fields=("subject.identifier",),
    free_text=("reason", "proof", "remarks"),
)
