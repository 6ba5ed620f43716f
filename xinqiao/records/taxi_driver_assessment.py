"""A taxi driver's yearly assessment of service and reputation (出租汽车驾驶员服务质量信誉考核).

Source: 交运规〔2022〕2号. Another scale than the integrity assessment: points are kept, not lost.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import in_order, not_in_future
from xinqiao.records.fields import IsoDate, WholeNumber, Year, one_of, whole_number
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import PersonParty
from xinqiao.records.party_rules import employer_rules, person_rules
from xinqiao.records.point_scales import point_scales
from xinqiao.records.year_rules import twelve_months, year_rules

SERVICES = ("巡游", "网约")
GRADES = ("AAA", "AA", "A", "B")
"""The words of 考核等级."""


class TaxiDriverAssessment(BaseModel):
    """One person, one year."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: PersonParty
    qualification_number: str = Field(title="从业资格证号")
    service: Annotated[str, one_of(SERVICES)] = Field(title="服务类型")
    year: Year = Field(title="考核年度")
    period_from: IsoDate | None = Field(None, title="考核周期起")
    period_to: IsoDate | None = Field(None, title="考核周期止")
    assessed_on: IsoDate = Field(title="考核日期")
    score: WholeNumber = Field(title="考核得分")
    grade: Annotated[str, one_of(GRADES)] = Field(title="考核等级")
    employer: str | None = Field(None, title="服务单位")
    employer_code: str | None = Field(None, title="服务单位统一社会信用代码")
    remarks: str | None = Field(None, title="备注")


def taxi_driver_assessment_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with an assessment beyond the form of its single fields."""
    yield from person_rules(content, today)
    yield from employer_rules(content)
    yield from not_in_future(TaxiDriverAssessment, content, today, "assessed_on")
    yield from in_order(TaxiDriverAssessment, content, "period_from", "period_to")
    yield from year_rules(content)
    yield from twelve_months(content, Severity.ERROR)
    yield from _score(content)


def _score(content: Mapping[str, str]) -> Iterator[Finding]:
    score, grade = whole_number(content.get("score")), content.get("grade")
    if score is None:
        return
    bands = point_scales().of("taxi_driver_assessment")
    earned = next((band for band in bands if band.holds(score)), None)
    if earned is None:
        message = (
            "考核得分应在 0 至 30 之间（基准分 20，加分最多 10，扣到 0 为止；"
            f"{bands[0].said_by}），请核对"
        )
        yield Finding("score", "outside_scale", Severity.ERROR, message)
    elif grade in GRADES and grade != earned.grade:
        message = (
            f"考核得分 {score} 分（{earned.words}）应为 {earned.grade}（{earned.said_by}），"
            f"考核等级填了 {grade}"
        )
        if GRADES.index(grade) > GRADES.index(earned.grade):
            # who was registered for less than six months is capped; at which grade is not known
            message += "；注册不满 6 个月而限低等级的可以不改，请核对两处"
            yield Finding("grade", "below_points", Severity.WARNING, message)
        else:
            yield Finding("grade", "contradicts_points", earned.severity, f"{message}，请核对两处")


TAXI_DRIVER_ASSESSMENT = define(
    "taxi_driver_assessment",
    "出租汽车驾驶员服务质量信誉考核",
    TaxiDriverAssessment,
    taxi_driver_assessment_rules,
    about=About.PERSONS,
    key=("year",),
    key_name="同一人的考核年度",
    subject_in_key=SubjectInKey.OWNER,
    decided_on=("assessed_on",),
    identity_fields=("subject.certificate_number", "qualification_number"),
    free_text=("remarks",),
)
