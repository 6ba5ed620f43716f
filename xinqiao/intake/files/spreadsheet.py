"""Workbooks of Excel, WPS and LibreOffice (.xlsx, .xls, .ods)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from xinqiao.errors import InputError
from xinqiao.intake.files.sheets import Cell
from xinqiao.intake.files.xlsx_parts import SheetFacts, sheet_facts

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PARTS_OF_DOCUMENTS = frozenset({"[Content_Types].xml", "mimetype", "content.xml"})
_MOST_CELLS = 20_000_000
"""A hundred thousand rows have four million; each takes some thirty bytes."""

_NOTHING_FAILED: Mapping[int, Mapping[int, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class WorkbookSheet:
    """One worksheet, held in memory as it was when the workbook was opened.

    Attributes:
        name: Its name.
        content: What the spreadsheet library read.
        failed: Row number → index of the column → what a cell shows whose formula failed.
    """

    name: str
    content: CalamineSheet
    failed: Mapping[int, Mapping[int, str]]

    @property
    def delimited(self) -> bool:
        """Cells stand where they were put."""
        return False

    @property
    def length(self) -> int:
        """How many rows it has."""
        return self.content.total_height

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Yield (row number in the sheet, from 1; cells from column A on), top to bottom."""
        for number, cells in enumerate(self.content.iter_rows(), start=1):
            row: list[Cell] = list(cells)
            for column, shown in self.failed.get(number, {}).items():
                if column < len(row):
                    row[column] = shown
            yield number, row


def open_workbook(content: bytes, file: str) -> tuple[WorkbookSheet, ...]:
    """Return the worksheets in ``content`` that hold anything, in order.

    Args:
        content: The file's bytes.
        file: Its name, to begin messages with.

    Raises:
        InputError: It is protected by a password, damaged, too large, or holds nothing.
    """
    if _ENCRYPTED in content:
        raise _protected(file)
    facts = sheet_facts(content)
    _refuse_far_cells(facts, file)
    try:
        with CalamineWorkbook.from_filelike(BytesIO(content)) as workbook:
            sheets = tuple(
                WorkbookSheet(name, workbook.get_sheet_by_name(name), failed)
                for name, failed in zip(
                    workbook.sheet_names, _failed(facts, len(workbook.sheet_names)), strict=True
                )
            )
    except PasswordError as error:
        raise _protected(file) from error
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(content, file) from error
    filled = tuple(sheet for sheet in sheets if sheet.content.start is not None)
    if not filled:
        raise InputError(f"{file}：工作簿是空的，没有任何数据", code="file_empty")
    return filled


def _failed(facts: Sequence[SheetFacts], sheets: int) -> Sequence[Mapping[int, Mapping[int, str]]]:
    if len(facts) != sheets:
        return [_NOTHING_FAILED] * sheets
    return [one.failed for one in facts]


def _refuse_far_cells(facts: Sequence[SheetFacts], file: str) -> None:
    for number, one in enumerate(facts, start=1):
        if one.cells > _MOST_CELLS:
            message = (
                f"{file}：第 {number} 张工作表的已用区域直到单元格 {one.far}，大得无法读取。"
                "多半是远处误填了内容：请选中数据下方和右侧的空行、空列，删除整行整列，保存后再导入"
            )
            raise InputError(message, code="sheet_too_large")


def _protected(file: str) -> InputError:
    message = f"{file}：工作簿设有打开密码，请取消密码后另存再导入"
    return InputError(message, code="file_password")


def _unreadable(content: bytes, file: str) -> InputError:
    if _is_archive(content):
        message = f"{file}：文件是压缩包，请先解压，再导入其中的表格"
        return InputError(message, code="file_format")
    message = f"{file}：文件已损坏或不是有效的工作簿，请用 Excel 或 WPS 打开后另存为 .xlsx 再导入"
    return InputError(message, code="file_damaged")


def _is_archive(content: bytes) -> bool:
    """Return whether it is a sound .zip of other files."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            return _PARTS_OF_DOCUMENTS.isdisjoint(archive.namelist())
    except BadZipFile:
        return False
