"""A fact that counts for safety-production credit (安全生产信用信息).

Source: 交办安监〔2017〕193号 (subjects, sectors), 源交政字〔2023〕14号 (the six sources). The codes
of behaviour and their points stand in an annex that is not public: they are imported, never
invented here; see :mod:`xinqiao.records.behaviours`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.behaviours import (
    DISHONEST,
    INFORMATION_CLASSES,
    SIGNS,
    contradicts,
)
from xinqiao.records.date_rules import in_order, not_in_future
from xinqiao.records.fields import IsoDate, WholeNumber, one_of, whole_number
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kind import CATEGORY, PERSON_WORDS, About, SubjectInKey, define
from xinqiao.records.operator import SAFETY_SECTORS
from xinqiao.records.parties import SAFETY_CATEGORIES, SafetyParty
from xinqiao.records.party_rules import safety_party_rules

KEY_POSTS = ("主要负责人", "主要技术负责人", "安全管理人员", "从业资格人员")
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


def safety_info_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with a fact beyond the form of its single fields."""
    yield from safety_party_rules(content, today)
    yield from not_in_future(SafetyInfo, content, today, "occurred_on", "decided_on")
    yield from in_order(SafetyInfo, content, "occurred_on", "decided_on")
    yield from _field_of_work(content)
    yield from _points(content)
    if "behaviour_edition" in content and "behaviour_code" not in content:
        message = "填了行为代码版本，没有填行为代码，请补填或清空此项"
        yield Finding("behaviour_code", "asked_for", Severity.WARNING, message)


def _field_of_work(content: Mapping[str, str]) -> Iterator[Finding]:
    category = content.get(CATEGORY, "")
    if category not in SAFETY_CATEGORIES:
        return
    person = category in PERSON_WORDS
    if person and "key_post" not in content:
        message = f"主体类别为{category}，请补填关键岗位"
        yield Finding("key_post", "asked_for", Severity.WARNING, message)
    elif not person and "key_post" in content:
        message = f"主体类别为{category}，关键岗位只由从业人员填写，请清空此项，或更正主体类别"
        yield Finding("key_post", "must_be_blank", Severity.ERROR, message)
    elif not person and "sector" not in content:
        message = f"主体类别为{category}，请补填领域类型"
        yield Finding("sector", "asked_for", Severity.WARNING, message)


def _points(content: Mapping[str, str]) -> Iterator[Finding]:
    kind, points = content.get("information_class", ""), whole_number(content.get("points"))
    if points is not None and contradicts(kind, points):
        message = f"信息类别为{kind}，分值{SIGNS[kind]}，请核对两处"
        yield Finding("points", "wrong_sign", Severity.ERROR, message)
    if kind in INFORMATION_CLASSES and kind != DISHONEST and "direct_grade" in content:
        message = f"信息类别为{kind}，直接定级只用于失信信息，请清空此项，或更正信息类别"
        yield Finding("direct_grade", "must_be_blank", Severity.ERROR, message)


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
