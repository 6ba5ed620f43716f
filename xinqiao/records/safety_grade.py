"""A grade of safety credit that the provincial platform gave (安全生产信用等级): never computed by us.

Source: 交办安监〔2017〕193号 (grades, base score, thresholds), 鲁交发〔2020〕11号 (行业失信, the way to a grade); the fields
are a design of this project.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.fields import IsoDate, WholeNumber, YesNo, one_of
from xinqiao.records.findings import Finding
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import SafetyParty

GRADES = ("AA", "A", "B", "C", "D")
"""The words of 信用等级: a scale of its own, not that of 质量信誉考核."""


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


def safety_grade_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:  # noqa: ARG001
    """Yield what is wrong with a grade beyond the form of its single fields."""
    yield from ()


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
