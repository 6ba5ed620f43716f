"""A public credit evaluation that came back from a platform (公共信用综合评价).

Source: 源交政字〔2023〕14号 names it as an input of graded supervision; the scale is the platform's
own, so any text is taken.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import not_in_future
from xinqiao.records.fields import IsoDate, Score
from xinqiao.records.findings import Finding
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import OrganisationParty
from xinqiao.records.party_rules import organisation_rules


class Evaluation(BaseModel):
    """One evaluation of one organisation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: OrganisationParty
    grade: str = Field(title="评价等级")
    score: Score | None = Field(None, title="评价得分")
    evaluated_on: IsoDate = Field(title="评价日期")
    evaluator: str = Field(title="评价机构")
    edition: str | None = Field(None, title="评价标准")
    remarks: str | None = Field(None, title="备注")


def evaluation_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with an evaluation beyond the form of its single fields."""
    yield from organisation_rules(content)
    yield from not_in_future(Evaluation, content, today, "evaluated_on")


EVALUATION = define(
    "evaluation",
    "公共信用综合评价",
    Evaluation,
    evaluation_rules,
    about=About.ORGANISATIONS,
    key=("evaluator", "evaluated_on"),
    key_name="同一主体的评价机构和日期",
    subject_in_key=SubjectInKey.OWNER,
    decided_on=("evaluated_on",),
    free_text=("remarks",),
    incoming=True,
)
