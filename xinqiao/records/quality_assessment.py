"""A yearly assessment of an operator's quality and reputation (质量信誉考核).

Source: 交公路发〔2006〕294号, 交公路发〔2006〕719号, 交运规〔2022〕2号, 城市公共交通条例 §26; objects after the
county plan 源交政字〔2023〕14号; names of the fields after A0104 of JT/T 1049.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.fields import IsoDate, Score, Year, one_of
from xinqiao.records.findings import Finding
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import OrganisationParty

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


def quality_assessment_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:  # noqa: ARG001
    """Yield what is wrong with an assessment beyond the form of its single fields."""
    yield from ()


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
