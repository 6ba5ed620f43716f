"""Which columns of a case system's list tell the decisions (源头清单的列)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from xinqiao.errors import InputError
from xinqiao.intake.columns import column_letter, refuse_another_kind
from xinqiao.intake.headers import FieldHeader, HeaderTable, header_table, normalise_header
from xinqiao.records.conditions import TablePart
from xinqiao.records.identity_text import quote
from xinqiao.records.kind import Kind, SubjectInKey
from xinqiao.records.kinds import KINDS, kind_of
from xinqiao.records.shipped_tables import read_table

DEPARTMENT = " department"
"""Stands for the column of the department that answers for a decision."""

AUTHORITY = "authority_code"
"""Path of the part of a key that a list of one authority does not tell."""

_FILE = "headers.toml"
_SUBJECT = "subject.name"
_Words = Annotated[tuple[str, ...], Field(min_length=1)]


class _Further(TablePart):
    source: str
    number: _Words
    decided_on: _Words
    subject: _Words
    department: _Words


@dataclass(frozen=True, slots=True)
class SourceColumns:
    """The columns of one list.

    Attributes:
        fields: Index of the column, from 0 → the field.
        department: Index of the column of the department, if there is one.
        unknown: Headers that are not read, with their column.
    """

    fields: Mapping[int, FieldHeader]
    department: int | None
    unknown: tuple[str, ...]


def comparable(kind: str) -> Kind:
    """Return a kind whose decisions a list of the case system can name by number and date.

    Raises:
        InputError: The kind is unknown, comes back from platforms, or has no number or decision.
    """
    definition = kind_of(kind)
    if not _comparable(definition):
        names = "、".join(
            f"{one.name}（{one.identifier}）" for one in KINDS.values() if _comparable(one)
        )
        raise InputError(
            f"{definition.name}没有文书号或决定日期，不能与业务系统的清单逐条核对；可以核对的有{names}",
            code="kind_without_decisions",
        )
    return definition


def is_comparable(kind: str) -> bool:
    """Tell whether a list of the case system can name decisions of a kind; see the above."""
    return _comparable(kind_of(kind))


def _comparable(kind: Kind) -> bool:
    owned = kind.subject_in_key is SubjectInKey.OWNER
    return bool(not kind.incoming and not owned and kind.number_field and kind.decision_date_fields)


@cache
def source_headers(kind: str) -> HeaderTable:
    """Return how the columns of a list are spelled; spellings of the import come first."""
    table, definition, further = header_table(kind), kind_of(kind), _further()
    more = (
        ((definition.key_name, *further.number), definition.number_field),
        (further.decided_on, definition.decision_date_fields[0]),
        (further.subject, _SUBJECT),
        (further.department, DEPARTMENT),
    )
    spellings = {
        normalise_header(word): path
        for words, path in more
        for word in words
        if path == DEPARTMENT or path in table.fields
    }
    return HeaderTable(
        kind=kind,
        signature=table.signature,
        fields=table.fields,
        spellings=MappingProxyType(spellings | dict(table.spellings)),
    )


@cache
def _further() -> _Further:
    text = (resources.files(__package__) / _FILE).read_text(encoding="utf-8")
    return read_table(text, _FILE, _Further)


def match_source(
    kind: Kind, headers: Sequence[str], wanted: frozenset[str], place: str
) -> SourceColumns:
    """Return which of ``headers`` holds what of a decision.

    Args:
        kind: Record kind.
        headers: The header row.
        wanted: Paths of the fields that are read; others are known and left.
        place: File and sheet, to begin messages with.

    Raises:
        InputError: A field stands in two columns, a part of the key in none, or it is the table of
            another kind.
    """
    table = source_headers(kind.identifier)
    paths: dict[int, str] = {}
    unknown: list[str] = []
    for index, header in enumerate(headers):
        path = table.spellings.get(normalise_header(header))
        if path is not None:
            _refuse_twin(paths, index, path, headers, place)
            paths[index] = path
        elif header.strip():
            unknown.append(f"{column_letter(index)} 列{quote(header)}")
    told = set(paths.values())
    missing = [
        kind.labels[path]
        for path in kind.key_fields
        if path not in told and path != AUTHORITY and path not in kind.optional_key_fields
    ]
    if missing:
        refuse_another_kind(kind.identifier, headers, place)
        strange = f"；不认识的列有{'、'.join(unknown)}" if unknown else ""
        raise InputError(
            f"{place}：缺少认出{kind.name}所必需的列“{'”、“'.join(missing)}”{strange}。"
            "没有对账，请改正表头",
            code="source_columns",
        )
    return SourceColumns(
        MappingProxyType(
            {index: table.fields[path] for index, path in paths.items() if path in wanted}
        ),
        next((index for index, path in paths.items() if path == DEPARTMENT), None),
        tuple(unknown),
    )


def _refuse_twin(
    paths: Mapping[int, str], index: int, path: str, headers: Sequence[str], place: str
) -> None:
    other = next((one for one, known in paths.items() if known == path), None)
    if other is not None:
        twins = "和".join(f"{column_letter(one)} 列{quote(headers[one])}" for one in (other, index))
        raise InputError(
            f"{place}：{twins}意思相同，分不清以哪一列为准。没有对账，请删去其中一列",
            code="column_twice",
        )
