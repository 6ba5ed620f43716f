"""One table in every format that offices use gives the same records."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from tests.imports.books import CREDIT_CODE, company, person
from tests.intake.tables import read_only_table
from xinqiao.records.findings import Severity

TODAY = date(2026, 11, 20)
ROWS: Sequence[Mapping[str, Any]] = (company(1), person(2), company(3))
Table_ = Sequence[Sequence[Any]]


def table(rows: Sequence[Mapping[str, Any]] = ROWS) -> list[list[Any]]:
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def write_xlsx(path: Path, rows: Table_) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    book.save(path)


def write_xls(path: Path, rows: Table_) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("许可")
    style = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write(number, column, cell, style)
            elif cell is not None:
                sheet.write(number, column, cell)
    book.save(str(path))


def write_ods(path: Path, rows: Table_) -> None:
    book = OpenDocumentSpreadsheet()
    sheet = Table(name="许可")
    for row in rows:
        line = TableRow()
        for cell in row:
            if isinstance(cell, date):
                made = TableCell(valuetype="date", datevalue=cell.isoformat())
            else:
                made = TableCell(valuetype="string")
            made.addElement(P(text="" if cell is None else str(cell)))
            line.addElement(made)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    book.save(str(path))


def write_text(path: Path, rows: Table_, encoding: str, delimiter: str = ",") -> None:
    lines = (delimiter.join(f'"{"" if cell is None else cell}"' for cell in row) for row in rows)
    path.write_bytes("\r\n".join(lines).encode(encoding))


WRITERS: Mapping[str, Callable[[Path, Table_], None]] = {
    "许可.xlsx": write_xlsx,
    "许可.xls": write_xls,
    "许可.ods": write_ods,
    "许可-bom.csv": lambda path, rows: write_text(path, rows, "utf-8-sig"),
    "许可-utf8.csv": lambda path, rows: write_text(path, rows, "utf-8"),
    "许可-gb.csv": lambda path, rows: write_text(path, rows, "gb18030"),
    "许可-tab.txt": lambda path, rows: write_text(path, rows, "gb18030", "\t"),
    "许可-分号.csv": lambda path, rows: write_text(path, rows, "utf-8", ";"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_records(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name, table())
    write_xlsx(tmp_path / "样.xlsx", table())
    expected = read_only_table(tmp_path / "样.xlsx", kind=None, today=TODAY)
    found = read_only_table(tmp_path / name, kind=None, today=TODAY)
    assert (found.kind, found.headers) == ("permit", expected.headers)
    drafts = list(found.drafts())
    assert [one.content for one in drafts] == [one.content for one in expected.drafts()]
    assert all(one.valid for one in drafts)
    assert [one.row for one in drafts] == [2, 3, 4]


@pytest.mark.parametrize("name", WRITERS)
def test_titles_above_and_blank_rows_between_make_no_difference(tmp_path: Path, name: str) -> None:
    header, *rows = table()
    blank = [None] * len(header)
    title = ["云溪县行政许可台账（2026年）", *[None] * (len(header) - 1)]
    WRITERS[name](tmp_path / name, [title, blank, header, rows[0], blank, blank, *rows[1:]])
    found = read_only_table(tmp_path / name, kind=None, today=TODAY)
    drafts = list(found.drafts())
    assert [one.row for one in drafts] == [4, 7, 8]
    assert all(one.valid for one in drafts)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("spoilt", ["9.11E+17", "9.1110000600037E+17"])
def test_a_code_in_scientific_notation_is_an_error_and_never_a_value(
    tmp_path: Path, name: str, spoilt: str
) -> None:
    WRITERS[name](tmp_path / name, table([company(1, **{CREDIT_CODE: spoilt})]))
    (draft,) = read_only_table(tmp_path / name, kind=None, today=TODAY).drafts()
    errors = [one.code for one in draft.findings if one.severity is Severity.ERROR]
    assert errors == ["digits_lost"]


@pytest.mark.parametrize("name", ["许可.xlsx", "许可.xls"])
def test_a_long_code_as_a_number_is_an_error_and_a_short_one_is_text(
    tmp_path: Path, name: str
) -> None:
    registration = "行政相对人代码_2(工商注册号)"
    row = company(1, **{CREDIT_CODE: 9.11100006000373e17, registration: 370323200000019})
    WRITERS[name](tmp_path / name, table([row]))
    (draft,) = read_only_table(tmp_path / name, kind=None, today=TODAY).drafts()
    assert [one.code for one in draft.findings if one.severity is Severity.ERROR] == ["digits_lost"]
    assert draft.content["subject.business_registration_number"] == "370323200000019"


@pytest.mark.parametrize("mark", ['="91110000600037341L"', "'91110000600037341L"])
def test_marks_that_made_a_spreadsheet_keep_text_are_taken_off(tmp_path: Path, mark: str) -> None:
    write_xlsx(tmp_path / "许可.xlsx", table([company(1, **{CREDIT_CODE: " " + mark})]))
    (draft,) = read_only_table(tmp_path / "许可.xlsx", kind=None, today=TODAY).drafts()
    assert draft.content["subject.unified_social_credit_code"] == "91110000600037341L"
    assert draft.valid
