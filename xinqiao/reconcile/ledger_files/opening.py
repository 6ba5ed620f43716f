"""Opening a downloaded ledger: all is looked at before any of it is believed (台账文件).

A file of another kind, platform or month, and an empty one, are refused with what to do.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path

from xinqiao.clock import end_of, local_date
from xinqiao.errors import InputError
from xinqiao.intake.cells import cell_text
from xinqiao.intake.files.opening import open_sheets
from xinqiao.intake.files.sheets import Sheet
from xinqiao.intake.header_rows import WITHIN_ROWS, Header, find_header
from xinqiao.intake.headers import HeaderTable
from xinqiao.intake.reading import GUIDE_SHEET
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.reconcile.ledger_files.columns import match_ledger, title_of
from xinqiao.reconcile.ledger_files.ledger import LedgerFile, Part, rows_of
from xinqiao.reconcile.ledger_files.names import LedgerNames, ledger_headers
from xinqiao.reconcile.ledger_files.survey import Survey
from xinqiao.reconcile.window import Window

FULL_SHEETS = frozenset({65_536, 1_048_576})
"""Rows of a sheet of .xls and of .xlsx that can take no more."""

_FEWEST_LABELS = 2
"""A ledger may show no more than the number and the time."""

_EDGE = timedelta(hours=1)
"""How far a platform's clock may stand before ours."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What the person at the keyboard says of a file, which the file does not tell itself.

    Attributes:
        downloaded_at: When it was downloaded. Without it nothing that was taken in later than the
            newest record of the file is expected in it.
        empty: The platform holds no record at all of these days (确认没有记录).
    """

    downloaded_at: datetime | None = None
    empty: bool = False


def open_ledger(
    path: Path,
    compiled: CompiledFormat,
    names: LedgerNames,
    window: Window,
    claims: Claims,
    now: datetime,
) -> LedgerFile:
    """Return the ledger in a file, looked through once.

    Args:
        path: A workbook or a text file.
        compiled: The platform's format of the kind.
        names: What the platform calls its columns.
        window: Days for which it was downloaded, by the time of taking in.
        claims: What a person says of it.
        now: The present.

    Raises:
        InputError: It cannot be read, or is not the ledger that was asked for: the message says
            what it is and what to do.
    """
    shown = mask_identity_numbers(path.name)
    sheets = open_sheets(path)
    table = ledger_headers(compiled, names)
    parts, unread = _understood(shown, sheets, table, compiled)
    survey = Survey(window, dated=all(one.columns.taken_in is not None for one in parts))
    for row in rows_of(parts, compiled):
        survey.note(row)
    _refuse_what_is_not_asked_for(shown, survey, claims, local_date(now))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    titles = {code: title_of(code, compiled) for code in compiled.fields}
    unknown = tuple(dict.fromkeys(header for one in parts for header in one.columns.unknown))
    remarks = survey.remarks(titles)
    if unknown:
        remarks.append(f"{'、'.join(unknown)}不是格式表里的列，没有比较")
    return LedgerFile(
        shown,
        digest,
        window,
        survey,
        _seen_until(survey, claims, now),
        survey.lacking or _cut_off(sheets, names, survey) or unread,
        tuple(remarks),
        parts,
        compiled,
    )


def _understood(
    file: str, sheets: tuple[Sheet, ...], table: HeaderTable, compiled: CompiledFormat
) -> tuple[tuple[Part, ...], str]:
    """Return the sheets that hold the ledger, and what else there is that was not read."""
    headers = [(sheet, find_header(sheet, (table,), _FEWEST_LABELS)) for sheet in sheets]
    found = [header for _, header in headers if header is not None]
    if not found:
        found = [_likeliest(sheets[0])]
    parts = tuple(
        Part(one, match_ledger(one.texts, table, compiled, _place(file, one.sheet)))
        for one in found
    )
    unread = "、".join(
        f"“{sheet.name}”"
        for sheet, header in headers
        if header is None and sheet.name != GUIDE_SHEET
    )
    return parts, f"工作表{unread}里没有认出表头，没有读取" if unread else ""


def _place(file: str, sheet: Sheet) -> str:
    return f"{file}，工作表“{sheet.name}”" if sheet.name else file


def _likeliest(sheet: Sheet) -> Header:
    """Return the row that a person meant as header, where no label in it is known."""
    rows = [
        (number, tuple(cell_text(cell) for cell in cells))
        for number, cells in islice(sheet.rows(), WITHIN_ROWS)
    ]
    number, texts = max(rows, key=lambda row: sum(bool(text.strip()) for text in row[1]))
    return Header(sheet, number, texts)


def _refuse_what_is_not_asked_for(file: str, survey: Survey, claims: Claims, today: date) -> None:
    window = survey.window
    days = f"{window.start} 至 {window.end}"
    if survey.records and claims.empty:
        raise InputError(
            f"{file}：文件里有 {survey.records} 条记录，不是空的。没有对账，请去掉 --empty",
            code="ledger_not_empty",
        )
    if claims.empty and claims.downloaded_at is None and window.end >= today:
        raise InputError(
            f"{file}：{days}还没有过完，请用 --downloaded 写明下载台账的时间",
            code="ledger_empty",
        )
    if not survey.records and not claims.empty:
        raise InputError(
            f"{file}：只有表头，一条记录也没有，不知道是平台上没有还是下载错了。没有对账；"
            f"平台上 {days} 确实一条也没有的，请加 --empty 再对",
            code="ledger_empty",
        )
    if survey.records and survey.outside.count == survey.records:
        raise InputError(
            f"{file}：{survey.span}，与要对的 {days} 没有重合。没有对账，"
            "请核对文件，或按下载时选的日期改写 --from 和 --to",
            code="ledger_another_month",
        )


def _cut_off(sheets: tuple[Sheet, ...], names: LedgerNames, survey: Survey) -> str:
    if names.rows_at_most is not None and survey.records >= names.rows_at_most:
        return f"平台一次最多导出 {names.rows_at_most} 行，文件已写满，请把日期分段下载"
    if any(sheet.length in FULL_SHEETS for sheet in sheets):
        return "工作表已写满，装不下的记录不在里面，请把日期分段下载"
    return ""


def _seen_until(survey: Survey, claims: Claims, now: datetime) -> datetime:
    """Return the last instant of which the file can tell anything."""
    if claims.downloaded_at is not None:
        return min(claims.downloaded_at, now)
    if survey.newest is not None:
        return min(survey.newest - _EDGE, now)
    return min(end_of(survey.window.end), now)
