"""Decisions as a list of the case system tells them (源头清单).

Cells are read and cleaned as the import reads them, so that a decision has the key here that it has
there. A list may be long: it is read row by row, twice, and never held.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path

from xinqiao.errors import InputError
from xinqiao.intake.cells import cell_text
from xinqiao.intake.cleaning import clean_record
from xinqiao.intake.files.opening import open_sheets
from xinqiao.intake.files.sheets import Cell, Sheet
from xinqiao.intake.header_rows import WITHIN_ROWS, Header, find_header
from xinqiao.intake.reading import GUIDE_SHEET, read_cell
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.reconcile.below_table import below_table
from xinqiao.reconcile.ledger_files.merged import unmerged
from xinqiao.reconcile.row_numbers import Rows
from xinqiao.reconcile.source.columns import (
    AUTHORITY,
    SourceColumns,
    match_source,
    source_headers,
)
from xinqiao.reconcile.window import Window
from xinqiao.records.doubtful_text import may_hold_identity_number
from xinqiao.records.fields import iso_date
from xinqiao.records.findings import Finding
from xinqiao.records.kind import Kind
from xinqiao.routing.exemptions import exemptions
from xinqiao.routing.routes import routes_of

_FEWEST_LABELS = 2


@dataclass(frozen=True, slots=True)
class Listed:
    """One decision that the case system lists (源头决定).

    Attributes:
        row: Where it stands in the list.
        content: Field path → text, as far as the list tells and as the import would read it.
        decided_on: The day of the decision; None where the list does not tell it.
        department: Whose it is; empty where the list does not tell.
    """

    row: int
    content: Mapping[str, str] = field(repr=False)
    decided_on: date | None
    department: str = ""


@dataclass(slots=True)
class SourceList:
    """A list of decisions in a file.

    Attributes:
        name: Name of the file, without what may be an identity number.
        kind: What is listed.
        window: Days of decision that are compared; None for all.
        rows: Rows that are decisions.
        inside: Those of them that are compared.
        first: The first day of decision.
        last: The last one.
        outside: Decisions outside the window.
        unreadable: Rows that do not tell which decision they are.
        undated: Decisions without a day that can be read.
        unread: Sheets with something in them that was not read.
        unknown: Headers that are not read.
    """

    name: str
    kind: Kind
    window: Window | None
    parts: tuple[tuple[Header, SourceColumns], ...]
    unread: tuple[str, ...]
    rows: int = 0
    inside: int = 0
    first: date | None = None
    last: date | None = None
    outside: Rows = field(default_factory=Rows)
    unreadable: Rows = field(default_factory=Rows)
    undated: Rows = field(default_factory=Rows)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Headers that are not read, each once."""
        return tuple(dict.fromkeys(one for _, columns in self.parts for one in columns.unknown))

    def decisions(self) -> Iterator[Listed]:
        """Yield the decisions that are compared, in order; may be called more than once."""
        for one in self._all():
            if isinstance(one, Listed) and self._takes(one):
                yield one

    def look_through(self) -> None:
        """Count everything, before any of it is believed."""
        for one in self._all():
            self.rows += 1
            if isinstance(one, int):
                self.unreadable.note(one)
                continue
            if one.decided_on is None:
                self.undated.note(one.row)
            else:
                self.first = min(self.first or one.decided_on, one.decided_on)
                self.last = max(self.last or one.decided_on, one.decided_on)
            if self._takes(one):
                self.inside += 1
            else:
                self.outside.note(one.row)

    def _takes(self, one: Listed) -> bool:
        if self.window is None or one.decided_on is None:
            return True
        return self.window.start <= one.decided_on <= self.window.end

    def _all(self) -> Iterator[Listed | int]:
        """Yield every decision, and the row number of what should be one and cannot be known."""
        for header, columns in self.parts:
            for number, cells in islice(unmerged(header.sheet), header.row, None):
                texts = [cell_text(cell) for cell in cells]
                filled = [text.strip() for text in texts if text.strip()]
                if not filled:
                    continue
                content = _content(self.kind, columns, cells, texts)
                named = _is_named(self.kind, content)
                if below_table(number, filled, named=named) is not None:
                    continue
                if not named:
                    yield number
                    continue
                department = "" if columns.department is None else texts[columns.department]
                yield Listed(number, content, _decided_on(self.kind, content), department.strip())


def open_source(path: Path, kind: Kind, window: Window | None) -> SourceList:
    """Return the list in a file, looked through once.

    Args:
        path: A workbook or a text file.
        kind: What it lists.
        window: Days of decision that are compared; None for all.

    Raises:
        InputError: It cannot be read, is no list of that kind, is empty, or has no decision of
            those days; the message says what to do.
    """
    shown = mask_identity_numbers(path.name)
    sheets = open_sheets(path)
    table = source_headers(kind.identifier)
    headers = [(sheet, find_header(sheet, (table,), _FEWEST_LABELS)) for sheet in sheets]
    found = [header for _, header in headers if header is not None] or [_likeliest(sheets[0])]
    wanted = _wanted(kind)
    parts = tuple(
        (one, match_source(kind, one.texts, wanted, _place(shown, one.sheet))) for one in found
    )
    unread = tuple(
        sheet.name for sheet, header in headers if header is None and sheet.name != GUIDE_SHEET
    )
    made = SourceList(shown, kind, window, parts, unread)
    made.look_through()
    if not made.rows:
        raise InputError(
            f"{shown}：清单里一条{kind.name}也没有，请核对是不是选错了文件。没有对账",
            code="source_empty",
        )
    if window is not None and made.outside.count == made.rows:
        raise InputError(
            f"{shown}：决定日期从 {made.first} 至 {made.last}，与要对的 {window.start} 至 "
            f"{window.end} 没有重合。没有对账，请核对文件或 --from、--to",
            code="source_another_month",
        )
    return made


def _place(file: str, sheet: Sheet) -> str:
    return f"{file}，工作表“{sheet.name}”" if sheet.name else file


def _likeliest(sheet: Sheet) -> Header:
    """Return the row that a person meant as header, where no label in it is known."""
    rows = [
        (number, tuple(cell_text(cell) for cell in cells))
        for number, cells in islice(sheet.rows(), WITHIN_ROWS)
    ]
    number, texts = max(rows, key=lambda row: sum(bool(text.strip()) for text in row[1]))
    return Header(sheet, number, texts)


def _wanted(kind: Kind) -> frozenset[str]:
    """Return the fields that tell which decision it is, whether and until when it is owed."""
    conditions = {one.field for route in routes_of(kind.identifier) for one in route.when}
    exempting = {one.field for one in exemptions().values() if kind.identifier in one.kinds}
    subject = {path for path in kind.labels if path.startswith("subject.")}
    stand_in = {"licence_number"} & set(kind.labels)
    dates = set(kind.decision_date_fields)
    whole = {*kind.key_fields, *dates, *subject, *conditions, *exempting, *stand_in}
    return frozenset(whole - kind.pictures)


def _content(
    kind: Kind, columns: SourceColumns, cells: list[Cell], texts: list[str]
) -> dict[str, str]:
    content: dict[str, str] = {}
    findings: list[Finding] = []
    for index, header in columns.fields.items():
        if texts[index]:
            text = read_cell(cells[index], texts[index], header, findings)
            if text:
                content[header.path] = text
    for _ in clean_record(content, kind.labels):
        pass
    return content


def _is_named(kind: Kind, content: Mapping[str, str]) -> bool:
    """Tell whether a row says which decision it is; a key never holds an identity number."""
    needed = set(kind.key_fields) - kind.optional_key_fields - {AUTHORITY}
    parts = [content.get(path, "") for path in kind.key_fields]
    told = all(content.get(path) for path in needed)
    return told and not any(map(may_hold_identity_number, parts))


def _decided_on(kind: Kind, content: Mapping[str, str]) -> date | None:
    days = (iso_date(content[path]) for path in kind.decision_date_fields if path in content)
    return next((day for day in days if day is not None), None)
