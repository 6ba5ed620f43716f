import os
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinqiao.errors import InputError
from xinqiao.intake.files.opening import open_sheets

OLE = bytes.fromhex("D0CF11E0A1B11AE1")


def _refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as raised:
        open_sheets(path)
    assert path.name in raised.value.message
    return raised.value


def _file(folder: Path, content: bytes, name: str = "许可.xlsx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _book(folder: Path, *sheets: tuple[str, list[list[Any]]]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / "许可.xlsx"
    book.save(path)
    return path


def test_rows_carry_their_number_in_the_sheet(tmp_path: Path) -> None:
    (sheet,) = open_sheets(_book(tmp_path, ("双公示", [[], [], [None, "甲"], [], ["乙", 5]])))
    assert sheet.name == "双公示"
    filled = [(number, cells) for number, cells in sheet.rows() if any(cells)]
    assert filled == [(3, ["", "甲"]), (5, ["乙", 5.0])]
    assert list(sheet.rows()) == list(sheet.rows())


def test_empty_sheets_are_left_out(tmp_path: Path) -> None:
    sheets = open_sheets(_book(tmp_path, ("空", []), ("双公示", [["甲"]])))
    assert [sheet.name for sheet in sheets] == ["双公示"]


def test_workbook_without_any_cell_is_empty(tmp_path: Path) -> None:
    assert _refusal(_book(tmp_path, ("一", []), ("二", []))).code == "file_empty"


def test_missing_file(tmp_path: Path) -> None:
    assert "找不到文件" in _refusal(tmp_path / "没有.xlsx").message
    assert "找不到文件" in _refusal(tmp_path / "没有.csv").message


def test_folder_in_place_of_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "许可.xlsx"
    folder.mkdir()
    assert "文件夹" in _refusal(folder).message


@pytest.mark.parametrize("suffix", [".xls", ".ods", ".et", ".docx", ""])
def test_text_under_the_name_of_a_workbook_is_told_what_to_do(tmp_path: Path, suffix: str) -> None:
    error = _refusal(_file(tmp_path, "文书号,类别".encode(), f"许可{suffix}"))
    assert error.code == "file_format"
    assert "把扩展名改为 .csv" in error.message


@pytest.mark.parametrize("suffix", [".xls", ".ods", ".csv", ".et"])
def test_a_workbook_under_another_name_is_read_for_what_it_is(tmp_path: Path, suffix: str) -> None:
    path = _book(tmp_path, ("双公示", [["甲"]])).rename(tmp_path / f"许可{suffix}")
    assert [sheet.name for sheet in open_sheets(path)] == ["双公示"]


def test_capital_extension_is_no_other_extension(tmp_path: Path) -> None:
    path = _book(tmp_path, ("双公示", [["甲"]])).rename(tmp_path / "许可.XLSX")
    assert len(open_sheets(path)) == 1


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "file_empty", "0 字节"),
        (b"<html><body><table><tr><td>1</td></tr></table>", "file_format", "网页（HTML）"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html><html>", "file_format", "网页（HTML）"),
        (b'<?xml version="1.0"?><Workbook/>', "file_format", "XML"),
        ("文书号,许可类别\n1,普通\n".encode(), "file_format", "CSV"),
        ("文书号,许可类别\n1,普通\n".encode("gb18030"), "file_format", "CSV"),
        (OLE + b"\0" * 600, "file_damaged", "已损坏"),
        ("文书号".encode("utf-16"), "file_format", "UTF-16"),
        (
            OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
            "file_password",
            "打开密码",
        ),
        (bytes(range(256)) * 4, "file_damaged", "已损坏"),
        (b"PK\x03\x04" + b"\0" * 100, "file_damaged", "已损坏"),
    ],
)
def test_what_is_no_workbook_is_named_for_what_it_is(
    tmp_path: Path, content: bytes, code: str, words: str
) -> None:
    error = _refusal(_file(tmp_path, content))
    assert error.code == code
    assert words in error.message


def test_zip_archive_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "许可.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert _refusal(path).code == "file_damaged"


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    return _book(tmp_path, ("双公示", [["甲", "乙"], ["丙", 1]])).read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(part=st.floats(0, 1))
def test_damaged_workbooks_are_read_or_refused_but_never_crash(
    tmp_path: Path, whole: bytes, part: float
) -> None:
    place = int(part * (len(whole) - 1))
    flipped = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
    for content in (whole[:place], flipped):
        try:
            for sheet in open_sheets(_file(tmp_path, content)):
                list(sheet.rows())
        except InputError as error:
            assert "许可.xlsx" in error.message  # noqa: PT017 - either outcome is right


def test_truncated_workbook_is_damaged(tmp_path: Path) -> None:
    whole = _book(tmp_path, ("双公示", [["甲"]])).read_bytes()
    assert _refusal(_file(tmp_path, whole[: len(whole) // 2])).code == "file_damaged"


def test_file_without_permission_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The administrator may read everything, so the refusal is simulated."""
    path = _book(tmp_path, ("双公示", [["甲"]]))

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    error = _refusal(path)
    assert error.code == "file_permission"
    assert "没有读取权限" in error.message
