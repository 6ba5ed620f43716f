"""Writing the sample files of the demonstration in the shapes that offices export (演示文件)."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

from xlsxwriter import Workbook

from xinqiao.demo.invention import Row, Value


def write_workbook(target: Path, headers: Mapping[str, str], rows: Iterable[Row]) -> None:
    """Write a workbook with one header row.

    Args:
        target: Where it is written.
        headers: Field path → header, in the order of the columns.
        rows: The rows.
    """
    with Workbook(target, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": datetime(2026, 11, 20)})  # noqa: DTZ001 - Excel has no zones
        sheet = workbook.add_worksheet("Sheet1")
        bold = workbook.add_format({"bold": True})
        day_format = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, headers.values(), bold)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(headers) - 1, 20)
        for number, row in enumerate(rows, start=1):
            for column, path in enumerate(headers):
                value = row.values.get(path, "")
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, day_format)
                else:
                    sheet.write(number, column, value)


def write_csv(target: Path, headers: Mapping[str, str], rows: Iterable[Row]) -> None:
    """Write a CSV file in GB18030, as the road-transport system exports it; dates as text."""
    with target.open("w", encoding="gb18030", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(headers.values())
        for row in rows:
            lines.writerow(_text(row.values.get(path, "")) for path in headers)


def _text(value: Value) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
