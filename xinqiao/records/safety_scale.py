"""The scale of safety credit (安全生产信用等级): which score is which grade, read from its table.

Source: ``safety_scale.toml``, which names its own. Used to check what the platform tells, never to
give a grade.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from xinqiao.records.conditions import TablePart, Text
from xinqiao.records.shipped_tables import shipped_table


class _Row(TablePart):
    """One grade; the keys are explained at the head of the table."""

    grade: Text
    at_least: int | None = Field(None, alias="from", ge=0)
    on_site: bool = False
    low: bool = False
    source: Text
    confidence: Literal["summary", "inferred"]


class SafetyScaleTable(TablePart):
    """The whole table; the keys are explained at its head."""

    base: int
    base_source: Text
    on_site_source: Text
    low_source: Text
    stale_after_days: int = Field(ge=1)
    stale_source: Text
    grades: tuple[_Row, ...] = Field(alias="grade", min_length=1)

    @model_validator(mode="after")
    def _descending(self) -> Self:
        names = [row.grade for row in self.grades]
        if len(set(names)) < len(names):
            raise ValueError("同一等级写了两次")
        for better, worse in pairwise(self.grades):
            if better.at_least is None or (worse.at_least or 0) >= better.at_least:
                raise ValueError(f"{worse.grade} 的分数线应低于 {better.grade} 的")
        if any(better.low and not worse.low for better, worse in pairwise(self.grades)):
            raise ValueError("比低等级更低的等级也应写 low = true")
        if self.grades[-1].at_least is not None:
            raise ValueError("最低一级不写分数线")
        return self


@dataclass(frozen=True, slots=True)
class Band:
    """The scores of one grade.

    Attributes:
        grade: The grade.
        words: Its scores in Chinese, such as 800 至 999 分.
        inferred: Whether no published text gives the threshold.
    """

    grade: str
    words: str
    inferred: bool


class SafetyScale:
    """The grades of safety credit and their scores.

    Attributes:
        base: Score that everybody begins with.
        grades: The grades, best first.
        on_site: Grades that ask for an evaluation on the spot (现场评价).
        on_site_source: What says so.
        low: Grades that a good assessment of ours contradicts.
        stale_after: A grade or evaluation older than that should be asked for again.
    """

    def __init__(self, table: SafetyScaleTable) -> None:
        """Keep what the table says."""
        self.base = table.base
        self.grades = tuple(row.grade for row in table.grades)
        self.on_site = frozenset(row.grade for row in table.grades if row.on_site)
        self.on_site_source = table.on_site_source
        self.low = frozenset(row.grade for row in table.grades if row.low)
        self.stale_after = timedelta(days=table.stale_after_days)
        self._bands: list[tuple[int | None, Band]] = []
        above: int | None = None
        for row in table.grades:
            band = Band(row.grade, _words(row.at_least, above), row.confidence == "inferred")
            self._bands.append((row.at_least, band))
            above = row.at_least

    def grade_of(self, score: int) -> Band:
        """Return the grade whose scores hold ``score``."""
        return next(band for least, band in self._bands if least is None or score >= least)


def _words(least: int | None, above: int | None) -> str:
    if above is None:
        return f"{least} 分以上"
    return f"不足 {above} 分" if least is None else f"{least} 至 {above - 1} 分"


@lru_cache
def safety_scale() -> SafetyScale:
    """Return the scale, read once.

    Raises:
        SettingsError: The table contradicts itself; the message names file and line.
    """
    return SafetyScale(shipped_table("safety_scale.toml", SafetyScaleTable))
