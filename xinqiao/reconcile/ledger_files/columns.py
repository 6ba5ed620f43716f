"""Which column of a downloaded ledger holds which field, and why it is not the one asked for.

What cannot be recognised is refused, or told: a column that is taken for another, or a ledger of
another kind, would make differences that are none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from xinqiao.errors import InputError
from xinqiao.intake.columns import column_letter
from xinqiao.intake.headers import HeaderTable, normalise_header
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.registry import format_for, formats
from xinqiao.reconcile.ledger_files.names import (
    REFERENCE,
    TAKEN_IN,
    LedgerNames,
    ledger_headers,
)
from xinqiao.records.identity_text import quote
from xinqiao.records.kinds import kind_of
from xinqiao.routing.platforms import platform_name

_SIMILAR = 0.75
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class LedgerColumns:
    """The columns of one sheet.

    Attributes:
        fields: Index of the column, from 0 → field code.
        taken_in: Index of the column 入库时间, if there is one.
        reference: Index of the column 平台编号, if there is one.
        unknown: Headers that were not recognised, with their column.
    """

    fields: Mapping[int, str]
    taken_in: int | None
    reference: int | None
    unknown: tuple[str, ...]


def match_ledger(
    headers: Sequence[str], table: HeaderTable, compiled: CompiledFormat, place: str
) -> LedgerColumns:
    """Return which of ``headers`` holds which field of the platform's format.

    Args:
        headers: The header row, blank where a column has none.
        table: How the columns may be spelled.
        compiled: The platform's format of the kind.
        place: File and sheet, to begin messages with.

    Raises:
        InputError: A field stands in two columns, a field of the key in none (names what is needed
            and what is not recognised), it is the ledger of another kind or platform, or nothing in
            it was said by a platform: it is the bureau's own table.
    """
    codes: dict[int, str] = {}
    unknown: list[int] = []
    for index, header in enumerate(headers):
        code = table.spellings.get(normalise_header(header))
        if code is not None:
            codes[index] = code
        elif header.strip():
            unknown.append(index)
    _refuse_another(table, headers, compiled, place)
    _refuse_twins(codes, headers, compiled, place)
    _refuse_missing(codes, unknown, headers, table, compiled, place)
    _refuse_our_own(codes, unknown, headers, place)
    where = {code: index for index, code in codes.items()}
    return LedgerColumns(
        MappingProxyType(
            {index: code for index, code in codes.items() if code not in (TAKEN_IN, REFERENCE)}
        ),
        where.get(TAKEN_IN),
        where.get(REFERENCE),
        tuple(_named(index, headers) for index in unknown),
    )


def title_of(code: str, compiled: CompiledFormat) -> str:
    """Return what a person calls a column."""
    if code == TAKEN_IN:
        return "入库时间"
    if code == REFERENCE:
        return "平台编号"
    return f"{compiled.fields[code].name}（{code}）"


def _refuse_another(
    table: HeaderTable, headers: Sequence[str], compiled: CompiledFormat, place: str
) -> None:
    """Refuse the ledger of another kind or platform.

    Another kind of the same platform need only fit better. Two platforms may show the same columns,
    so another platform must fit where this one does not at all.
    """
    mine = table.paths(headers) - {TAKEN_IN, REFERENCE}
    platform, kind = compiled.table.platform, compiled.table.kind
    keyed = set(compiled.table.key_fields) <= mine
    best, name = len(mine), ""
    for other in sorted(formats(), key=lambda one: one.platform != platform):
        if (other.platform, other.kind) == (platform, kind):
            continue
        if keyed and other.platform != platform:
            continue
        known = _table_of(other.platform, other.kind).paths(headers)
        if len(known) > best and set(other.key_fields) <= known:
            best = len(known)
            name = f"{platform_name(other.platform)}的{kind_of(other.kind).name}"
    if name:
        ours = f"{platform_name(platform)}的{kind_of(kind).name}"
        raise InputError(
            f"{place}：这份台账像是{name}，不是{ours}。没有对账，请核对 --platform、--kind 和文件",
            code="another_ledger",
        )


def _table_of(platform: str, kind: str) -> HeaderTable:
    return ledger_headers(format_for(platform, kind), LedgerNames())


def _refuse_twins(
    codes: Mapping[int, str], headers: Sequence[str], compiled: CompiledFormat, place: str
) -> None:
    first: dict[str, int] = {}
    for index, code in codes.items():
        if code in first:
            twins = "和".join(_named(one, headers) for one in (first[code], index))
            raise InputError(
                f"{place}：{twins}都是“{title_of(code, compiled)}”，分不清以哪一列为准。"
                "没有对账，请删去其中一列",
                code="column_twice",
            )
        first[code] = index


def _refuse_missing(
    codes: Mapping[int, str],
    unknown: Sequence[int],
    headers: Sequence[str],
    table: HeaderTable,
    compiled: CompiledFormat,
    place: str,
) -> None:
    missing = [code for code in compiled.table.key_fields if code not in codes.values()]
    if not missing:
        return
    needed = "、".join(
        f"“{title_of(code, compiled)}”{_near(code, unknown, headers, table)}" for code in missing
    )
    more = f" 等 {len(unknown)} 列" if len(unknown) > _MOST_NAMED else ""
    strange = "、".join(_named(index, headers) for index in unknown[:_MOST_NAMED])
    told = f"；不认识的列有{strange}{more}" if unknown else ""
    raise InputError(
        f"{place}：缺少认出记录所必需的列{needed}{told}。没有对账，"
        "请改正表头，或在平台配置的 [ledger_file] 中写明平台用的列名",
        code="ledger_columns",
    )


def _refuse_our_own(
    codes: Mapping[int, str], unknown: Sequence[int], headers: Sequence[str], place: str
) -> None:
    """Refuse a table without any column that only the platform can fill in.

    Compared with us, the bureau's own import file would show every record not sent yet as one that
    somebody else reported.
    """
    if {TAKEN_IN, REFERENCE} & set(codes.values()):
        return
    strange = "、".join(_named(index, headers) for index in unknown[:_MOST_NAMED])
    told = f"；不认识的列有{strange}" if unknown else ""
    raise InputError(
        f"{place}：这不像平台台账，像本单位的导入表：没有入库时间一列，也没有平台编号一列{told}。"
        "没有对账，请从平台下载带入库时间的台账；"
        "平台用别的列名的，在平台配置的 [ledger_file] 中写明",
        code="not_a_ledger",
    )


def _near(code: str, unknown: Sequence[int], headers: Sequence[str], table: HeaderTable) -> str:
    candidates = [spelling for spelling, one in table.spellings.items() if one == code]
    for index in unknown:
        if get_close_matches(normalise_header(headers[index]), candidates, 1, _SIMILAR):
            return f"（{_named(index, headers)}与它相近）"
    return ""


def _named(index: int, headers: Sequence[str]) -> str:
    return f"{column_letter(index)} 列{quote(headers[index])}"
