"""Bringing the shipped example workbook up to date, so that the demo never looks a year late."""

from datetime import date, timedelta
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineWorkbook

from xinqiao.intake.dates import UnreadableDateError, read_date

MADE_ON = date(2026, 11, 20)
"""The day on which the shipped workbook's records are a few days to a few weeks old."""

_LONG_TERM_YEAR = 2099


def bring_up_to_date(source: Path, target: Path, today: date) -> None:
    """Copy a workbook, moving every date by the same whole number of weeks.

    Weekdays stay what they were. Dates of long-term validity and cells that only look like dates
    are copied as they are.
    """
    weeks = (today - MADE_ON) // timedelta(weeks=1)
    moved = timedelta(weeks=weeks)
    sheet = CalamineWorkbook.from_path(str(source)).get_sheet_by_index(0)
    with xlsxwriter.Workbook(str(target), {"in_memory": True}) as workbook:
        day_format = workbook.add_format({"num_format": "yyyy-mm-dd"})
        page = workbook.add_worksheet(sheet.name)
        for row, cells in enumerate(sheet.to_python()):
            for column, cell in enumerate(cells):
                value = _moved(cell, moved)
                if isinstance(value, date):
                    page.write_datetime(row, column, value, day_format)
                elif isinstance(value, float):
                    page.write_number(row, column, value)
                else:
                    page.write_string(row, column, value)


def _moved(cell: object, by: timedelta) -> date | float | str:
    """Return the cell's date moved, in a spelling of the same sort; other cells as text."""
    if isinstance(cell, float):
        return cell
    text = str(cell)
    try:
        found = read_date(cell)
    except UnreadableDateError:
        return text
    if found.year >= _LONG_TERM_YEAR:
        return text
    day = found + by
    if not isinstance(cell, str):
        return day
    if "年" in text:
        return f"{day.year}年{day.month}月{day.day}日"
    separator = next((mark for mark in "/.-" if mark in text), "")
    return separator.join((f"{day.year}", f"{day.month:02}", f"{day.day:02}"))
