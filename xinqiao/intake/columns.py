"""Which column holds which field: recognising the kind of a table and reading its header row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from xinqiao.errors import InputError
from xinqiao.intake.headers import (
    RECORD_ID,
    RESERVED,
    HeaderTable,
    header_table,
    header_tables,
    normalise_header,
)
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identity_text import quote
from xinqiao.records.kinds import kind_of

_SIMILAR = 0.75  # of 许可类型 and 许可类别: one character in four
_RESERVED = {normalise_header(label): label for label in RESERVED}

# a number that may stand in for another: without 文书号 the 许可编号 is reported (national format)
_STAND_INS = {"document_number": "licence_number"}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one table.

    Attributes:
        kind: Kind identifier.
        fields: Index of the column, from 0 → field path.
        original: Indexes of the columns that are not of our own findings workbook, with a header.
        record_id: Index of the column 记录标识, if there is one.
        findings: (index of the column, warning) for columns that are not read.
    """

    kind: str
    fields: Mapping[int, str]
    original: tuple[int, ...]
    record_id: int | None
    findings: tuple[tuple[int, Finding], ...]


def column_letter(index: int) -> str:
    """Return the letters by which spreadsheets name the column at ``index``, from 0."""
    letters = ""
    index += 1
    while index:
        index, remainder = divmod(index - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters


def guess_kind(headers: Sequence[str], place: str) -> str:
    """Return the kind whose signature stands in ``headers``.

    Raises:
        InputError: No kind fits, or more than one; names what each known kind lacks.
    """
    lacking = {table.kind: _lacking(table, headers) for table in header_tables()}
    fitting = [kind for kind, missing in lacking.items() if not missing]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = "、".join(kind_of(kind).name for kind in fitting)
        message = f"{place}：表头同时符合{names}，请用 --kind 指明记录类型"
        raise InputError(message, code="ambiguous_kind")
    reasons = "；".join(
        f"{kind_of(kind).name}缺少{'、'.join(missing)}" for kind, missing in lacking.items()
    )
    message = f"{place}：无法从表头判断记录类型（{reasons}）。请更正表头，或用 --kind 指明记录类型"
    raise InputError(message, code="unknown_kind")


def match_columns(kind: str, headers: Sequence[str], place: str) -> Columns:
    """Return which of ``headers`` holds which field.

    Args:
        kind: Kind identifier.
        headers: The header row, blank where a column has no header.
        place: File and sheet, to begin messages with.

    Raises:
        InputError: Two columns for one field, a header that is nearly a known one, a required
            column is missing, or the table looks like one of another kind.
    """
    table = header_table(kind)
    fields: dict[int, str] = {}
    reserved: dict[str, int] = {}
    unknown: list[int] = []
    for index, header in enumerate(headers):
        spelling = normalise_header(header)
        if path := table.spellings.get(spelling):
            fields[index] = path
        elif label := _RESERVED.get(spelling):
            reserved.setdefault(label, index)
        elif spelling:
            unknown.append(index)
    try:
        _refuse_twins(table, fields, headers, place)
        _refuse_near_misses(table, fields, unknown, headers, place)
        _refuse_missing(table, set(fields.values()), place)
    except InputError:
        # of a table of another kind the headers are right, and the kind is wrong
        refuse_another_kind(kind, headers, place)
        raise
    return Columns(
        kind=kind,
        fields=MappingProxyType(fields),
        original=tuple(sorted((*fields, *unknown))),
        record_id=reserved.get(RECORD_ID),
        findings=tuple((index, _not_read(index, headers[index])) for index in unknown),
    )


def refuse_another_kind(kind: str, headers: Sequence[str], place: str) -> None:
    """Refuse ``headers`` that are those of another kind than ``kind``.

    Raises:
        InputError: They lack what tells a table of ``kind``, and have all of one other kind.
    """
    lacking = {table.kind: _lacking(table, headers) for table in header_tables()}
    fitting = [other for other, missing in lacking.items() if not missing]
    if lacking[kind] and len(fitting) == 1:
        (other,) = fitting
        message = (
            f"{place}：这张表像是{kind_of(other).name}，不是{kind_of(kind).name}。"
            f"没有导入任何数据，请去掉 --kind，或改为 --kind {other} 后再导入"
        )
        raise InputError(message, code="another_kind")


def _lacking(table: HeaderTable, headers: Sequence[str]) -> list[str]:
    present = table.paths(headers)
    return [
        f"“{table.fields[path].label}”{_spelled_alike(table, path, headers)}"
        for path in table.signature
        if path not in present and _STAND_INS.get(path) not in present
    ]


def _spelled_alike(table: HeaderTable, path: str, headers: Sequence[str]) -> str:
    for index, header in enumerate(headers):
        spelling = normalise_header(header)
        if spelling not in table.spellings and _nearest(table, spelling, {path}) == path:
            return f"（{column_letter(index)} 列{quote(header)}与它相近）"
    return ""


def _nearest(table: HeaderTable, spelling: str, wanted: set[str]) -> str | None:
    """Return the path among ``wanted`` whose label is very similar to ``spelling``."""
    candidates = [known for known, path in table.spellings.items() if path in wanted]
    matches = get_close_matches(spelling, candidates, n=1, cutoff=_SIMILAR)
    return table.spellings[matches[0]] if matches else None


def _refuse_twins(
    table: HeaderTable, fields: Mapping[int, str], headers: Sequence[str], place: str
) -> None:
    first: dict[str, int] = {}
    for index, path in fields.items():
        if path in first:
            twins = "和".join(
                f"{column_letter(twin)} 列{quote(headers[twin])}" for twin in (first[path], index)
            )
            message = f"{place}：{twins}都是“{table.fields[path].label}”，请删去其中一列"
            raise InputError(message, code="column_twice")
        first[path] = index


def _refuse_near_misses(
    table: HeaderTable,
    fields: Mapping[int, str],
    unknown: Sequence[int],
    headers: Sequence[str],
    place: str,
) -> None:
    absent = set(table.fields) - set(fields.values())
    for index in unknown:
        path = _nearest(table, normalise_header(headers[index]), absent)
        if path is not None:
            message = (
                f"{place}：{column_letter(index)} 列的表头{quote(headers[index])}不认识，"
                f"与“{table.fields[path].label}”很相近。没有导入任何数据，"
                "请改正这个表头（若确是别的内容，请删去该列）后再导入"
            )
            raise InputError(message, code="header_near_miss")


def _refuse_missing(table: HeaderTable, present: set[str], place: str) -> None:
    required = kind_of(table.kind).required
    missing = "、".join(
        f"“{field.label}”"
        for path, field in table.fields.items()
        if path in required and path not in present and _STAND_INS.get(path) not in present
    )
    if missing:
        message = f"{place}：缺少必填的列{missing}，请补上后再导入"
        raise InputError(message, code="column_missing")


def _not_read(index: int, header: str) -> Finding:
    message = f"{column_letter(index)} 列{quote(header)}不是已知的列，没有读取"
    return Finding("", "unknown_column", Severity.WARNING, message)
