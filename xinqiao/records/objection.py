"""An objection to a credit record and what came of it (异议申请与处理).

Source: 山东省社会信用条例 §39 (three working days, seven where others must verify); the fields are a design of
this project.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.fields import IsoDate, YesNo, one_of
from xinqiao.records.findings import Finding
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import Party

STATUSES = ("待审核", "待核实", "已通过", "未通过", "已完成")
"""The words of 异议状态 (schema of a public credit platform)."""

RESULTS = ("异议成立，已更正", "异议部分成立，已更正", "异议不成立")


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


def objection_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:  # noqa: ARG001
    """Yield what is wrong with an objection beyond the form of its single fields."""
    yield from ()


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
