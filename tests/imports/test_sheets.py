"""A workbook with several tables is imported whole or not at all, each table with its report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.e2e.test_penalties import FIRM, PERSON
from tests.imports.books import CONTENT, Desk, bad, codes, company, counts
from xinqiao.database.tables import import_run, record
from xinqiao.errors import InputError

Rows = Sequence[Mapping[str, Any]]


def write(path: Path, sheets: Mapping[str, Rows]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    book.save(path)
    return path


def test_permits_and_penalties_of_one_workbook_are_both_imported(desk: Desk) -> None:
    path = write(desk.folder / "双公示.xlsx", {"许可": [company(1)], "处罚": [FIRM, PERSON]})
    permits, penalties = desk.importer.run(path)
    assert (permits.sheet, permits.kind, permits.new) == ("许可", "permit", 1)
    assert (penalties.sheet, penalties.kind, penalties.new) == ("处罚", "penalty", 2)
    assert sorted(row.kind for row in desk.rows(record)) == ["penalty", "penalty", "permit"]
    assert [row.kind for row in desk.rows(import_run)] == ["permit", "penalty"]


def test_a_repeat_on_another_sheet_is_a_repeat_and_names_the_sheet(desk: Desk) -> None:
    path = write(desk.folder / "许可.xlsx", {"十月": [company(1)], "十一月": [company(1)]})
    first, second = desk.importer.run(path)
    assert (first.new, second.duplicates) == (1, 1)
    assert "“十月”第 2 行" in second.findings[0].message


def test_one_number_with_two_contents_on_two_sheets_is_an_error_on_both(desk: Desk) -> None:
    sheets = {"十月": [company(1)], "十一月": [company(1, **{CONTENT: "别的"})]}
    first, second = desk.importer.run(write(desk.folder / "许可.xlsx", sheets))
    assert (
        codes(first, severity="error") == codes(second, severity="error") == [(2, "key_conflict")]
    )
    assert "“十一月”第 2 行" in first.findings[0].message
    assert desk.rows(record) == []


def test_each_table_has_a_findings_workbook_of_its_own(desk: Desk) -> None:
    path = write(desk.folder / "许可.xlsx", {"十月": [bad(1)], "十一月": [bad(2)]})
    reports = desk.importer.run(path)
    assert [counts(one) for one in reports] == [{"read": 1, "invalid": 1}] * 2
    files = {one.findings_file for one in reports}
    assert len(files) == 2
    for one in reports:
        assert one.sheet in one.findings_file
        (again,) = desk.importer.run(Path(one.findings_file))
        assert again.read == 1


def test_a_table_with_a_missing_column_keeps_the_other_table_out_too(desk: Desk) -> None:
    short = {name: value for name, value in company(2).items() if name != CONTENT}
    path = write(desk.folder / "许可.xlsx", {"十月": [company(1)], "十一月": [short]})
    with pytest.raises(InputError, match="“十一月”：缺少必填的列“许可内容”"):
        desk.importer.run(path)
    assert desk.rows(record) == []


def test_a_null_character_in_a_text_file_stops_neither_database(desk: Desk) -> None:
    row = company(1, **{CONTENT: "道路\0货运"})
    lines = (",".join(f'"{cell or ""}"' for cell in cells) for cells in (row, row.values()))
    # far enough down that the file is not taken for something else than text
    path = desk.folder / "许可.csv"
    path.write_bytes((next(lines) + "\n" * 4200 + next(lines)).encode())
    (report,) = desk.importer.run(path)
    assert (report.new, codes(report)) == (1, [(4201, "null_characters")])
