"""A grade of safety credit that the provincial platform gave (安全生产信用等级).

Source: 交办安监〔2017〕193号 (grades, base score, thresholds), 鲁交发〔2020〕11号 (行业失信, the
way to a grade); the fields are a design of this project. A grade is never computed here: what does
not fit the published thresholds is a warning, since the platform may know more than is published.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import not_in_future
from xinqiao.records.fields import YES, IsoDate, WholeNumber, YesNo, one_of
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import SafetyParty
from xinqiao.records.party_rules import safety_party_rules
from xinqiao.records.safety_scale import safety_scale

GRADES = safety_scale().grades
"""The words of 信用等级, best first: a scale of its own, not that of 质量信誉考核."""


class SafetyGrade(BaseModel):
    """One grade of one subject, valid from one day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: SafetyParty
    grade: Annotated[str, one_of(GRADES)] = Field(title="信用等级")
    industry_dishonest: YesNo | None = Field(None, title="行业失信")
    score: WholeNumber | None = Field(None, title="信用得分")
    self_score: WholeNumber | None = Field(None, title="企业自评分")
    review_result: str | None = Field(None, title="属地审查结果")
    sampled_by_province: YesNo | None = Field(None, title="省厅抽查审核")
    evaluated_on_site: YesNo | None = Field(None, title="现场评价")
    valid_from: IsoDate = Field(title="等级生效日期")
    remarks: str | None = Field(None, title="备注")


def safety_grade_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with a grade beyond the form of its single fields."""
    yield from safety_party_rules(content, today)
    yield from not_in_future(SafetyGrade, content, today, "valid_from")
    yield from _score(content)
    scale = safety_scale()
    if content.get("grade") in scale.on_site and content.get("evaluated_on_site") != YES:
        message = f"{content['grade']} 级须经省、市联合现场评价（{scale.on_site_source}），请核对"
        yield Finding("evaluated_on_site", "not_on_site", Severity.WARNING, message)


def _score(content: Mapping[str, str]) -> Iterator[Finding]:
    grade, score = content.get("grade"), content.get("score", "")
    if grade not in GRADES or not score.isdecimal():
        return
    expected = safety_scale().grade_of(int(score))
    if expected.grade != grade:
        doubt = "（按推定的分数线）" if expected.inferred else ""
        message = (
            f"信用得分与信用等级不一致：{expected.words}为 {expected.grade} 级{doubt}，"
            f"本栏为 {grade} 级；等级由平台评定，请与平台核对"
        )
        yield Finding("grade", "score_differs", Severity.WARNING, message)


SAFETY_GRADE = define(
    "safety_grade",
    "安全生产信用等级",
    SafetyGrade,
    safety_grade_rules,
    about=About.CATEGORY,
    key=("valid_from",),
    key_name="同一主体的等级生效日期",
    subject_in_key=SubjectInKey.OWNER,
    decided_on=("valid_from",),
    identity_fields=("subject.certificate_number",),
    free_text=("remarks",),
    incoming=True,
)
