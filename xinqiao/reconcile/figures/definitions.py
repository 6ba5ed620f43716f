"""What figures there are (考核指标): read from ``figures.toml``, which a clerk can review."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from pydantic import Field, StrictBool, model_validator

from xinqiao.errors import InputError
from xinqiao.records.conditions import TablePart, Text
from xinqiao.records.shipped_tables import read_table

_FILE = "figures.toml"


class Counts(StrEnum):
    """What a figure counts (统计对象)."""

    FIRST_REPORTS = "first_reports"
    """The first report of a record to a platform; updates and withdrawals are none."""

    CHANGES = "changes"
    """Corrections and withdrawals of what a platform holds (更正、撤回)."""

    ITEMS = "items"
    """The items that a platform's format requires of a record (应填项)."""

    FILES = "files"
    """Rows of files that were read in."""


class Figure(TablePart):
    """One figure.

    Attributes:
        id: Identifier, such as ``on_time``.
        name: Chinese name.
        formula: In Chinese words.
        numerator: What the numerator is called.
        denominator: What the denominator is called.
        counts: What is counted.
        timed: Whether it depends on when a time limit ends: told by both ways of counting.
        source: Where the formula comes from.
        confidence: How well that is known: seen on a web page, seen in public code of a platform,
            or this project's own proposal. No figure is confirmed: the province's own definitions
            are not public.
        note: Chinese remark, or empty.
    """

    id: Text
    name: Text
    formula: Text
    numerator: Text
    denominator: Text
    counts: Counts
    timed: StrictBool
    source: Text
    confidence: Literal["web", "code", "proposal"]
    note: str = ""


class _Table(TablePart):
    figures: tuple[Figure, ...] = Field(validation_alias="figure", min_length=1)

    @model_validator(mode="after")
    def _nothing_twice(self) -> "_Table":
        identifiers = [one.id for one in self.figures]
        if len(set(identifiers)) < len(identifiers):
            raise ValueError("指标标识重复")
        return self


def read_figures(text: str) -> Mapping[str, Figure]:
    """Return the figures of a TOML ``text``, by identifier, in the order of the table.

    Raises:
        SettingsError: It is no TOML, a key is unknown or missing, or an identifier stands twice.
    """
    table = read_table(text, _FILE, _Table)
    return MappingProxyType({one.id: one for one in table.figures})


@cache
def figures() -> Mapping[str, Figure]:
    """Return the figures that xinqiao ships, by identifier."""
    text = (resources.files("xinqiao.reconcile.figures") / _FILE).read_text(encoding="utf-8")
    return read_figures(text)


def figure(identifier: str) -> Figure:
    """Return the figure called ``identifier``, such as ``on_time``.

    Raises:
        InputError: No such figure; the message lists those there are.
    """
    found = figures().get(identifier)
    if found is None:
        known = "、".join(f"{one.id}（{one.name}）" for one in figures().values())
        raise InputError(f"没有指标“{identifier}”，可用的有：{known}", code="unknown_figure")
    return found
