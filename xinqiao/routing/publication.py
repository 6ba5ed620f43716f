"""Whether a record may be shown to everybody (公开范围): read from ``publication.toml``.

山东省社会信用条例 §20 names three ways: open to the public, shared among authorities, asked for
with authorisation. What concerns natural persons is never open to the public.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.conditions import Condition
from xinqiao.records.kinds import kind_of
from xinqiao.routing.rows import condition_test, rows_by_kind
from xinqiao.routing.rules import Confidence, Text
from xinqiao.routing.tables import TableFile, shipped_table

_FILE = "publication.toml"


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


LEVELS: Mapping[Level, str] = {
    Level.PUBLIC: "社会公开",
    Level.SHARED: "政务共享",
    Level.AUTHORISED: "授权查询",
    Level.WITHHELD: "不予公开",
}
"""Who may see a record, as people read it (公开范围)."""


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
        return condition_test(self.when)(content)


class NaturalPersons(BaseModel):
    """Who may see what concerns natural persons, whatever the rows say (自然人).

    Attributes:
        level: Who may see it; never everybody.
        basis: Law and article, in Chinese.
        confidence: How well ``basis`` is known.
        note: Chinese remark, or empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Level
    basis: Text
    confidence: Confidence
    note: str = ""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    natural_persons: NaturalPersons
    publication: tuple[Publication, ...] = Field(min_length=1)


class PublicationRules:
    """The table: rows by kind, and what holds for natural persons whatever the rows say."""

    def __init__(self, file: TableFile) -> None:
        """Read the table.

        Raises:
            SettingsError: It is not TOML, a key is unknown or missing, a kind, a field or a word
                does not exist, a kind has no row that is about every record, a row can never hold,
                or natural persons would be shown to everybody; file and line are named.
        """
        table = file.read(_Table)
        self._rows = rows_by_kind(file, "publication", table.publication)
        self._persons = table.natural_persons
        if self._persons.level is Level.PUBLIC:
            raise file.fault(
                "自然人的信息不得向社会公开（《山东省社会信用条例》第二十条）",
                "natural_persons",
                "level",
            )

    @property
    def rows(self) -> Mapping[str, tuple[Publication, ...]]:
        """Kind → its rows, in order."""
        return MappingProxyType(self._rows)

    @property
    def persons(self) -> NaturalPersons:
        """What holds for natural persons where a row would show them to everybody."""
        return self._persons

    def of(self, kind: str, content: Mapping[str, str]) -> Publication:
        """Return the row that holds for a record."""
        row = next(one for one in self._rows[kind] if one.covers(content))
        if not row.is_public or not kind_of(kind).is_about_person(content):
            return row
        return Publication(kind=kind, **self._persons.model_dump())


def read_publication(text: str) -> PublicationRules:
    """Return the rules of a TOML ``text``.

    Raises:
        SettingsError: As :class:`PublicationRules`.
    """
    return PublicationRules(TableFile(_FILE, text))


@cache
def publication_rules() -> PublicationRules:
    """Return the rules that xinqiao ships."""
    return PublicationRules(shipped_table(_FILE))


def publication_of(kind: str, content: Mapping[str, str]) -> Publication:
    """Return who may see a record, and why."""
    return publication_rules().of(kind, content)
