"""Headers that stand in two rows, with cells merged over columns and over rows."""

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl

from tests.imports.books import company
from tests.intake.tables import read_only_table
from xinqiao.intake.reading import Table

TODAY = date(2026, 11, 20)
GROUPS = {
    "法定代表人": "法定代表人姓名",
    "法定代表人证件类型": "证件类型",
    "法定代表人证件号码": "证件号码",
}


def write(path: Path, *, title: bool) -> Path:
    """Write one permit under a header in which 法定代表人 is merged over three columns."""
    row = company(1)
    del row["证件类型"], row["证件号码"]
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    top = 2 if title else 1
    if title:
        sheet.cell(1, 1, "云溪县行政许可台账")
        sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(row))
    for column, (header, value) in enumerate(row.items(), start=1):
        if header in GROUPS:
            below = {"法定代表人": "姓名"}.get(header, GROUPS[header])
            sheet.cell(top + 1, column, below)
            if header == "法定代表人":
                sheet.cell(top, column, "法定代表人")
                sheet.merge_cells(
                    start_row=top, end_row=top, start_column=column, end_column=column + 2
                )
        else:
            sheet.cell(top, column, header)
            sheet.merge_cells(
                start_row=top, end_row=top + 1, start_column=column, end_column=column
            )
        sheet.cell(top + 2, column, value)
    book.save(path)
    return path


def read(path: Path) -> tuple[Table, dict[str, Any]]:
    table = read_only_table(path, kind=None, today=TODAY)
    (draft,) = table.drafts()
    assert draft.valid
    return table, draft.content


def test_a_header_over_two_rows_is_understood(tmp_path: Path) -> None:
    table, content = read(write(tmp_path / "许可.xlsx", title=False))
    assert table.header_row == 2
    assert content["subject.legal_representative"] == "云试一"
    # under its group the certificate is the representative's, not the subject's
    assert content["subject.legal_representative_certificate_type"] == "身份证"
    assert "subject.certificate_type" not in content


def test_a_title_above_a_header_over_two_rows_is_passed_over(tmp_path: Path) -> None:
    table, content = read(write(tmp_path / "许可.xlsx", title=True))
    assert table.header_row == 3
    assert content["document_number"] == "云交许〔2026〕0001号"


def test_the_first_record_is_never_taken_for_a_second_header_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    row = company(1)
    book.active.append(list(row))
    book.active.append(list(row.values()))
    book.save(tmp_path / "许可.xlsx")
    table, _ = read(tmp_path / "许可.xlsx")
    assert table.header_row == 1
