"""Reading tables of records: file → kind, columns and drafts with findings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from xinqiao.errors import InputError
from xinqiao.intake.amounts import amount_text
from xinqiao.intake.cells import cell_text, date_text, spoilt_by_spreadsheet
from xinqiao.intake.cleaning import clean_cell, clean_record
from xinqiao.intake.columns import Columns, column_letter, guess_kind, match_columns
from xinqiao.intake.files.opening import open_sheets
from xinqiao.intake.files.sheets import Cell, Sheet
from xinqiao.intake.header_rows import WITHIN_ROWS, Header, find_header, likely_header
from xinqiao.intake.headers import FieldHeader, FieldType, header_table, header_tables
from xinqiao.intake.report import RowFinding
from xinqiao.intake.words import words_text
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identity_text import contains_identity_number, quote
from xinqiao.records.kinds import KINDS, kind_of
from xinqiao.records.validation import validate

GUIDE_SHEET = "说明"
"""Name of the sheet that explains a workbook and holds no records."""

_QUOTED_HEADERS = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """One row of a table as read, before the hub decides what it is (待导入记录).

    Attributes:
        row: Row number in the sheet, from 1, title and header rows counted.
        record_id: 记录标识, when the row corrects a record.
        content: Dotted field path → cleaned text, blank fields absent. What cannot be read keeps
            its raw text, so that nothing is lost.
        cells: What the columns of the file show, one text for each of the table's headers.
        findings: What was cleaned, what is wrong, what is doubtful; one error a field at most.
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
        today: Legal date against which the rows are measured.
    """

    kind: str
    sheet: str
    columns: Mapping[str, str]
    headers: tuple[str, ...]
    findings: tuple[RowFinding, ...]
    header_row: int
    source: Sheet
    layout: Columns
    today: date

    def drafts(self) -> Iterator[Draft]:
        """Yield the rows in order, blank ones left out; may be called more than once."""
        fields = header_table(self.kind).fields
        reader = _RowReader(
            kind=self.kind,
            layout=self.layout,
            fields=tuple((index, fields[path]) for index, path in self.layout.fields.items()),
            today=self.today,
            unnamed=self.layout.unnamed,
            delimited=self.source.delimited,
        )
        for number, cells in islice(self.source.rows(), self.header_row, None):
            draft = reader.read(number, cells)
            if draft is not None:
                yield draft


def read_tables(path: Path, *, kind: str | None, today: date) -> tuple[Table, ...]:
    """Open ``path`` and understand the header of every sheet that holds records.

    Args:
        path: A workbook or a text file.
        kind: Kind identifier; recognised by the header when None.
        today: Legal date in Asia/Shanghai.

    Raises:
        InputError: The file cannot be read as tables of records; the message says why, where, and
            what to do.
    """
    if kind is not None:
        kind_of(kind)
    sheets = open_sheets(path)
    headers = [
        header for sheet in sheets if (header := find_header(sheet, header_tables())) is not None
    ]
    if not headers:
        raise _no_header(path, sheets)
    tables, refusals = _understand(path, headers, kind, today)
    if not tables:
        raise next(iter(refusals.values()))
    chosen = {table.sheet for table in tables}
    left = [sheet for sheet in sheets if sheet.name not in chosen]
    skipped = tuple(_sheets_not_read(path, left, refusals))
    return (replace(tables[0], findings=(*tables[0].findings, *skipped)), *tables[1:])


def _understand(
    path: Path, headers: Sequence[Header], kind: str | None, today: date
) -> tuple[list[Table], dict[str, InputError]]:
    """Return the tables, and by sheet why one with a header is not taken."""
    tables: list[Table] = []
    refusals: dict[str, InputError] = {}
    for header in headers:
        place = _place(path, header.sheet)
        try:
            found = _kind(header.texts, kind, place)
        except InputError as error:
            refusals[header.sheet.name] = error
        else:
            tables.append(_table(header, found, place, today))
    return tables, refusals


def _kind(headers: Sequence[str], wanted: str | None, place: str) -> str:
    """Return the kind of a table; the one that a person named unless it clearly is another.

    Raises:
        InputError: It is of no known kind, of several, or not of the one that was named.
    """
    try:
        found = guess_kind(headers, place)
    except InputError:
        if wanted is None:
            raise
        return wanted
    if wanted not in (None, found):
        names = kind_of(found).name, kind_of(wanted).name
        message = f"{place}：从表头看是{names[0]}，不是 --kind 指明的{names[1]}"
        raise InputError(message, code="other_kind")
    return found


def _place(path: Path, sheet: Sheet) -> str:
    return f"{path.name}，工作表“{sheet.name}”" if sheet.name else path.name


def _table(header: Header, kind: str, place: str, today: date) -> Table:
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
        today=today,
    )


def _no_header(path: Path, sheets: Sequence[Sheet]) -> InputError:
    known = "、".join(kind.name for kind in KINDS.values())
    for sheet in sheets:
        if (header := likely_header(sheet)) is not None:
            message = (
                f"{_place(path, sheet)}：无法从表头判断记录类型：第 {header.row} 行的列名"
                f"（{_some(header.texts)}）不属于能导入的记录（{known}）。没有导入任何数据，"
                "请确认文件是否选对；标准的列名见 xinqiao formats template 生成的空表"
            )
            return InputError(message, code="unknown_kind")
    names = "、".join(f"“{sheet.name}”" for sheet in sheets if sheet.name)
    place = f"在工作表{names}的" if names else "在"
    message = (
        f"{path.name}：{place}前 {WITHIN_ROWS} 行里没有找到表头，"
        f"请确认文件是否选对，表头是否用了标准的列名（能导入的有{known}）"
    )
    return InputError(message, code="no_header")


def _some(headers: Sequence[str]) -> str:
    """Return the first headers, to tell a person which row is meant."""
    filled = [header.strip() for header in headers if header]
    quoted = "".join(quote(header) for header in filled[:_QUOTED_HEADERS])
    return f"{quoted}等" if len(filled) > _QUOTED_HEADERS else quoted


def _columns_not_read(
    layout: Columns, headers: Sequence[str], header_row: int
) -> Iterator[RowFinding]:
    for index, finding in layout.findings:
        shown = "" if contains_identity_number(headers[index]) else headers[index]
        yield RowFinding(header_row, shown, finding.code, finding.severity, finding.message)


def _sheets_not_read(
    path: Path, sheets: Sequence[Sheet], refusals: Mapping[str, InputError]
) -> Iterator[RowFinding]:
    for sheet in sheets:
        if sheet.name == GUIDE_SHEET:
            continue
        message = f"工作表“{sheet.name}”里也有内容，但不是已知的记录，没有读取"
        if (error := refusals.get(sheet.name)) is not None:
            reason = error.message.removeprefix(f"{_place(path, sheet)}：")
            message = f"工作表“{sheet.name}”没有读取：{reason}"
        yield RowFinding(0, "", "sheet_not_read", Severity.WARNING, message)


@dataclass(frozen=True, slots=True)
class _RowReader:
    """Turns rows of cells into drafts."""

    kind: str
    layout: Columns
    fields: tuple[tuple[int, FieldHeader], ...]
    today: date
    unnamed: tuple[int, ...]
    delimited: bool
    told: set[int] = field(default_factory=set)

    def read(self, number: int, cells: Sequence[Cell]) -> Draft | None:
        """Return the draft of one row, or None for a blank row."""
        texts = [cell_text(cell) for cell in cells]
        shown = tuple(texts[index] for index in self.layout.original)
        if not any(text and not text.isspace() for text in shown):
            return None
        content: dict[str, str] = {}
        findings = list(self._outside(texts)) if self.unnamed else []
        for index, column in self.fields:
            if texts[index]:
                text = _read_cell(cells[index], texts[index], column, findings)
                if text:
                    content[column.path] = text
        findings += clean_record(content)
        findings += _without_repeats(findings, validate(self.kind, content, self.today))
        return Draft(
            row=number,
            record_id=self._record_id(texts),
            content=content,
            cells=shown,
            findings=tuple(findings),
        )

    def _outside(self, texts: Sequence[str]) -> Iterator[Finding]:
        """Yield what is wrong when cells stand where the header has none."""
        filled = [index for index in self.unnamed if texts[index].strip()]
        last = self.layout.last
        if self.delimited and filled and filled[-1] > last:
            message = (
                f"这一行有 {filled[-1] + 1} 格，表头只有 {last + 1} 格：可能某格内容里有分隔符"
                "而没有加双引号，其后各格都错了位；请改正，或用 Excel、WPS 另存为 .xlsx"
            )
            yield Finding("", "too_many_cells", Severity.ERROR, message)
            return
        for index in filled:
            if index not in self.told:
                self.told.add(index)
                message = f"{column_letter(index)} 列没有表头，这一行起有内容，该列没有读取"
                yield Finding("", "column_unnamed", Severity.WARNING, message)

    def _record_id(self, texts: Sequence[str]) -> str | None:
        index = self.layout.record_id
        return (texts[index].strip() or None) if index is not None else None


def _read_cell(cell: Cell, text: str, field: FieldHeader, findings: list[Finding]) -> str:
    """Return the text of one cell as content, adding to ``findings``."""
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
