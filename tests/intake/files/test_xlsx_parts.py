"""What the spreadsheet library leaves out is found in the workbook itself."""

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from xlsxwriter import Workbook

from xinqiao.errors import InputError
from xinqiao.intake.files import xlsx_parts
from xinqiao.intake.files.opening import open_sheets
from xinqiao.intake.files.sheets import Cell
from xinqiao.intake.files.xlsx_parts import sheet_facts


def book(path: Path, sheets: dict[str, dict[str, Any]]) -> Path:
    """Write a workbook: sheet → cell → value."""
    made = openpyxl.Workbook()
    assert made.active is not None
    made.remove(made.active)
    for name, cells in sheets.items():
        sheet = made.create_sheet(name)
        for place, value in cells.items():
            sheet[place] = value
    made.save(path)
    return path


def rows(path: Path) -> dict[str, list[list[Cell]]]:
    return {sheet.name: [cells for _, cells in sheet.rows()] for sheet in open_sheets(path)}


@pytest.mark.parametrize("shown", ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?"])
def test_a_failed_formula_is_shown_as_the_spreadsheet_shows_it(tmp_path: Path, shown: str) -> None:
    path = book(tmp_path / "许可.xlsx", {"一": {"A1": "甲"}, "二 & 三": {"B2": shown, "C2": "乙"}})
    assert rows(path) == {"一": [["甲"]], "二 & 三": [["", "", ""], ["", shown, "乙"]]}


def test_a_formula_that_failed_is_told_from_one_that_did_not(tmp_path: Path) -> None:
    path = tmp_path / "许可.xlsx"
    with Workbook(str(path)) as made:
        sheet = made.add_worksheet("许可")
        sheet.write_row(0, 0, ["甲", "乙", "丙"])
        sheet.write_formula(1, 0, '="a"&"<b>"', None, "a<b>")
        sheet.write_formula(1, 1, "=VLOOKUP(A2,A:A,1,0)", None, "#N/A")
        sheet.write_formula(1, 2, "=1+1", None, 2)
    assert rows(path)["许可"][1] == ["a<b>", "#N/A", 2.0]


def test_failed_formulas_are_found_wherever_the_reading_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = {f"A{row}": "#N/A" if row % 3 else "甲" for row in range(1, 40)}
    content = book(tmp_path / "许可.xlsx", {"许可": cells}).read_bytes()
    (whole,) = sheet_facts(content)
    assert len(whole.failed) == 26
    monkeypatch.setattr(xlsx_parts, "_OVERLAP", 200)
    for size in (201, 256, 333):
        monkeypatch.setattr(xlsx_parts, "_CHUNK", size)
        (cut,) = sheet_facts(content)
        assert cut.failed == whole.failed


def test_a_cell_at_the_far_end_is_refused_before_memory_runs_out(tmp_path: Path) -> None:
    path = book(
        tmp_path / "许可.xlsx", {"许可": {"A1": "甲"}, "附": {"A1": "甲", "XFD1048576": "x"}}
    )
    with pytest.raises(InputError) as raised:
        open_sheets(path)
    assert raised.value.code == "sheet_too_large"
    assert "许可.xlsx：第 2 张工作表的已用区域直到单元格 XFD1048576" in raised.value.message


def test_a_long_sheet_is_not_too_large(tmp_path: Path) -> None:
    path = book(tmp_path / "许可.xlsx", {"许可": {"A1": "甲", "N1048576": "x"}})
    (sheet,) = open_sheets(path)
    assert sheet.length > 1_000_000


def test_a_chart_between_the_sheets_moves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "许可.xlsx"
    with Workbook(str(path)) as made:
        made.add_worksheet("许可").write(0, 0, "甲")
        chart = made.add_chart({"type": "column"})
        chart.add_series({"values": "=许可!$A$1:$A$2"})
        made.add_chartsheet("图").set_chart(chart)
        made.add_worksheet("附").write_formula(0, 0, "=1/0", None, "#DIV/0!")
    assert rows(path) == {"许可": [["甲"]], "附": [["#DIV/0!"]]}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" + b"\0" * 50, b"text"])
def test_of_what_is_no_workbook_nothing_is_known(content: bytes) -> None:
    assert sheet_facts(content) == ()


def test_of_another_sort_of_archive_nothing_is_known(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "xl/_rels/workbook.xml.rels", '<Relationship Id="rId1" Target="gone.xml"/>'
        )
        archive.writestr("xl/workbook.xml", '<sheet name="a" sheetId="1" r:id="rId1"/>')
    assert sheet_facts(path.read_bytes()) == ()
