"""A driver's integrity assessment over twelve months (诚信考核).

Source: 交公路发〔2008〕280号, 道路运输从业人员管理规定; names of the fields after E0110 of JT/T 1049.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.fields import IsoDate, WholeNumber, one_of
from xinqiao.records.findings import Finding
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import PersonParty

GRADES = ("AAA", "AA", "A", "B")
"""The words of 诚信等级."""


class DriverAssessment(BaseModel):
    """One person, one cycle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: PersonParty
    qualification_number: str = Field(title="从业资格证号")
    qualification_category: str | None = Field(None, title="从业资格类别")
    first_issued_on: IsoDate = Field(title="初次领证日期")
    cycle_from: IsoDate = Field(title="考核周期起")
    cycle_to: IsoDate = Field(title="考核周期止")
    assessed_on: IsoDate = Field(title="考核日期")
    points: WholeNumber = Field(title="累计计分")
    grade: Annotated[str, one_of(GRADES)] = Field(title="诚信等级")
    employer: str | None = Field(None, title="服务单位")
    employer_code: str | None = Field(None, title="服务单位统一社会信用代码")
    next_assessment_on: IsoDate | None = Field(None, title="下次考核日期")
    remarks: str | None = Field(None, title="备注")


def driver_assessment_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:  # noqa: ARG001
    """Yield what is wrong with an assessment beyond the form of its single fields."""
    yield from ()


DRIVER_ASSESSMENT = define(
    "driver_assessment",
    "从业人员诚信考核",
    DriverAssessment,
    driver_assessment_rules,
    about=About.PERSONS,
    key=("cycle_from",),
    key_name="同一人的考核周期",
    subject_in_key=SubjectInKey.OWNER,
    decided_on=("assessed_on",),
    # 从业资格证号 is, in practice, the identity number
    identity_fields=("subject.certificate_number", "qualification_number"),
    free_text=("remarks",),
)
