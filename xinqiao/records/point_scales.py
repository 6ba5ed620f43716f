"""Which points mean which grade (计分与等级), for the kinds of which that is known.

Source: ``point_scales.toml``, which names its own row by row and says what is verified.
"""

from functools import cache
from itertools import combinations
from typing import Literal, Self

from pydantic import Field, StrictBool, model_validator

from xinqiao.records.conditions import TablePart, Text
from xinqiao.records.findings import Severity
from xinqiao.records.shipped_tables import shipped_table


class Band(TablePart):
    """The points of one grade; the keys are explained at the head of the table."""

    kind: Text
    grade: Text
    least: int | None = Field(None, alias="from", ge=0)
    most: int | None = Field(None, alias="to", ge=0)
    severity: Literal[Severity.ERROR, Severity.WARNING]
    verified: StrictBool
    source: Text

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if self.least is not None and self.most is not None and self.most < self.least:
            raise ValueError(f"{self.kind} 的 {self.grade}：to 小于 from")
        return self

    def holds(self, points: int) -> bool:
        """Tell whether ``points`` lie in the band."""
        above = self.least is None or points >= self.least
        return above and (self.most is None or points <= self.most)

    @property
    def said_by(self) -> str:
        """What a message may name: the source only for bounds that were seen in its text."""
        return self.source if self.verified else "界限尚未在文件原文中核实"

    @property
    def words(self) -> str:
        """The points in Chinese, such as 11 至 19 分."""
        if self.most is None:
            return f"{self.least or 0} 分以上"
        return f"{self.least or 0} 至 {self.most} 分"

    @property
    def missed(self) -> str:
        """What is said of points that do not lie in the band, such as 未达到 20 分."""
        return f"未达到 {self.least or 0} 分" if self.most is None else f"不在 {self.words}之内"


class PointScales(TablePart):
    """The whole table (计分等级表)."""

    edition: Text
    bands: tuple[Band, ...] = Field(alias="band", min_length=1)

    @model_validator(mode="after")
    def _without_contradiction(self) -> Self:
        for one, other in combinations(self.bands, 2):
            if one.kind != other.kind:
                continue
            if one.grade == other.grade:
                raise ValueError(f"{one.kind} 的 {one.grade} 写了两次")
            ends = [
                end for end in (one.least, one.most, other.least, other.most) if end is not None
            ]
            if any(one.holds(end) and other.holds(end) for end in ends):
                raise ValueError(f"{one.kind} 的 {one.grade} 与 {other.grade} 的分数重叠")
        return self

    def of(self, kind: str) -> tuple[Band, ...]:
        """Return the bands of a kind, in the order of the table."""
        return tuple(band for band in self.bands if band.kind == kind)


@cache
def point_scales() -> PointScales:
    """Return the bands that are shipped, read once.

    Raises:
        SettingsError: The table contradicts itself; the message names file and line.
    """
    return shipped_table("point_scales.toml", PointScales)
