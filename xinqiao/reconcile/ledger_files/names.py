"""What a platform calls the columns of a ledger that it lets people download (台账列名)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from xinqiao.intake.headers import HeaderTable, header_table, normalise_header
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.identity import RECORD_ID
from xinqiao.records.kinds import kind_of

TAKEN_IN = " taken_in"
"""Stands for the column 入库时间; no field code begins with a blank."""

REFERENCE = " reference"
"""Stands for the column 平台编号."""


@dataclass(frozen=True, slots=True)
class LedgerNames:
    """What the profile says of a platform's downloaded ledgers.

    Attributes:
        taken_in: Headers of the time at which the platform took a record in (入库时间).
        reference: Headers of the platform's own id of a record (平台编号).
        fields: Field code → further headers of that field.
        rows_at_most: Most rows that the platform writes into one file, where it has such a bound:
            a file as long as that was probably cut off.
    """

    taken_in: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows_at_most: int | None = None


def ledger_headers(compiled: CompiledFormat, names: LedgerNames) -> HeaderTable:
    """Return how the columns of a ledger are spelled: spelling → field code.

    A field is known by its code, by its Chinese name in the platform's template, by what the
    profile adds, and by what offices call the record field that it is filled from. A spelling that
    would mean two fields means neither, unless it is the code or the name of one of them.
    """
    table = compiled.table
    spellings: dict[str, str] = {}
    stronger = (
        _clear((one, code) for code, more in names.fields.items() for one in more),
        _clear((one.code, one.code) for one in table.fields),
        _clear((one.name, one.code) for one in table.fields),
        _clear((one, TAKEN_IN) for one in names.taken_in),
        _clear((one, REFERENCE) for one in names.reference),
        _clear(_office_words(compiled)),
    )
    for found in stronger:
        spellings = {**found, **spellings}
    return HeaderTable(
        kind=table.kind,
        signature=table.key_fields,
        fields=MappingProxyType({}),
        spellings=MappingProxyType(spellings),
    )


def _office_words(compiled: CompiledFormat) -> Iterable[tuple[str, str]]:
    kind = kind_of(compiled.table.kind)
    known = header_table(kind.identifier).fields
    for one in compiled.table.fields:
        if one.source_path is not None and one.source_path != RECORD_ID:
            header = known.get(one.source_path)
            for spelling in () if header is None else (header.label, *header.aliases):
                yield spelling, one.code
            if one.source_path == kind.number_field:
                yield kind.key_name, one.code


def _clear(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return normalised spelling → code, without spellings of two codes."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for spelling, code in pairs:
        plain = normalise_header(spelling)
        if found.setdefault(plain, code) != code:
            twice.add(plain)
    return {plain: code for plain, code in found.items() if plain not in twice}
