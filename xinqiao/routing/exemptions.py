"""What is owed to nobody (不报送): read from ``exemptions.toml``, which a clerk can review."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.errors import SettingsError
from xinqiao.routing.rules import Confidence, Text, by_identifier
from xinqiao.routing.tables import TableFile, shipped_table

_FILE = "exemptions.toml"


class Exemption(BaseModel):
    """One reason for which a record is kept and not reported (不报送规则).

    Attributes:
        id: Identifier, by which the settings switch it.
        title: Chinese name, shown as the reason.
        kinds: Record kinds to which it applies.
        field: Path of the field that decides.
        words: Any of these words in the field exempts the record.
        default: Whether it applies when the settings say nothing.
        basis: Law and article, in Chinese.
        confidence: How well ``basis`` is known.
        note: Chinese remark, or empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Text
    title: Text
    kinds: frozenset[Text] = Field(min_length=1)
    field: Text
    words: frozenset[Text] = Field(min_length=1)
    default: Literal["on", "off"]
    basis: Text
    confidence: Confidence
    note: str = ""

    def covers(self, kind: str, content: Mapping[str, str]) -> bool:
        """Tell whether a record of ``kind`` with ``content`` is exempt."""
        return kind in self.kinds and content.get(self.field, "") in self.words


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    exemption: tuple[Exemption, ...] = ()


def read_exemptions(text: str) -> Mapping[str, Exemption]:
    """Return the exemptions of a TOML ``text``, by identifier, in the order of the table.

    Raises:
        SettingsError: The text is not TOML, a key is unknown or missing, a value is not allowed, a
            kind, its field or a word of it does not exist, or an identifier stands twice; file and
            line are named.
    """
    table = TableFile(_FILE, text)
    rows = table.read(_Table).exemption
    for number, row in enumerate(rows):
        for kind in sorted(row.kinds):
            table.check_kind(kind, "exemption", number, "kinds")
            table.check_field(kind, row.field, "exemption", number, "field")
            table.check_words(kind, row.field, sorted(row.words), "exemption", number, "words")
    return by_identifier(rows, "exemption", "不报送规则", table)


@cache
def exemptions() -> Mapping[str, Exemption]:
    """Return the exemptions that xinqiao ships, by identifier."""
    return read_exemptions(shipped_table(_FILE).text)


def exemptions_in_force(switches: Mapping[str, bool]) -> tuple[Exemption, ...]:
    """Return the exemptions that apply.

    Args:
        switches: Identifier → whether it applies, where that differs from the default.

    Raises:
        SettingsError: ``switches`` names an exemption that does not exist.
    """
    unknown = [identifier for identifier in switches if identifier not in exemptions()]
    if unknown:
        known = "、".join(f"{row.id}（{row.title}）" for row in exemptions().values())
        raise SettingsError(
            f"xinqiao.toml 的 [exemptions] 没有“{'、'.join(unknown)}”这条不报送规则，"
            f"可用的有：{known}",
            code="unknown_exemption",
        )
    return tuple(row for row in exemptions().values() if switches.get(row.id, row.default == "on"))


def exemption_of(
    kind: str, content: Mapping[str, str], in_force: tuple[Exemption, ...]
) -> Exemption | None:
    """Return the first exemption that covers a record, if one does."""
    return next((row for row in in_force if row.covers(kind, content)), None)
