"""A fact that counts for safety-production credit (安全生产信用信息).

Source: 交办安监〔2017〕193号 (subjects, sectors), 源交政字〔2023〕14号 (the six sources). The codes of behaviour and
their points stand in an annex that is not public: they are imported, never invented here.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.fields import IsoDate, WholeNumber, one_of
from xinqiao.records.findings import Finding
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.operator import SAFETY_SECTORS
from xinqiao.records.parties import SafetyParty

KEY_POSTS = ("主要负责人", "主要技术负责人", "安全管理人员", "从业资格人员")
INFORMATION_CLASSES = ("基本", "失信", "守信")
SOURCES = (
    "安全监督",
    "执法检查",
    "风险管控",
    "隐患排查治理",
    "标准化建设",
    "法规制度落实",
)
"""The six sources that the county plan names (源交政字〔2023〕14号)."""

STATES = ("待核实", "已认定", "公示中", "申诉中", "撤销", "失效")


class SafetyInfo(BaseModel):
    """One fact about one unit or person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: SafetyParty
    sector: Annotated[str, one_of(SAFETY_SECTORS)] | None = Field(None, title="领域类型")
    key_post: Annotated[str, one_of(KEY_POSTS)] | None = Field(None, title="关键岗位")
    information_class: Annotated[str, one_of(INFORMATION_CLASSES)] = Field(title="信息类别")
    behaviour_code: str | None = Field(None, title="行为代码")
    behaviour_edition: str | None = Field(None, title="行为代码版本")
    behaviour: str = Field(title="行为描述")
    points: WholeNumber | None = Field(None, title="分值")
    direct_grade: Annotated[str, one_of(("D",))] | None = Field(None, title="直接定级")
    occurred_on: IsoDate = Field(title="发生日期")
    decided_on: IsoDate = Field(title="认定日期")
    source: Annotated[str, one_of(SOURCES)] = Field(title="信息来源")
    evidence: str | None = Field(None, title="证据")
    authority: str = Field(title="认定机构")
    decided_by: str | None = Field(None, title="认定人")
    state: Annotated[str, one_of(STATES)] = Field(title="状态")
    remarks: str | None = Field(None, title="备注")


def safety_info_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:  # noqa: ARG001
    """Yield what is wrong with a fact beyond the form of its single fields."""
    yield from ()


SAFETY_INFO = define(
    "safety_info",
    "安全生产信用信息",
    SafetyInfo,
    safety_info_rules,
    about=About.CATEGORY,
    key=("occurred_on", "behaviour"),
    key_name="同一主体的发生日期和行为描述",
    subject_in_key=SubjectInKey.OWNER,
    decided_on=("decided_on",),
    identity_fields=("subject.certificate_number",),
    free_text=("behaviour", "evidence", "remarks"),
)
