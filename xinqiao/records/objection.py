"""An objection to a credit record and what came of it (异议申请与处理).

Source: 山东省社会信用条例 §39 (three working days, seven where others must verify); the fields are
a design of this project.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import in_order, not_in_future
from xinqiao.records.doubtful_text import may_hold_identity_number
from xinqiao.records.fields import IsoDate, YesNo, one_of
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identifiers import check_credit_code
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import Party
from xinqiao.records.party_rules import party_rules

DONE = "已完成"
STATUSES = ("待审核", "待核实", "已通过", "未通过", DONE)
"""The words of 异议状态 (schema of a public credit platform)."""

CORRECTED = ("异议成立，已更正", "异议部分成立，已更正")
RESULTS = (*CORRECTED, "异议不成立")


class Objection(BaseModel):
    """One application about one record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Party
    application_number: str = Field(title="异议申请编号")
    target_number: str = Field(title="异议的文书号")
    target_kind: str = Field(title="异议的信息类型")
    content: str = Field(title="异议内容")
    received_on: IsoDate = Field(title="收到日期")
    verified_by_others: YesNo = Field(title="需其他单位核实")
    result: Annotated[str, one_of(RESULTS)] | None = Field(None, title="处理结果")
    correction: str | None = Field(None, title="更正内容")
    decided_on: IsoDate | None = Field(None, title="处理日期")
    told_on: IsoDate | None = Field(None, title="告知申请人日期")
    authority: str = Field(title="办理机构")
    authority_code: str = Field(title="办理机构统一社会信用代码")
    reviewer: str | None = Field(None, title="办理人")
    status: Annotated[str, one_of(STATUSES)] = Field(title="异议状态")
    safety_related: YesNo | None = Field(None, title="涉及安全生产")
    remarks: str | None = Field(None, title="备注")


def objection_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with an objection beyond the form of its single fields."""
    yield from party_rules(content, today)
    if code := content.get("authority_code"):
        yield from check_credit_code(code, "authority_code")
    yield from not_in_future(Objection, content, today, "received_on", "decided_on", "told_on")
    yield from in_order(Objection, content, "received_on", "decided_on")
    # what was decided is told; until the day of decision is filled, the day of receipt counts
    decided = "decided_on" if "decided_on" in content else "received_on"
    yield from in_order(Objection, content, decided, "told_on")
    yield from _outcome(content)
    if may_hold_identity_number(content.get("target_number", "")):
        message = "此处疑似写有身份证号码，请改填原件上的文书号，或本库的记录标识"
        yield Finding("target_number", "identity_number", Severity.ERROR, message)


def _outcome(content: Mapping[str, str]) -> Iterator[Finding]:
    result = content.get("result")
    if content.get("status") == DONE and result is None:
        message = f"异议状态为{DONE}，必须填写处理结果，请补填"
        yield Finding("result", "required", Severity.ERROR, message)
    if result in RESULTS and "decided_on" not in content:
        message = "填了处理结果，必须填写处理日期，请补填"
        yield Finding("decided_on", "required", Severity.ERROR, message)
    if result in CORRECTED and "correction" not in content:
        message = "处理结果为已更正，必须写明更正内容，请补填"
        yield Finding("correction", "required", Severity.ERROR, message)


OBJECTION = define(
    "objection",
    "异议",
    Objection,
    objection_rules,
    about=About.CATEGORY,
    key=("authority_code", "application_number"),
    key_name="异议申请编号",
    number_field="application_number",
    subject_in_key=SubjectInKey.NO,
    decided_on=("received_on",),
    identity_fields=("subject.identifier",),
    free_text=("content", "correction", "remarks"),
)
