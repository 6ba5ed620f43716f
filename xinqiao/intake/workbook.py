"""Opening ``.xlsx`` workbooks, and telling a person in their own words why one cannot be opened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from xinqiao.errors import InputError
from xinqiao.intake.opening import missing, read_file

Cell = str | int | float | bool | date | datetime | time | timedelta
"""What a cell can hold; a blank cell is an empty text."""

_OTHER_FORMATS = {
    ".xls": "旧版 Excel 工作簿",
    ".et": "WPS 表格",
    ".ods": "ODS 表格",
    ".csv": "CSV 文本",
    ".txt": "文本文件",
    ".xlsm": "带宏的工作簿",
    ".xlsb": "二进制工作簿",
}
_SAVE_AS = "请用 Excel 或 WPS 打开后另存为 .xlsx 再导入"

_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head", b"<body", b"<style")
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet, held in memory as it was when the workbook was opened (工作表).

    Attributes:
        name: Its name.
        content: What the spreadsheet library read.
    """

    name: str
    content: CalamineSheet

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Yield (row number in the sheet, from 1; cells from column A on), top to bottom."""
        for number, cells in enumerate(self.content.iter_rows(), start=1):
            yield number, list(cells)


def open_workbook(path: Path) -> tuple[Sheet, ...]:
    """Return the worksheets of a workbook that hold anything, in order.

    Raises:
        InputError: The file is missing, may not be read, is no ``.xlsx`` workbook, is protected by
            a password or damaged, or holds nothing. The message says what it is and what to do.
    """
    _check_name(path)
    _check_bytes(path)
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            sheets = tuple(
                Sheet(name, workbook.get_sheet_by_name(name)) for name in workbook.sheet_names
            )
    except (CalamineError, OSError, ValueError) as error:
        message = f"{path.name}：文件已损坏或不是有效的工作簿，{_SAVE_AS}"
        raise InputError(message, code="file_damaged") from error
    filled = tuple(sheet for sheet in sheets if sheet.content.start is not None)
    if not filled:
        raise InputError(f"{path.name}：工作簿是空的，没有任何数据", code="file_empty")
    return filled


def _check_name(path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        return
    if not path.exists():
        raise missing(path)
    if path.is_dir():
        message = f"{path} 是一个文件夹；请写明其中的文件，如 {path / '许可.xlsx'}"
        raise InputError(message, code="file_format")
    known = _OTHER_FORMATS.get(suffix)
    what = f"是{known}（{suffix}）" if known else "的扩展名不是 .xlsx"
    message = f"{path.name}：文件{what}，目前只能导入 .xlsx，{_SAVE_AS}"
    raise InputError(message, code="file_format")


def _check_bytes(path: Path) -> None:
    content = read_file(path)
    head = content[:_HEAD_BYTES]
    if not head.strip():
        raise InputError(f"{path.name}：文件是空的（0 字节），请重新导出", code="file_empty")
    if head.startswith(_ZIP):
        return
    if head.startswith(_OLE):
        if _ENCRYPTED in content:
            message = f"{path.name}：工作簿设有打开密码，请取消密码后另存为 .xlsx 再导入"
            raise InputError(message, code="file_password")
        message = f"{path.name}：文件其实是旧版 .xls 工作簿，只是改了扩展名，{_SAVE_AS}"
        raise InputError(message, code="file_format")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        message = f"{path.name}：文件其实是网页（HTML）或 XML，只是扩展名为 .xlsx，{_SAVE_AS}"
        raise InputError(message, code="file_format")
    if _is_text(content):
        message = f"{path.name}：文件其实是文本（如 CSV），只是扩展名为 .xlsx，{_SAVE_AS}"
        raise InputError(message, code="file_format")
    message = f"{path.name}：文件已损坏或不是有效的工作簿，{_SAVE_AS}"
    raise InputError(message, code="file_damaged")


def _is_text(content: bytes) -> bool:
    if b"\0" in content:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
