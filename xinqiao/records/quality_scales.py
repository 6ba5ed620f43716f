"""The scales of quality and reputation (质量信誉等级), one for each assessed object.

At least four scales use the letters AAA to B in different meanings, so a grade is looked up with
its object. Source: ``quality_scales.toml``, which names its own row by row.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal, Self

from pydantic import Field, StrictBool, model_validator

from xinqiao.records.conditions import TablePart, Text
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identity_text import quote
from xinqiao.records.shipped_tables import shipped_table


class QualityScale(TablePart):
    """The grades of some assessed objects; the keys are explained at the head of the table."""

    objects: tuple[Text, ...] = Field(min_length=1)
    grades: tuple[Text, ...] = Field(min_length=2)
    good: int = Field(ge=1)
    doubtful: tuple[Text, ...] = ()
    closed: StrictBool
    confidence: Literal["text", "secondary", "unknown"]
    cycle: Literal["text", "assumed"]
    source: Text

    @model_validator(mode="after")
    def _without_contradiction(self) -> Self:
        words = (*self.grades, *self.doubtful)
        if len(set(words)) < len(words):
            raise ValueError(f"{'、'.join(self.objects)}：同一等级写了两次")
        if self.good >= len(self.grades):
            raise ValueError(f"{'、'.join(self.objects)}：good 应少于等级的个数")
        if self.closed and self.confidence == "unknown":
            raise ValueError(f"{'、'.join(self.objects)}：没有依据的等级表不能是封闭的")
        return self

    @property
    def good_grades(self) -> tuple[str, ...]:
        """The grades that a low grade of a platform contradicts."""
        return self.grades[: self.good]


class QualityScales(TablePart):
    """The whole table (等级表)."""

    edition: Text
    highest_score: int = Field(ge=1)
    good_source: Text
    scales: tuple[QualityScale, ...] = Field(alias="scale", min_length=1)

    @model_validator(mode="after")
    def _each_object_once(self) -> Self:
        objects = [name for scale in self.scales for name in scale.objects]
        doubled = {name for name in objects if objects.count(name) > 1}
        if doubled:
            raise ValueError(f"考核对象 {'、'.join(sorted(doubled))} 写了两次")
        return self

    @property
    def by_object(self) -> Mapping[str, QualityScale]:
        """Assessed object → its scale."""
        return {name: scale for scale in self.scales for name in scale.objects}


@cache
def quality_scales() -> QualityScales:
    """Return the scales that are shipped, read once.

    Raises:
        SettingsError: The table contradicts itself; the message names file and line.
    """
    return shipped_table("quality_scales.toml", QualityScales)


def grade_findings(
    content: Mapping[str, str], field: str, label: str, worst: Severity
) -> Iterator[Finding]:
    """Yield what is wrong with a grade, given the object that was assessed.

    Args:
        content: The record.
        field: Path of the grade.
        label: Its Chinese name.
        worst: How much a grade outside its scale matters.
    """
    name, grade = content.get("assessed_object", ""), content.get(field)
    scale = quality_scales().by_object.get(name)
    if scale is None or grade is None or grade in scale.grades:
        return
    allowed = "、".join(scale.grades)
    if grade in scale.doubtful:
        message = f"{label}{quote(grade)}是否为{name}的等级尚未核实（{scale.source}），请核对"
        yield Finding(field, "grade_unconfirmed", Severity.WARNING, message)
    elif scale.closed:
        message = f"{label}{quote(grade)}不是{name}的等级，只能填：{allowed}（{scale.source}）"
        yield Finding(field, "grade_outside_scale", worst, message)
    else:
        message = f"{label}{quote(grade)}不是常见的等级（{allowed}）：{scale.source}，请核对"
        yield Finding(field, "grade_unconfirmed", Severity.WARNING, message)
