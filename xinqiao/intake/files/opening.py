"""Opening a file by what is in it, and telling in a person's own words why it cannot be read."""

from pathlib import Path

from xinqiao.errors import InputError, reason_of
from xinqiao.intake.files.sheets import Sheet

_SAVE_AS = "请用 Excel 或 WPS 打开后另存为 .xlsx 再导入"

_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head", b"<body", b"<style")
_HEAD_BYTES = 4096
_TEXT_SUFFIXES = (".csv", ".txt", ".tsv")


def open_sheets(path: Path) -> tuple[Sheet, ...]:
    """Return the sheets of a file that hold anything, in order.

    The bytes decide, not the name: a ``.xls`` that is a newer workbook inside is read as one. A
    workbook's name on a text is refused, since a person expects cells where there are none.

    Raises:
        InputError: The file is missing, may not be read, is damaged, empty, or of no known format.
            The message says what it is and what to do.
    """
    head = _head(path)
    if not head.strip():
        raise InputError(f"{path.name}：文件是空的（0 字节），请重新导出", code="file_empty")
    if head.startswith((_ZIP, _OLE)):
        from xinqiao.intake.files.spreadsheet import open_workbook  # noqa: PLC0415 - read when used

        return open_workbook(read_file(path), path.name)
    _refuse_disguised(path, head)
    from xinqiao.intake.files.text import open_text  # noqa: PLC0415 - the same

    return (open_text(path),)


def read_file(path: Path) -> bytes:
    """Return the bytes of ``path``.

    Raises:
        InputError: It is missing, a folder, or may not or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path}：找不到文件，请检查路径和文件名", code="file_missing")
    if isinstance(error, IsADirectoryError):
        example = path / "许可.xlsx"
        message = f"{path} 是一个文件夹；请写明其中的文件，如 {example}"
        return InputError(message, code="file_format")
    if isinstance(error, PermissionError):
        message = f"{path}：没有读取权限，请检查文件的权限和所有者"
        return InputError(message, code="file_permission")
    message = f"{path}：文件读取失败（{reason_of(error)}），请检查磁盘或网络共享"
    return InputError(message, code="file_unreadable")


def _refuse_disguised(path: Path, head: bytes) -> None:
    suffix = path.suffix.lower()
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        message = f"{path.name}：文件其实是网页（HTML）或 XML，只是扩展名为 {suffix}，{_SAVE_AS}"
        raise InputError(message, code="file_format")
    if head.startswith(_UTF_16):
        message = f"{path.name}：文件是 Unicode（UTF-16）文本，{_SAVE_AS}，或另存为 CSV（UTF-8）"
        raise InputError(message, code="file_format")
    if b"\0" in head:
        message = f"{path.name}：文件已损坏，或不是工作簿也不是 CSV，{_SAVE_AS}"
        raise InputError(message, code="file_damaged")
    if suffix not in _TEXT_SUFFIXES:
        message = (
            f"{path.name}：文件其实是文本（如 CSV），只是扩展名为 {suffix or '空'}，"
            f"请把扩展名改为 .csv，或{_SAVE_AS.removeprefix('请')}"
        )
        raise InputError(message, code="file_format")
