"""Workbooks of Excel, WPS and LibreOffice (.xlsx, .xls, .ods)."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from xinqiao.errors import InputError
from xinqiao.intake.files.sheets import Cell, Merged

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class WorkbookSheet:
    """One worksheet, held in memory as it was when the workbook was opened.

    Attributes:
        name: Its name.
        content: What the spreadsheet library read.
    """

    name: str
    content: CalamineSheet

    @property
    def length(self) -> int:
        """How many rows it has."""
        return self.content.total_height

    @property
    def merged(self) -> tuple[Merged, ...]:
        """Blocks of merged cells, as far as the format of the file tells them."""
        return tuple(self.content.merged_cell_ranges or ())

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Yield (row number in the sheet, from 1; cells from column A on), top to bottom."""
        for number, cells in enumerate(self.content.iter_rows(), start=1):
            yield number, list(cells)


def open_workbook(content: bytes, file: str) -> tuple[WorkbookSheet, ...]:
    """Return the worksheets in ``content`` that hold anything, in order.

    Args:
        content: The file's bytes.
        file: Its name, to begin messages with.

    Raises:
        InputError: It is protected by a password, damaged, or holds nothing.
    """
    if _ENCRYPTED in content:
        message = f"{file}：工作簿设有打开密码，请取消密码后另存再导入"
        raise InputError(message, code="file_password")
    try:
        with CalamineWorkbook.from_filelike(BytesIO(content)) as workbook:
            sheets = tuple(
                WorkbookSheet(name, workbook.get_sheet_by_name(name))
                for name in workbook.sheet_names
            )
    except (CalamineError, OSError, ValueError) as error:
        message = (
            f"{file}：文件已损坏或不是有效的工作簿，请用 Excel 或 WPS 打开后另存为 .xlsx 再导入"
        )
        raise InputError(message, code="file_damaged") from error
    filled = tuple(sheet for sheet in sheets if sheet.content.start is not None)
    if not filled:
        raise InputError(f"{file}：工作簿是空的，没有任何数据", code="file_empty")
    return filled
