"""The directory of what is collected as a workbook, ready to be printed (采集目录工作簿)."""

from collections.abc import Sequence
from io import BytesIO

from xlsxwriter import Workbook

from xinqiao.reports.catalogue import Entry
from xinqiao.reports.catalogue_words import COLUMNS, INCOMING_COLUMNS, incoming_line, line

COLLECTED_SHEET = "采集目录"
INCOMING_SHEET = "平台发回"

_A3 = 8  # paper size in the form of the workbook
_LINE_HEIGHT = 15
_MARGINS = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.6}


def catalogue_workbook(entries: Sequence[Entry], bureau: str) -> bytes:
    """Return the workbook: what we collect on one sheet, what comes back to us on another.

    Args:
        entries: The directory.
        bureau: Name of the bureau for the heading; may be empty.
    """
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(buffer, options) as workbook:
        title = f"{bureau}信用信息采集目录"
        ours = [line(one) for one in entries if not one.incoming]
        _sheet(workbook, COLLECTED_SHEET, title, COLUMNS, ours)
        theirs = [incoming_line(one) for one in entries if one.incoming]
        back = f"{title}（平台发回，导入后核对）"
        _sheet(workbook, INCOMING_SHEET, back, INCOMING_COLUMNS, theirs)
    return buffer.getvalue()


def _sheet(
    workbook: Workbook,
    name: str,
    title: str,
    columns: Sequence[tuple[str, int]],
    rows: Sequence[Sequence[str]],
) -> None:
    sheet = workbook.add_worksheet(name)
    heading = workbook.add_format({"bold": True, "font_size": 16, "align": "center"})
    header = workbook.add_format(
        {"bold": True, "text_wrap": True, "border": 1, "bg_color": "#D9D9D9", "valign": "vcenter"}
    )
    cell = workbook.add_format({"text_wrap": True, "border": 1, "valign": "top"})
    sheet.merge_range(0, 0, 0, len(columns) - 1, title, heading)
    for column, (label, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write_string(1, column, label, header)
    for number, row in enumerate(rows, start=2):
        # a program that shows a workbook without having laid it out keeps the height of one line
        sheet.set_row(number, _height(row, columns))
        for column, text in enumerate(row):
            sheet.write_string(number, column, text, cell)
    sheet.freeze_panes(2, 1)
    sheet.repeat_rows(0, 1)
    sheet.set_landscape()
    sheet.set_paper(_A3)
    sheet.set_margins(**_MARGINS)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C第 &P 页，共 &N 页")


def _height(row: Sequence[str], columns: Sequence[tuple[str, int]]) -> int:
    """Return the height that shows the longest cell of a row whole."""
    lines = (
        sum(-(-max(_width(part), 1) // width) for part in text.split("\n"))
        for text, (_, width) in zip(row, columns, strict=True)
    )
    return _LINE_HEIGHT * max(lines)


def _width(text: str) -> int:
    """Return how many columns of a Latin letter ``text`` takes; Chinese characters take two."""
    return sum(1 if character.isascii() else 2 for character in text)
