"""One row of a downloaded ledger as an entry of it, or why it is none (台账行).

A cell that cannot be believed is left out, so that it is not compared: a number whose digits a
spreadsheet lost, a masked text, a date that is none. Each is told; none is a difference.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from xinqiao.adapters.base import LedgerEntry
from xinqiao.intake.cells import cell_text
from xinqiao.intake.dates import UnreadableDateError, read_date
from xinqiao.intake.files.sheets import Cell
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.tables import CodeTable, FormatField
from xinqiao.reconcile.below_table import Note, Total, below_table
from xinqiao.reconcile.ledger_files.columns import LedgerColumns
from xinqiao.reconcile.ledger_files.instants import read_arrival

_EXACT_BELOW = 1e15
"""A spreadsheet keeps 15 digits of a number and writes noughts after them."""

_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+")
_MASKED = "*"


class Doubt(StrEnum):
    """Why a cell was not compared."""

    DIGITS_LOST = "digits_lost"
    """A spreadsheet turned a long number into a rounded one (长号码变成了数字)."""
    MASKED = "masked"
    """Characters are hidden behind asterisks (有遮盖)."""
    NO_DATE = "no_date"
    """It is no date (不是日期)."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row that is a record.

    Attributes:
        row: Row number in the sheet.
        entry: What it tells; without the cells of ``doubts``. Its key is empty where a cell of the
            key is in doubt or blank.
        dated: Whether the time of taking in could be read, where there is a column for it.
        doubts: Field code → why its cell was not compared.
    """

    row: int
    entry: LedgerEntry
    dated: bool
    doubts: Mapping[str, Doubt]

    @property
    def identified(self) -> bool:
        """Whether the row tells which record it is about."""
        return bool(self.entry.key)


class RowReader:
    """Reads the rows of one sheet.

    Args:
        columns: Which column holds which field.
        compiled: The platform's format of the kind.
    """

    def __init__(self, columns: LedgerColumns, compiled: CompiledFormat) -> None:
        self._columns = columns
        self._compiled = compiled
        self._readers = {
            code: _reader(compiled.fields[code], compiled.codes) for code in columns.fields.values()
        }

    def read(self, row: int, cells: Sequence[Cell]) -> Record | Total | Note | None:
        """Return what a row is; None for a blank one."""
        texts = [cell_text(cell).strip() for cell in cells]
        filled = [text for text in texts if text]
        if not filled:
            return None
        arrived, at = self._arrival(cells)
        values, doubts = self._values(cells, texts)
        key = self._key(values)
        if at is None and (apart := below_table(row, filled, named=bool(key))) is not None:
            return apart
        reference = self._columns.reference
        entry = LedgerEntry(key, values, "" if reference is None else texts[reference], at)
        return Record(row, entry, arrived, doubts)

    def _arrival(self, cells: Sequence[Cell]) -> tuple[bool, datetime | None]:
        if self._columns.taken_in is None:
            return True, None
        at = read_arrival(cells[self._columns.taken_in])
        return at is not None, at

    def _values(
        self, cells: Sequence[Cell], texts: Sequence[str]
    ) -> tuple[dict[str, str], dict[str, Doubt]]:
        values: dict[str, str] = {}
        doubts: dict[str, Doubt] = {}
        for index, code in self._columns.fields.items():
            read = self._readers[code](cells[index], texts[index])
            if isinstance(read, Doubt):
                doubts[code] = read
            else:
                values[code] = read
        return values, doubts

    def _key(self, values: Mapping[str, str]) -> str:
        codes = self._compiled.table.key_fields
        return values[codes[0]] if all(values.get(code) for code in codes) else ""


_Read = Callable[[Cell, str], str | Doubt]


def _reader(field: FormatField, codes: Mapping[str, CodeTable]) -> _Read:
    """Return what reads the cells of a field."""
    convert: _Read = _plain
    if field.pattern is not None:
        convert = _date_reader(field.pattern)
    elif field.codes is not None:
        convert = _code_reader(codes[field.codes], field.separator)

    def read(cell: Cell, text: str) -> str | Doubt:
        if not text:
            return text
        if _MASKED in text:
            return Doubt.MASKED
        if field.pattern is None and _digits_lost(cell, text):
            return Doubt.DIGITS_LOST
        return convert(cell, text)

    return read


def _plain(_cell: Cell, text: str) -> str | Doubt:
    return text


def _digits_lost(cell: Cell, text: str) -> bool:
    if isinstance(cell, str):
        return _SCIENTIFIC.fullmatch(text) is not None
    return isinstance(cell, int | float) and abs(cell) >= _EXACT_BELOW


def _date_reader(pattern: str) -> _Read:
    def read(cell: Cell, text: str) -> str | Doubt:
        try:
            day = read_date(cell if isinstance(cell, date) else text, long_term=True)
        except UnreadableDateError:
            return Doubt.NO_DATE
        parts = (("YYYY", f"{day.year:04d}"), ("MM", f"{day.month:02d}"), ("DD", f"{day.day:02d}"))
        written = pattern
        for part, number in parts:
            written = written.replace(part, number)
        return written

    return read


def _code_reader(table: CodeTable, separator: str | None) -> _Read:
    """Return what reads words of a list: a page for people may show the word in place of the code.

    A code that is shown stays what it is.
    """
    shown = {entry.wire for entry in table.entries}
    words = {entry.word: entry.wire for entry in table.entries if entry.word not in shown}

    def one(text: str) -> str:
        if text in words:
            return words[text]
        word, dash, detail = text.partition("-")
        return f"{words[word]}-{detail}" if dash and word in words else text

    def read(_cell: Cell, text: str) -> str | Doubt:
        if separator is None:
            return one(text)
        return separator.join(one(part.strip()) for part in text.split(separator))

    return read
