"""A yearly assessment of an operator's quality and reputation (质量信誉考核).

Source: the scales name theirs in ``quality_scales.toml``; 城市公共交通条例 §26; objects after the
county plan 源交政字〔2023〕14号; names of the fields after A0104 of JT/T 1049.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import in_order, not_in_future
from xinqiao.records.fields import IsoDate, Score, Year, one_of
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import OrganisationParty
from xinqiao.records.party_rules import organisation_rules
from xinqiao.records.quality_scales import grade_findings, quality_scales
from xinqiao.records.year_rules import twelve_months, year_rules

ASSESSED_OBJECTS = (
    "道路客运",
    "道路货运",
    "道路危险货物运输",
    "城市公交",
    "出租汽车",
    "机动车维修",
    "机动车驾驶员培训",
)
"""The words of 考核对象."""

STAGES = ("自评", "初评", "复核", "公示", "公布", "申诉中", "更正")
"""The words of 流程状态, after a provincial system's stages and this project's own additions."""

UNSETTLED = ("自评", "初评", "复核", "申诉中")
"""Stages in which the grade may still change."""

ASKED_BY_STAGE: Mapping[str, tuple[str, ...]] = {
    "公示": ("notice_from", "notice_until"),
    "公布": ("published_on",),
}
"""Stage → the dates that it goes with."""


class QualityAssessment(BaseModel):
    """One operator, one assessed object, one year."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: OrganisationParty
    licence_number: str | None = Field(None, title="经营许可证号")
    assessed_object: Annotated[str, one_of(ASSESSED_OBJECTS)] = Field(title="考核对象")
    year: Year = Field(title="考核年度")
    period_from: IsoDate | None = Field(None, title="考核周期起")
    period_to: IsoDate | None = Field(None, title="考核周期止")
    assessed_on: IsoDate = Field(title="考核日期")
    assessor: str = Field(title="考核机构")
    score: Score | None = Field(None, title="考核分值")
    grade: str = Field(title="考核等级")
    previous_grade: str | None = Field(None, title="上年等级")
    stage: Annotated[str, one_of(STAGES)] | None = Field(None, title="流程状态")
    notice_from: IsoDate | None = Field(None, title="公示期起")
    notice_until: IsoDate | None = Field(None, title="公示期止")
    published_on: IsoDate | None = Field(None, title="公布日期")
    url: str | None = Field(None, title="公布网址")
    rule: str = Field(title="依据文件")
    remarks: str | None = Field(None, title="备注")


def quality_assessment_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with an assessment beyond the form of its single fields."""
    yield from organisation_rules(content)
    yield from not_in_future(QualityAssessment, content, today, "assessed_on", "published_on")
    yield from in_order(QualityAssessment, content, "period_from", "period_to")
    yield from in_order(QualityAssessment, content, "notice_from", "notice_until")
    yield from in_order(QualityAssessment, content, "notice_from", "published_on")
    yield from year_rules(content)
    yield from _period(content)
    yield from grade_findings(content, "grade", "考核等级", Severity.ERROR)
    yield from grade_findings(content, "previous_grade", "上年等级", Severity.WARNING)
    yield from _score(content)
    yield from _stage(content)


def _period(content: Mapping[str, str]) -> Iterator[Finding]:
    scale = quality_scales().by_object.get(content.get("assessed_object", ""))
    if scale is not None:
        worst = Severity.ERROR if scale.cycle == "text" else Severity.WARNING
        yield from twelve_months(content, worst)


def _score(content: Mapping[str, str]) -> Iterator[Finding]:
    score = content.get("score", "")
    highest = quality_scales().highest_score
    if re.fullmatch(r"[0-9]{1,4}(\.[0-9])?", score) and Decimal(score) > highest:
        message = f"考核分值超过 {highest} 分（基础分 1000，加分最多 100），请核对小数点"
        yield Finding("score", "unlikely", Severity.WARNING, message)


def _stage(content: Mapping[str, str]) -> Iterator[Finding]:
    stage = content.get("stage", "")
    if stage in UNSETTLED:
        message = f"流程状态为{stage}，等级还不是最终结果，请核对是否现在就要报送"
        yield Finding("stage", "unsettled", Severity.WARNING, message)
    for field in ASKED_BY_STAGE.get(stage, ()):
        if field not in content:
            label = QualityAssessment.model_fields[field].title
            message = f"流程状态为{stage}，没有填{label}，请补填"
            yield Finding(field, "asked_for", Severity.WARNING, message)


QUALITY_ASSESSMENT = define(
    "quality_assessment",
    "企业质量信誉考核",
    QualityAssessment,
    quality_assessment_rules,
    about=About.ORGANISATIONS,
    key=("assessed_object", "year"),
    key_name="同一业户的考核对象和年度",
    subject_in_key=SubjectInKey.OWNER,
    decided_on=("published_on", "assessed_on"),
    free_text=("remarks",),
)
