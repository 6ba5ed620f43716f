"""The header tables: how offices spell column headers, one TOML table for each kind of record."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from xinqiao.records.kinds import KINDS

RECORD_ID = "记录标识"
"""Column of our findings workbook that tells which record a row corrects."""

ORIGINAL_ROW = "原行号"
"""Column of our findings workbook: the row of the file that was imported; not read back."""

REASONS = "疑点"
"""Column of our findings workbook: what is wrong with the row; not read back."""

HOW = "怎么改"
"""Column of our findings workbook: what to do about the row; not read back."""

RESERVED = (RECORD_ID, ORIGINAL_ROW, REASONS, HOW)

_IGNORED = re.compile(r"[\s()\[\]{}〔〕【】<>《》*:]+")


class FieldType(StrEnum):
    """How the cells of a column are read."""

    TEXT = "text"
    """Free wording."""

    REFERENCE = "reference"
    """A number with words in it, such as a 文书号; its spelling is kept."""

    CODE = "code"
    """Digits and capital letters only."""

    DATE = "date"
    """A date."""

    CHOICE = "choice"
    """One of a few words."""

    WORDS = "words"
    """One or several of a few words."""

    AMOUNT = "amount"
    """A number in 万元."""

    NUMBER = "number"
    """A count, points or a year: a number without a unit."""

    PICTURES = "pictures"
    """Names of picture files beside the imported file."""


@dataclass(frozen=True, slots=True)
class FieldHeader:
    """One field as a column.

    Attributes:
        path: Dotted path of the field.
        label: Chinese label of the national format.
        aliases: Other spellings that are taken, codes of the format included.
        type: How the cells are read.
        values: Other ways to write the words of a choice → the word.
        long_term: Whether a date may also be 长期.
        units: Units that may be written behind a number, longest first.
        hint: How to fill it in, where the words for its type do not fit.
        when: Who must fill it in, where not everybody must or may.
        scale: Table whose grades are told: ``quality`` or ``points``.
    """

    path: str
    label: str
    aliases: tuple[str, ...]
    type: FieldType
    values: Mapping[str, str]
    long_term: bool
    units: tuple[str, ...] = ()
    hint: str = ""
    when: str = ""
    scale: str = ""


@dataclass(frozen=True, slots=True)
class HeaderTable:
    """The columns of one kind of record.

    Attributes:
        kind: Kind identifier.
        signature: Paths of the fields by which a table of this kind is recognised.
        fields: Field path → its column.
        spellings: Normalised label or alias → field path.
    """

    kind: str
    signature: tuple[str, ...]
    fields: Mapping[str, FieldHeader]
    spellings: Mapping[str, str]

    def paths(self, headers: Iterable[str]) -> set[str]:
        """Return the paths of the fields that ``headers`` name."""
        known = (self.spellings.get(normalise_header(header)) for header in headers)
        return {path for path in known if path is not None}


def normalise_header(text: str) -> str:
    """Return ``text`` without what makes no difference: widths, blanks, brackets, case, marks."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text)).casefold()


@lru_cache
def header_table(kind: str) -> HeaderTable:
    """Return the header table of ``kind``, read once from ``headers/<kind>.toml``.

    ``behaviour`` is no kind of record, but a table of the bureau's read in the same way.
    """
    resource = resources.files("xinqiao.intake") / "headers" / f"{kind}.toml"
    plain = tomllib.loads(resource.read_text(encoding="utf-8"))
    fields = tuple(
        FieldHeader(
            path=entry["path"],
            label=entry["label"],
            aliases=tuple(entry["aliases"]),
            type=FieldType(entry["type"]),
            values=MappingProxyType(entry.get("values", {})),
            long_term=entry.get("long_term", False),
            units=tuple(sorted(entry.get("units", ()), key=len, reverse=True)),
            hint=entry.get("hint", ""),
            when=entry.get("when", ""),
            scale=entry.get("scale", ""),
        )
        for entry in plain["field"]
    )
    spellings = {
        normalise_header(spelling): field.path
        for field in fields
        for spelling in (field.label, *field.aliases)
    }
    return HeaderTable(
        kind=kind,
        signature=tuple(plain["signature"]),
        fields=MappingProxyType({field.path: field for field in fields}),
        spellings=MappingProxyType(spellings),
    )


def column_labels(kind: str) -> dict[str, str]:
    """Return field path → heading of its column in the import table of ``kind``, in order."""
    return {path: one.label for path, one in header_table(kind).fields.items()}


def header_tables() -> tuple[HeaderTable, ...]:
    """Return the header tables of all kinds."""
    return tuple(header_table(kind) for kind in KINDS)
