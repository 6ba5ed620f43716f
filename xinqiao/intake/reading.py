"""Reading tables of records: file → kind, columns and drafts with findings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from xinqiao.errors import InputError
from xinqiao.intake.amounts import amount_text
from xinqiao.intake.cells import cell_text, date_text, spoilt_by_spreadsheet
from xinqiao.intake.cleaning import clean_cell, clean_record
from xinqiao.intake.columns import Columns, guess_kind, match_columns, refuse_another_kind
from xinqiao.intake.files.opening import open_sheets
from xinqiao.intake.files.sheets import Cell, Sheet
from xinqiao.intake.header_rows import WITHIN_ROWS, Header, find_header
from xinqiao.intake.headers import FieldHeader, FieldType, header_table, header_tables
from xinqiao.intake.numbers import number_text
from xinqiao.intake.pictures import PictureFolder
from xinqiao.intake.report import RowFinding
from xinqiao.intake.words import words_text
from xinqiao.records.behaviours import NONE_IN_FORCE, Behaviours
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identity_text import contains_identity_number
from xinqiao.records.kinds import KINDS, kind_of
from xinqiao.records.pictures import Picture
from xinqiao.records.validation import validate

GUIDE_SHEET = "说明"
"""Name of the sheet that explains a workbook and holds no records."""


HeldPictures = Callable[[str], Mapping[str, Picture]]
"""Takes a 记录标识; gives the pictures that this record holds now, by name."""


def no_pictures(record_id: str) -> Mapping[str, Picture]:  # noqa: ARG001  # a HeldPictures
    """Give no picture for any record."""
    return {}


@dataclass(frozen=True, slots=True)
class Draft:
    """One row of a table as read, before the hub decides what it is (待导入记录).

    Attributes:
        row: Row number in the sheet, from 1, title and header rows counted.
        record_id: 记录标识, when the row corrects a record.
        content: Dotted field path → cleaned text, blank fields absent. What cannot be read keeps
            its raw text, so that nothing is lost.
        cells: What the columns of the file show, one text for each of the table's headers.
        findings: What was cleaned, what is wrong, what is doubtful; one error a field at most, of
            pictures one for each.
    """

    row: int
    record_id: str | None
    content: dict[str, str]
    cells: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rows of a file are measured against, beside themselves.

    Attributes:
        today: Legal date in Asia/Shanghai.
        behaviours: Behaviour codes in force.
        folder: Where the file is; pictures stand beside it.
    """

    today: date
    behaviours: Behaviours
    folder: PictureFolder


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose header row has been understood.

    Attributes:
        kind: Kind identifier.
        sheet: Name of the worksheet; empty for a text file.
        columns: Field path → header as spelled in the file.
        headers: Headers as spelled, of all columns but those of our own findings workbook.
        findings: What is doubtful about the file as a whole.
        header_row: Row number of the header.
        source: The worksheet.
        layout: Which column holds which field.
        surroundings: What the rows are measured against, and where pictures stand.
    """

    kind: str
    sheet: str
    columns: Mapping[str, str]
    headers: tuple[str, ...]
    findings: tuple[RowFinding, ...]
    header_row: int
    source: Sheet
    layout: Columns
    surroundings: Surroundings

    def drafts(self, held: HeldPictures = no_pictures) -> Iterator[Draft]:
        """Yield the rows in order, blank ones left out; may be called more than once.

        Args:
            held: Gives the pictures of a record that a row corrects.
        """
        fields = header_table(self.kind).fields
        reader = _RowReader(
            kind=self.kind,
            layout=self.layout,
            fields=tuple((index, fields[path]) for index, path in self.layout.fields.items()),
            surroundings=self.surroundings,
            held=held,
        )
        for number, cells in islice(self.source.rows(), self.header_row, None):
            draft = reader.read(number, cells)
            if draft is not None:
                yield draft


def read_tables(
    path: Path, *, kind: str | None, today: date, behaviours: Behaviours = NONE_IN_FORCE
) -> tuple[Table, ...]:
    """Open ``path`` and understand the header of every sheet that holds records.

    Args:
        path: A workbook or a text file.
        kind: Kind identifier; recognised by the header when None.
        today: Legal date in Asia/Shanghai.
        behaviours: Behaviour codes in force, against which safety facts are measured.

    Raises:
        InputError: The file cannot be read as tables of records; the message says why, where, and
            what to do.
    """
    if kind is not None:
        kind_of(kind)
    sheets = open_sheets(path)
    known = (header_table(kind),) if kind else header_tables()
    headers = [header for sheet in sheets if (header := find_header(sheet, known)) is not None]
    if not headers:
        if kind is not None:
            _refuse_another_kind(path, sheets, kind)
        raise _no_header(path, sheets)
    surroundings = Surroundings(today, behaviours, PictureFolder(path.parent))
    tables, unknown = _understand(path, headers, kind, surroundings)
    if not tables:
        raise unknown[0]
    chosen = {table.sheet for table in tables}
    skipped = tuple(_sheets_not_read([sheet for sheet in sheets if sheet.name not in chosen]))
    return (replace(tables[0], findings=(*tables[0].findings, *skipped)), *tables[1:])


def _understand(
    path: Path, headers: Sequence[Header], kind: str | None, surroundings: Surroundings
) -> tuple[list[Table], list[InputError]]:
    """Return the tables, and why a sheet with a header is of no known kind."""
    tables: list[Table] = []
    unknown: list[InputError] = []
    for header in headers:
        place = _place(path, header)
        try:
            found = kind or guess_kind(header.texts, place)
        except InputError as error:
            unknown.append(error)
        else:
            tables.append(_table(header, found, place, surroundings))
    return tables, unknown


def _refuse_another_kind(path: Path, sheets: Sequence[Sheet], kind: str) -> None:
    for sheet in sheets:
        header = find_header(sheet, header_tables())
        if header is not None:
            refuse_another_kind(kind, header.texts, _place(path, header))


def _place(path: Path, header: Header) -> str:
    return f"{path.name}，工作表“{header.sheet.name}”" if header.sheet.name else path.name


def _table(header: Header, kind: str, place: str, surroundings: Surroundings) -> Table:
    texts = header.texts
    layout = match_columns(kind, texts, place)
    return Table(
        kind=kind,
        sheet=header.sheet.name,
        columns=MappingProxyType({path: texts[index] for index, path in layout.fields.items()}),
        headers=tuple(texts[index] for index in layout.original),
        findings=tuple(_columns_not_read(layout, texts, header.row)),
        header_row=header.row,
        source=header.sheet,
        layout=layout,
        surroundings=surroundings,
    )


def _no_header(path: Path, sheets: Sequence[Sheet]) -> InputError:
    names = "、".join(f"“{sheet.name}”" for sheet in sheets if sheet.name)
    place = f"在工作表{names}的" if names else "在"
    message = (
        f"{path.name}：{place}前 {WITHIN_ROWS} 行里没有找到表头，"
        "请确认文件是否选对，表头是否用了标准的列名"
        f"（能导入的有{'、'.join(kind.name for kind in KINDS.values())}）"
    )
    return InputError(message, code="no_header")


def _columns_not_read(
    layout: Columns, headers: Sequence[str], header_row: int
) -> Iterator[RowFinding]:
    for index, finding in layout.findings:
        shown = "" if contains_identity_number(headers[index]) else headers[index]
        yield RowFinding.of(header_row, shown, finding)


def _sheets_not_read(sheets: Sequence[Sheet]) -> Iterator[RowFinding]:
    for sheet in sheets:
        if sheet.name != GUIDE_SHEET:
            message = f"工作表“{sheet.name}”里也有内容，但不是已知的记录，没有读取"
            finding = Finding("", "sheet_not_read", Severity.WARNING, message)
            yield RowFinding.of(0, "", finding)


@dataclass(frozen=True, slots=True)
class _RowReader:
    """Turns rows of cells into drafts."""

    kind: str
    layout: Columns
    fields: tuple[tuple[int, FieldHeader], ...]
    surroundings: Surroundings
    held: HeldPictures

    def read(self, number: int, cells: Sequence[Cell]) -> Draft | None:
        """Return the draft of one row, or None for a blank row."""
        texts = [cell_text(cell) for cell in cells]
        shown = tuple(texts[index] for index in self.layout.original)
        if not any(text and not text.isspace() for text in shown):
            return None
        content: dict[str, str] = {}
        findings: list[Finding] = []
        record_id = self._record_id(texts)
        for index, field in self.fields:
            if texts[index]:
                text = read_cell(cells[index], texts[index], field, findings)
                if text and field.type is FieldType.PICTURES:
                    held = self.held(record_id) if record_id is not None else {}
                    text, wrong = self.surroundings.folder.take(text, field.path, held)
                    findings += wrong
                if text:
                    content[field.path] = text
        findings += clean_record(content, kind_of(self.kind).labels)
        filled = self.surroundings.behaviours.fill_edition(self.kind, content)
        findings += (filled,) if filled is not None else ()
        found = (
            *validate(self.kind, content, self.surroundings.today),
            *self.surroundings.behaviours.findings(self.kind, content),
        )
        findings += _without_repeats(findings, found)
        return Draft(
            row=number,
            record_id=record_id,
            content=content,
            cells=shown,
            findings=tuple(findings),
        )

    def _record_id(self, texts: Sequence[str]) -> str | None:
        index = self.layout.record_id
        return (texts[index].strip() or None) if index is not None else None


def read_cell(cell: Cell, text: str, field: FieldHeader, findings: list[Finding]) -> str:
    """Return the text of one cell as content, adding to ``findings``.

    Args:
        cell: The cell as the spreadsheet holds it.
        text: What it shows.
        field: Its column.
        findings: What was cleaned and what is wrong is added here.
    """
    spoilt = spoilt_by_spreadsheet(cell, field)
    if spoilt is not None:
        findings.append(spoilt)
        return text
    text, cleaned = clean_cell(text, field)
    findings += cleaned
    if text and field.type is FieldType.DATE:
        text, wrong = date_text(cell, text, field)
        if wrong is not None:
            findings.append(wrong)
    if text and field.type is FieldType.AMOUNT:
        text, found = amount_text(cell, text, field)
        findings += (found,) if found is not None else ()
    if text and field.type is FieldType.NUMBER:
        text, found = number_text(cell, text, field)
        findings += (found,) if found is not None else ()
    if field.type is FieldType.WORDS:
        return words_text(text, field.values)
    return field.values.get(text, text)


def _without_repeats(earlier: Sequence[Finding], findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield ``findings`` but for errors in fields that have one already."""
    wrong = {finding.field for finding in earlier if finding.severity is Severity.ERROR}
    for finding in findings:
        if finding.severity is Severity.ERROR and finding.field:
            if finding.field in wrong:
                continue
            wrong.add(finding.field)
        yield finding
