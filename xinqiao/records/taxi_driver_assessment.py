"""A taxi driver's yearly assessment of service and reputation (出租汽车驾驶员服务质量信誉考核).

Source: 交运规〔2022〕2号. Another scale than the integrity assessment: points are kept, not lost.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.fields import IsoDate, WholeNumber, Year, one_of
from xinqiao.records.findings import Finding
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import PersonParty

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


def taxi_driver_assessment_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:  # noqa: ARG001
    """Yield what is wrong with an assessment beyond the form of its single fields."""
    yield from ()


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
