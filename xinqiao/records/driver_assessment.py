"""A driver's integrity assessment over twelve months (诚信考核).

Source: 交公路发〔2008〕280号 (trial), 道路运输从业人员管理规定: twelve months from the first issue
of the qualification, four grades; names of the fields after E0110 of JT/T 1049.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import in_order, not_in_future
from xinqiao.records.fields import IsoDate, WholeNumber, iso_date, one_of, whole_number
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import PersonParty
from xinqiao.records.party_rules import employer_rules, person_rules
from xinqiao.records.point_scales import point_scales
from xinqiao.records.year_rules import anniversaries

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


def driver_assessment_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with an assessment beyond the form of its single fields."""
    yield from person_rules(content, today)
    yield from employer_rules(content)
    yield from not_in_future(DriverAssessment, content, today, "first_issued_on", "assessed_on")
    yield from in_order(DriverAssessment, content, "cycle_from", "assessed_on")
    yield from _cycle(content)
    yield from _assessed_early(content)
    yield from _next(content)
    yield from _points(content)


def _cycle(content: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is wrong with the cycle: twelve months from an anniversary of the first issue."""
    first = iso_date(content.get("first_issued_on"))
    start, end = iso_date(content.get("cycle_from")), iso_date(content.get("cycle_to"))
    if start is None:
        return
    if first is not None and start not in _starts(first, start.year):
        message = (
            f"考核周期起 {start} 不是初次领证日期 {first} 的周年日：考核周期为 12 个月，"
            "从初次领证之日起算，请核对两处"
        )
        yield Finding("cycle_from", "not_an_anniversary", Severity.ERROR, message)
        first = None
    ends = [day - timedelta(days=1) for day in sorted(_starts(first or start, start.year + 1))]
    if end is not None and end not in ends:
        expected = " 或 ".join(map(str, ends))
        message = f"考核周期不是 12 个月：从 {start} 起，应到 {expected} 止，现为 {end}，请核对"
        yield Finding("cycle_to", "not_twelve_months", Severity.ERROR, message)


def _starts(first: date, year: int) -> frozenset[date]:
    """Return the days of ``year`` on which a cycle may start; none before the first issue."""
    return frozenset(day for day in anniversaries(first, year) if day >= first)


def _assessed_early(content: Mapping[str, str]) -> Iterator[Finding]:
    end, assessed = iso_date(content.get("cycle_to")), iso_date(content.get("assessed_on"))
    if end is not None and assessed is not None and assessed < end:
        message = f"考核日期 {assessed} 时考核周期尚未结束（到 {end} 止），请核对"
        yield Finding("assessed_on", "cycle_not_over", Severity.WARNING, message)


def _next(content: Mapping[str, str]) -> Iterator[Finding]:
    following = iso_date(content.get("next_assessment_on"))
    ends = [iso_date(content.get(field)) for field in ("cycle_to", "assessed_on")]
    known = [day for day in ends if day is not None]
    # counted from the end of the cycle, from the day after it, or from the day of assessing
    starts = [*known, *(day + timedelta(days=1) for day in known)]
    expected = {one for day in starts for one in anniversaries(day, day.year + 1)}
    if following is not None and expected and following not in expected:
        message = f"下次考核日期 {following} 不是本次之后 12 个月，请核对"
        yield Finding("next_assessment_on", "not_twelve_months", Severity.WARNING, message)


def _points(content: Mapping[str, str]) -> Iterator[Finding]:
    points, grade = whole_number(content.get("points")), content.get("grade")
    if points is None:
        return
    if points < 0:
        yield Finding("points", "negative", Severity.ERROR, "累计计分不能小于 0，请核对")
        return
    for band in point_scales().of("driver_assessment"):
        if band.holds(points) and grade in GRADES and grade != band.grade:
            message = (
                f"累计计分 {points} 分（{band.words}）应为 {band.grade}（{band.said_by}），"
                f"诚信等级填了 {grade}，请核对两处"
            )
            yield Finding("grade", "contradicts_points", band.severity, message)
        elif grade == band.grade and not band.holds(points):
            message = (
                f"累计计分 {points} 分，{band.missed}，诚信等级却为 {grade}："
                "已经清分或另有原因的可以不改，请核对"
            )
            yield Finding("grade", "points_do_not_say_so", Severity.WARNING, message)


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
