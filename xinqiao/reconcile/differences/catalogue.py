"""What two sides can differ in, and what can be done about each (差异种类): a table."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Self

from pydantic import Field, model_validator

from xinqiao.records.conditions import TablePart
from xinqiao.records.shipped_tables import read_table

Word = Annotated[str, Field(min_length=1)]

_FILE = "differences.toml"

ACTIONS: Mapping[str, str] = {
    "resend": "重新报送",
    "correct": "更正平台",
    "withdraw": "请平台撤下",
    "accept-theirs": "认可平台的",
}
"""Action of a person → what operators read."""

SUGGESTIONS: Mapping[str, str] = {**ACTIONS, "chase": "向平台追问", "import": "补录导入"}
"""What is suggested → what operators read; the last two are done with other commands."""

LEDGER = ("missing_at_platform", "unknown_locally", "different", "repeated")
"""What comparing a platform's ledger can find."""

NO_ANSWER = "no_answer"
"""Something was sent, and its receipt did not come in time."""


class Nature(TablePart):
    """One way in which two sides differ (差异种类).

    Attributes:
        what: Identifier.
        why: The cause it is about; empty for all that have no row of their own.
        title: Chinese name.
        suggested: What to do, one of :data:`SUGGESTIONS`.
        actions: What can be done by ``items act``.
        advice: A sentence of advice, in Chinese.
    """

    what: Word
    why: str = ""
    title: Word
    suggested: Word
    actions: tuple[Word, ...]
    advice: Word

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        unknown = {self.suggested} - SUGGESTIONS.keys() | set(self.actions) - ACTIONS.keys()
        if unknown:
            raise ValueError(f"没有这种办法：{'、'.join(sorted(unknown))}")
        return self


class _Table(TablePart):
    difference: tuple[Nature, ...]


def read_natures(text: str) -> Mapping[tuple[str, str], Nature]:
    """Return (what, why) → row of a TOML ``text``.

    Raises:
        SettingsError: The table is wrong; file and line are named.
    """
    table = read_table(text, _FILE, _Table)
    return {(one.what, one.why): one for one in table.difference}


@cache
def natures() -> Mapping[tuple[str, str], Nature]:
    """Return the shipped table."""
    return read_natures((resources.files(__package__) / _FILE).read_text("utf-8"))


def nature_of(what: str, why: str = "") -> Nature:
    """Return the row for a difference.

    Raises:
        KeyError: There is no such difference.
    """
    table = natures()
    return table[what, why] if (what, why) in table else table[what, ""]


def kinds_of_difference() -> list[str]:
    """Return every ``what`` of the table, in its order."""
    return list(dict.fromkeys(what for what, _ in natures()))
