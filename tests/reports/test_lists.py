"""Lists for spreadsheets: whole or not at all, for their owner, and no cell acts as a formula."""

import csv
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from xinqiao.errors import InputError, SettingsError
from xinqiao.reports import lists
from xinqiao.reports.lists import write_list

HEADERS = ("编号", "情况")
NASTY = [
    '=HYPERLINK("http://example.invalid")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
]


def rows_of(path: Path) -> list[list[str]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    return [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("name", ["明细.csv", "明细.xlsx"])
def test_every_row_is_there_and_only_its_owner_reads_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_list(path, HEADERS, iter([("云交许〔2026〕0001号", "迟报"), ("", "按时")]))
    assert rows_of(path) == [list(HEADERS), ["云交许〔2026〕0001号", "迟报"], ["", "按时"]]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_no_cell_of_a_csv_begins_like_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "明细.csv"
    write_list(path, HEADERS, [(text, "") for text in NASTY])
    assert [row[0] for row in rows_of(path)[1:]] == [f"'{text}" for text in NASTY]


def test_every_cell_of_a_workbook_is_text(tmp_path: Path) -> None:
    path = tmp_path / "明细.xlsx"
    write_list(path, HEADERS, [(NASTY[0], "http://example.invalid")])
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert [cell.data_type for cell in sheet[2]] == ["s", "s"]
    assert [cell.value for cell in sheet[2]] == [NASTY[0], "http://example.invalid"]
    assert sheet["B2"].hyperlink is None


@pytest.mark.parametrize("name", ["明细.csv", "明细.xlsx"])
def test_a_file_that_is_there_is_replaced_only_when_told_to(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("先前的")
    with pytest.raises(SettingsError, match="--force"):
        write_list(path, HEADERS, [])
    assert path.read_text() == "先前的"
    write_list(path, HEADERS, [], replace=True)
    assert rows_of(path) == [list(HEADERS)]


@pytest.mark.parametrize("name", ["明细.csv", "明细.xlsx"])
def test_a_list_that_breaks_off_leaves_nothing(tmp_path: Path, name: str) -> None:
    def broken() -> Iterator[tuple[str, str]]:
        yield "1", "2"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_list(tmp_path / name, HEADERS, broken())
    assert list(tmp_path.iterdir()) == []


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv 或 \.xlsx"):
        write_list(tmp_path / "明细.pdf", HEADERS, [])


def test_a_sheet_that_is_full_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "_MOST_ROWS", 2)
    rows = [("1", "")] * 3
    with pytest.raises(InputError, match=r"\.csv"):
        write_list(tmp_path / "明细.xlsx", HEADERS, rows)
    assert list(tmp_path.iterdir()) == []
    write_list(tmp_path / "明细.csv", HEADERS, rows)
