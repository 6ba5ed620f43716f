"""The findings workbook (疑点表): bad rows with their reasons, to correct and import again.

It holds identity numbers, since whoever corrects a row must see them: the file is 0600 from its
first byte on, and no temporary file of another name or place holds a part of it.
"""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Protocol

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xinqiao.errors import SettingsError, reason_of
from xinqiao.feedback.own import own_instruction
from xinqiao.intake.headers import HOW, ORIGINAL_ROW, REASONS, RECORD_ID
from xinqiao.intake.reading import GUIDE_SHEET
from xinqiao.records.findings import Finding, Severity

DATA_SHEET = "待更正"
"""Name of the sheet with the rows."""

_GUIDE = (
    "这些记录有错误，更正之前不会报送。更正办法：",
    f"1. 到工作表“{DATA_SHEET}”中，看“{REASONS}”一列说错在哪里，按“{HOW}”一列更正各行。",
    "   标红的格子是出错之处，标黄的格子请核实，鼠标移到格子上可看原因。",
    f"2. “{RECORD_ID}”一列请保持原样：程序靠它找到要更正的那条记录。",
    f"3. “{ORIGINAL_ROW}”是原文件中的行号，它和“{REASONS}”“{HOW}”不必删除，再次导入时都不读取。",
    "4. 不需要的行可以整行删除；缺少的列可以在最右边添加，表头写标准列名。",
    "5. 更正后保存，用同一个导入命令再次导入本文件即可。",
    "本文件含有个人信息，请妥善保管，用完删除。",
)
_BEFORE = (RECORD_ID, ORIGINAL_ROW, REASONS, HOW)
"""Columns of our own, before those of the file."""

_UNFIT_FOR_NAMES = re.compile(r'[\x00-\x1f/\\:*?"<>|]+')
_NARROWEST, _WIDEST = 10, 40
_REASONS_WIDTH = 60
_LONGEST_CELL = 32_000  # a cell holds 32,767 characters
_ROWS_TO_MEASURE = 200


class Headed(Protocol):
    """A table as the workbook needs it: the headers, and which field stands under which."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers, in order."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Field path → its header."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The headers of rows that come from the hub and not from one file."""

    headers: tuple[str, ...]
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FindingsRow:
    """One row to correct.

    Attributes:
        record_id: 记录标识, or None when the hub could not give one.
        row: Row number in the file it was imported from.
        cells: What the columns of that file showed, one text for each header of the table.
        findings: Everything there is to say about the row.
        instructions: What to do about those of the findings whose code does not tell it: what a
            platform refused.
    """

    record_id: str | None
    row: int
    cells: tuple[str, ...]
    findings: tuple[Finding, ...]
    instructions: Mapping[Finding, str] = field(default_factory=dict)


def what_to_do(table: Headed, row: FindingsRow) -> tuple[str, ...]:
    """Return what is done about a row, one text for each thing, each once.

    A field is named by the number and the heading of its column; what the program put right by
    itself needs nothing.
    """
    texts = (
        row.instructions.get(one) or _own_instruction(table, one)
        for one in row.findings
        if one.severity is not Severity.CLEANED
    )
    return tuple(dict.fromkeys(text for text in texts if text))


def _own_instruction(table: Headed, finding: Finding) -> str:
    text = own_instruction(finding.code, finding.field)
    header = table.columns.get(finding.field)
    if not text or header is None:
        return text
    return f"第{table.headers.index(header) + 1}项“{header}”：{text}"


def safe_name(text: str) -> str:
    """Return ``text`` as it may stand in the name of a file on any system."""
    return _UNFIT_FOR_NAMES.sub("_", text)


def write_findings_workbook(path: Path, table: Headed, rows: Sequence[FindingsRow]) -> None:
    """Write ``rows`` of ``table`` to ``path``, whole or not at all, readable by its owner only.

    Raises:
        SettingsError: The folder cannot be written to.
    """
    buffer = BytesIO()
    options = {
        "in_memory": True,  # otherwise parts of the sheet pass through the system's temp folder
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    with Workbook(buffer, options) as workbook:
        _write_guide(workbook)
        _write_rows(workbook, table, rows)
    try:
        _replace(path, buffer.getvalue())
    except OSError as error:
        message = f"疑点表 {path} 无法写入（{reason_of(error)}），请检查磁盘空间和文件夹权限"
        raise SettingsError(message, code="findings_file") from error


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)  # 0600
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write_guide(workbook: Workbook) -> None:
    sheet = workbook.add_worksheet(GUIDE_SHEET)
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 100)
    for number, line in enumerate(_GUIDE):
        sheet.write_string(number, 0, line, wrapped)


@dataclass(frozen=True, slots=True)
class _Formats:
    """Cell formats; all are text, so that corrected codes keep their digits."""

    header: Format
    plain: Format
    reasons: Format
    marked: Mapping[Severity, Format]


def _formats(workbook: Workbook) -> _Formats:
    text = {"num_format": "@", "valign": "top"}
    return _Formats(
        header=workbook.add_format({**text, "bold": True, "bg_color": "#D9D9D9", "border": 1}),
        plain=workbook.add_format(text),
        reasons=workbook.add_format({**text, "text_wrap": True}),
        marked={
            Severity.ERROR: workbook.add_format({**text, "bg_color": "#FFC7CE"}),
            Severity.WARNING: workbook.add_format({**text, "bg_color": "#FFEB9C"}),
        },
    )


def _write_rows(workbook: Workbook, table: Headed, rows: Sequence[FindingsRow]) -> None:
    sheet = workbook.add_worksheet(DATA_SHEET)
    formats = _formats(workbook)
    headers = (*_BEFORE, *table.headers)
    places = {path: headers.index(header) for path, header in table.columns.items()}
    _set_widths(sheet, table, rows, formats.plain)
    for column, header in enumerate(headers):
        sheet.write_string(0, column, header, formats.header)
    sheet.freeze_panes(1, 1)
    for number, row in enumerate(rows, start=1):
        sheet.write_string(number, 0, row.record_id or "", formats.plain)
        sheet.write_string(number, 1, str(row.row), formats.plain)
        sheet.write_string(number, 2, _reasons(table, row), formats.reasons)
        how = "\n".join(what_to_do(table, row))[:_LONGEST_CELL]
        sheet.write_string(number, 3, how, formats.reasons)
        for column, text in enumerate(row.cells, start=len(_BEFORE)):
            sheet.write_string(number, column, text, formats.plain)
        _mark(sheet, number, row, places, formats)


def _reasons(table: Headed, row: FindingsRow) -> str:
    lines = (
        f"{table.columns[finding.field]}：{finding.message}"
        if finding.field in table.columns
        else finding.message
        for finding in row.findings
    )
    return "\n".join(dict.fromkeys(lines))[:_LONGEST_CELL]


def _mark(
    sheet: Worksheet,
    number: int,
    row: FindingsRow,
    places: Mapping[str, int],
    formats: _Formats,
) -> None:
    """Colour the cells in doubt and attach the reasons to them."""
    remarks: dict[int, list[Finding]] = {}
    for finding in row.findings:
        if finding.severity in formats.marked and finding.field in places:
            remarks.setdefault(places[finding.field], []).append(finding)
    for column, findings in remarks.items():
        worst = min((finding.severity for finding in findings), key=list(Severity).index)
        sheet.write_string(number, column, row.cells[column - len(_BEFORE)], formats.marked[worst])
        reason = "\n".join(finding.message for finding in findings)
        sheet.write_comment(number, column, reason, {"x_scale": 2})


def _set_widths(sheet: Worksheet, table: Headed, rows: Sequence[FindingsRow], text: Format) -> None:
    sheet.set_column(0, 0, _WIDEST, text)
    sheet.set_column(1, 1, _NARROWEST, text)
    sheet.set_column(2, 3, _REASONS_WIDTH, text)
    for position, header in enumerate(table.headers):
        longest = max((_width(row.cells[position]) for row in rows[:_ROWS_TO_MEASURE]), default=0)
        width = min(max(_width(header) + 2, longest + 2, _NARROWEST), _WIDEST)
        column = position + len(_BEFORE)
        sheet.set_column(column, column, width, text)


def _width(text: str) -> int:
    """Return how many columns of a Latin letter ``text`` takes; Chinese characters take two."""
    return sum(1 if character.isascii() else 2 for character in text)
