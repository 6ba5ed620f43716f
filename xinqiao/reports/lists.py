"""Long lists as a file for a spreadsheet: CSV or workbook, written row by row (清单).

What is written may come from a file or a platform, so no cell may act as a formula: in a workbook
cells are text by their type, in a CSV one that begins like a formula gets an apostrophe before it.
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from xlsxwriter import Workbook

from xinqiao.errors import InputError
from xinqiao.reports.writing import placing

_ACTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Beginnings by which a spreadsheet takes the text of a CSV for a formula."""

_MOST_ROWS = 1_048_575
"""A sheet holds one more: the headers."""

_WIDTH = 20


def check_list_name(target: Path) -> None:
    """Refuse a file of another form than those that can be written.

    Raises:
        InputError: It is neither .csv nor .xlsx.
    """
    if target.suffix.lower() not in {".csv", ".xlsx"}:
        raise InputError(f"{target.name}：文件名应以 .csv 或 .xlsx 结尾", code="list_form")


def write_list(
    target: Path, headers: Sequence[str], rows: Iterable[Sequence[str]], *, replace: bool = False
) -> None:
    """Write ``rows`` under ``headers`` to ``target``, whole or not at all, for its owner only.

    Args:
        target: .csv (UTF-8 with a mark, as spreadsheets want it) or .xlsx.
        headers: One for each column.
        rows: Read one by one.
        replace: Whether a file of that name may be replaced.

    Raises:
        InputError: It is neither .csv nor .xlsx, or a sheet cannot hold so many rows.
        SettingsError: There is such a file already, or the folder cannot be written to.
    """
    check_list_name(target)
    with placing(target, replace=replace) as part:
        if target.suffix.lower() == ".csv":
            _write_csv(part, headers, rows)
        else:
            _write_workbook(part, headers, rows)


def _write_csv(part: Path, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headers)
        writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_ACTS) else cell


def _write_workbook(part: Path, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    # each row is written out when the next begins; its place is beside the list, for its owner
    options = {"constant_memory": True, "tmpdir": str(part.parent)}
    with Workbook(part, options) as workbook:
        sheet = workbook.add_worksheet("明细")
        bold = workbook.add_format({"bold": True})
        sheet.set_column(0, len(headers) - 1, _WIDTH)
        sheet.freeze_panes(1, 0)
        for column, header in enumerate(headers):
            sheet.write_string(0, column, header, bold)
        for number, row in enumerate(rows, start=1):
            if number > _MOST_ROWS:
                raise InputError(
                    f"超过 {_MOST_ROWS} 行，一张工作表放不下；请改用 .csv，或缩小范围",
                    code="list_too_long",
                )
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell)
