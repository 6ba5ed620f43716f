"""Which field a platform speaks of (平台说的是哪一栏).

Platforms name a field by the code in their format, by its Chinese name, or not at all. What is
found is told as the department knows it: number and heading of the column in the import table.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from xinqiao.mapping.identity import RECORD_ID
from xinqiao.mapping.tables import FormatField, FormatTable

Labels = Callable[[str], Mapping[str, str]]
"""Takes a kind of record; gives field path → heading of its column, in the order of the columns."""

_SURE_LENGTH = 3
"""Names of so many characters are believed wherever they stand; shorter ones may be any word."""

_LEFT = r"(?:^|[\s“”‘’\"'「『【\[（(《<：:，,；;、。])"
_RIGHT = r"(?:$|[\s“”‘’\"'」』】\]）)》>：:，,；;、。]|不|为|格|超|长|必)"
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Place:
    """One field that a refusal is about.

    Attributes:
        path: Path of the field in the record; empty for what the program fills in by itself.
        item: Number of its column in the import table, from 1; 0 where there is none.
        label: Heading of its column; the platform's name where there is none.
        code: The platform's code of the field.
        name: The platform's name of the field.
    """

    path: str
    item: int
    label: str
    code: str
    name: str

    @property
    def words(self) -> str:
        """The field as people are told of it, such as 第3项“统一社会信用代码”."""
        return f"第{self.item}项“{self.label}”" if self.item else f"“{self.label}”"


def places_named(message: str, table: FormatTable, labels: Mapping[str, str]) -> tuple[Place, ...]:
    """Return the fields that the words of a platform name, in the order in which they stand there.

    Args:
        message: The platform's words.
        table: Its format of the kind.
        labels: Field path → heading, in the order of the import table.
    """
    found: dict[str, int] = {}
    by_code = {field.code: field for field in table.fields}
    rest = message
    for field in table.fields:
        match = _code(field.code).search(message) if field.code in message else None
        if match is not None:
            found[field.code] = match.start()
    # the longest first: 法定代表人证件号码 names no 法定代表人
    for name, field in sorted(_names(table, labels), key=lambda one: -len(one[0])):
        match = _name(name).search(rest) if name in rest else None
        if match is not None:
            start, end = match.span("name")
            rest = f"{rest[:start]}{chr(0) * (end - start)}{rest[end:]}"
            found.setdefault(field.code, start)
    codes = sorted(found, key=lambda code: found[code])[:_MOST_NAMED]
    return tuple(_place(by_code[code], labels) for code in codes)


def place_of(
    paths: Sequence[str], table: FormatTable | None, labels: Mapping[str, str]
) -> Place | None:
    """Return the first of ``paths`` that the platform's format is filled from, or None."""
    fields = {one.source_path: one for one in table.fields} if table is not None else {}
    return next((_place(fields[path], labels) for path in paths if path in fields), None)


def _place(field: FormatField, labels: Mapping[str, str]) -> Place:
    path = field.source_path or ""
    if path == RECORD_ID or path not in labels:
        return Place("", 0, field.name, field.code, field.name)
    return Place(path, list(labels).index(path) + 1, labels[path], field.code, field.name)


@cache
def _code(code: str) -> re.Pattern[str]:
    """Return what finds the code of a field; Chinese characters may stand right beside it.

    A code that is an English word is one only where no English is written around it, and where
    nothing is said to be its value (``code: 1003``).
    """
    around = r"(?<![A-Za-z0-9_.])", r"(?![A-Za-z0-9_])"
    if code.islower() and code.isalpha():
        return re.compile(rf"(?<![A-Za-z] ){around[0]}{code}{around[1]}(?! ?[:=：]? ?[0-9A-Za-z])")
    return re.compile(rf"{around[0]}{re.escape(code)}{around[1]}")


@cache
def _name(name: str) -> re.Pattern[str]:
    text = re.escape(name)
    if len(name) >= _SURE_LENGTH:
        return re.compile(f"(?P<name>{text})")
    return re.compile(f"{_LEFT}(?P<name>{text})(?={_RIGHT})")


def _names(table: FormatTable, labels: Mapping[str, str]) -> Iterator[tuple[str, FormatField]]:
    for field in table.fields:
        names = {field.name, labels.get(field.source_path or "", field.name)}
        # 行政相对人代码_1(统一社会信用代码) is told by what stands in the brackets too
        names |= {inner for name in names for inner in re.findall(r"[（(]([^（()）]+)[）)]", name)}
        yield from ((name, field) for name in names)
