"""Whether a record may be shown to everybody (公开范围): read from ``publication.toml``.

山东省社会信用条例 §20 names three ways: open to the public, shared among authorities, asked for with
authorisation. What concerns natural persons is never open to the public.
"""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.conditions import Condition, always, compile_conditions
from xinqiao.records.kinds import KINDS, kind_of
from xinqiao.routing.rules import Confidence, Text


class Level(StrEnum):
    """Who may see a record (公开范围)."""

    PUBLIC = "public"
    """社会公开: everybody."""

    SHARED = "shared"
    """政务共享: authorities."""

    AUTHORISED = "authorised"
    """授权查询: who has the subject's authorisation."""

    WITHHELD = "withheld"
    """不予公开: nobody."""


class Publication(BaseModel):
    """One row: which records may be seen by whom (公开范围规则).

    Attributes:
        kind: Record kind, such as ``permit``.
        level: Who may see it.
        when: Conditions that together select the records the row is about; none for all. The first
            row of a kind that is about a record holds.
        basis: Law and article, in Chinese.
        confidence: How well ``basis`` is known.
        note: Chinese remark, or empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Text
    level: Level
    when: tuple[Condition, ...] = ()
    basis: Text
    confidence: Confidence
    note: str = ""

    @property
    def is_public(self) -> bool:
        """Whether everybody may see the record."""
        return self.level is Level.PUBLIC

    def covers(self, content: Mapping[str, str]) -> bool:
        """Tell whether the row is about a record of its kind."""
        return (compile_conditions(self.when) if self.when else always)(content)


class _NaturalPersons(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Level
    basis: Text
    confidence: Confidence
    note: str = ""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    natural_persons: _NaturalPersons
    publication: tuple[Publication, ...] = Field(min_length=1)


class PublicationRules:
    """The table: rows by kind, and what holds for natural persons whatever the rows say."""

    def __init__(self, table: _Table) -> None:
        """Sort the rows by kind.

        Raises:
            ValueError: A kind is unknown or has no row that is about every record, a row can never
                hold, or natural persons would be shown to everybody.
        """
        self._rows: dict[str, tuple[Publication, ...]] = {}
        for row in table.publication:
            if row.kind not in KINDS:
                raise ValueError(f"公开范围表有不存在的记录类型 {row.kind}")
            earlier = self._rows.get(row.kind, ())
            if any(not one.when or one.when == row.when for one in earlier):
                raise ValueError(f"公开范围表中 {row.kind} 的一行永远用不到：前面已有一行包括了它")
            self._rows[row.kind] = (*earlier, row)
        for kind in KINDS:
            if not any(not row.when for row in self._rows.get(kind, ())):
                raise ValueError(f"公开范围表缺少 {kind} 的一行（不写 when 的一行）")
        if table.natural_persons.level is Level.PUBLIC:
            raise ValueError("自然人的信息不得向社会公开（《山东省社会信用条例》第二十条）")
        self._persons = table.natural_persons

    @property
    def rows(self) -> Mapping[str, tuple[Publication, ...]]:
        """Kind → its rows, in order."""
        return MappingProxyType(self._rows)

    def of(self, kind: str, content: Mapping[str, str]) -> Publication:
        """Return the row that holds for a record."""
        row = next(one for one in self._rows[kind] if one.covers(content))
        if not row.is_public or not kind_of(kind).is_about_person(content):
            return row
        return Publication(kind=kind, **self._persons.model_dump())


def read_publication(text: str) -> PublicationRules:
    """Return the rules of a TOML ``text``.

    Raises:
        ValueError: The text is not TOML, a key is unknown or missing, or the rows contradict each
            other (pydantic's and tomllib's errors are subclasses).
    """
    return PublicationRules(_Table.model_validate(tomllib.loads(text)))


@cache
def publication_rules() -> PublicationRules:
    """Return the rules that xinqiao ships."""
    table = files("xinqiao.routing") / "publication.toml"
    return read_publication(table.read_text(encoding="utf-8"))


def publication_of(kind: str, content: Mapping[str, str]) -> Publication:
    """Return who may see a record, and why."""
    return publication_rules().of(kind, content)
