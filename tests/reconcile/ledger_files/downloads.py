"""Ledgers as a clerk downloads them: workbooks and text files made for tests."""

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from xinqiao.adapters.base import LedgerEntry
from xinqiao.mapping.registry import format_for
from xinqiao.reconcile.ledger_files.ledger import LedgerFile
from xinqiao.reconcile.ledger_files.names import LedgerNames
from xinqiao.reconcile.ledger_files.opening import Claims, open_ledger
from xinqiao.reconcile.window import Window

NAMES = LedgerNames(("入库时间", "接收时间"), ("平台编号",))
NOVEMBER = Window(date(2026, 11, 1), date(2026, 11, 30))
NOW = datetime(2026, 12, 2, 1, tzinfo=UTC)
HEADER = ("平台编号", "行政许可决定文书号", "许可内容", "许可决定日期", "入库时间")

Row = Sequence[Any]


def row(number: int, day: int = 5, **changes: Any) -> list[Any]:
    """Return a row of :data:`HEADER`; ``changes`` are by header."""
    plain = {
        "平台编号": f"SD-{number}",
        "行政许可决定文书号": f"云交许〔2026〕{number:04}号",
        "许可内容": "道路普通货物运输",
        "许可决定日期": "2026-11-02",
        "入库时间": f"2026-11-{day:02} 09:30:00",
    }
    return list((plain | changes).values())


def workbook(path: Path, *sheets: Sequence[Row], merge: str = "") -> Path:
    """Write a workbook; each of ``sheets`` is a list of rows."""
    made = Workbook()
    del made["Sheet"]
    for number, rows in enumerate(sheets, 1):
        sheet = made.create_sheet(f"表{number}")
        for one in rows:
            sheet.append(list(one))
        if merge:
            sheet.merge_cells(merge)
    made.save(path)
    return path


def text(path: Path, rows: Sequence[Row], encoding: str = "gb18030") -> Path:
    """Write a text file."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def opened(
    path: Path,
    *,
    kind: str = "permit",
    platform: str = "credit_shandong",
    window: Window = NOVEMBER,
    names: LedgerNames = NAMES,
    claims: Claims | None = None,
    now: datetime = NOW,
) -> LedgerFile:
    return open_ledger(path, format_for(platform, kind), names, window, claims or Claims(), now)


def entries(file: LedgerFile) -> list[LedgerEntry]:
    """Return every entry of every page."""
    found: list[LedgerEntry] = []
    page: int | None = 1
    while page is not None:
        read = file.ledger("permit", file.window.start, file.window.end, page)
        assert read.complete
        assert read.total == file.survey.inside
        found += read.entries
        page = read.next_page
    return found
