"""Workbooks of permits as offices export them, and a hub to import them into; all invented."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import sqlalchemy as sa

from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.database.tables import holding, metadata, submission
from xinqiao.intake.importer import Importer
from xinqiao.intake.report import FileReport
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.planning.planner import Planner
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting
from xinqiao.routing.exemptions import exemptions_in_force

PLATFORM = "credit_shandong"

NAME = "行政相对人名称"
CATEGORY = "行政相对人类别"
CREDIT_CODE = "行政相对人代码_1(统一社会信用代码)"
DOCUMENT = "行政许可决定文书号"
CLASS = "许可类别"
CONTENT = "许可内容"
DECIDED = "许可决定日期"
AUTHORITY_CODE = "许可机关统一社会信用代码"
REMARKS = "备注"

IDENTITY_NUMBER = "370323190711118764"
"""Right check digit, impossible year of birth."""

_DECISION: Mapping[str, Any] = {
    "行政许可决定文书名称": "道路运输经营许可决定书",
    DOCUMENT: "云交许〔2026〕0001号",
    CLASS: "普通",
    "许可证书名称": "道路运输经营许可证",
    "许可编号": "云交运证字370323000001号",
    CONTENT: "道路普通货物运输",
    DECIDED: "2026/11/03",
    "有效期自": date(2026, 11, 3),
    "有效期至": "2099/12/31",
    "许可机关": "云溪县交通运输局",
    AUTHORITY_CODE: "11420000MB15291767",
    "当前状态": "1",
    "数据来源单位": "云溪县交通运输局",
    "数据来源单位统一社会信用代码": "11420000MB15291767",
    REMARKS: None,
}
_COMPANY: Mapping[str, Any] = {
    NAME: "云溪县青石货物运输有限公司",
    CATEGORY: "法人及非法人组织",
    CREDIT_CODE: "91110000600037341L",
    "行政相对人代码_3(组织机构代码)": None,
    "法定代表人": "云试一",
    "法定代表人证件类型": "身份证",
    "法定代表人证件号码": IDENTITY_NUMBER,
    "证件类型": None,
    "证件号码": None,
    **_DECISION,
}

WITHOUT_NUMBER: Mapping[str, Any] = {DOCUMENT: None, "许可编号": None}
"""Neither a document number nor the licence number that would stand in for it."""

Row = dict[str, Any]


def company(number: int = 1, **changes: Any) -> Row:
    """Return the row of an organisation's permit ``number``, with ``changes`` by header."""
    return {**_COMPANY, DOCUMENT: f"云交许〔2026〕{number:04}号", **changes}


def person(number: int = 1, **changes: Any) -> Row:
    """Return the row of a natural person's permit ``number``."""
    row: Row = {**dict.fromkeys(_COMPANY), **_DECISION}
    row |= {NAME: "溪样三", CATEGORY: "自然人", "证件类型": "身份证"}
    row |= {"证件号码": IDENTITY_NUMBER, DOCUMENT: f"云交许〔2026〕{number:04}号"}
    return {**row, **changes}


def bad(number: int = 1) -> Row:
    """Return a row with one error and a known decision date."""
    return company(number, **{CLASS: "批准"})


def write_book(path: Path, *rows: Mapping[str, Any], headers: Sequence[str] | None = None) -> Path:
    """Write ``rows`` to ``path`` under one header row."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    spelled = list(headers if headers is not None else rows[0])
    sheet.append(spelled)
    for row in rows:
        sheet.append([row.get(header) for header in spelled])
    book.save(path)
    return path


def correct(findings_file: str, *changes: Mapping[str, Any]) -> Path:
    """Change cells of a findings workbook in place, one mapping (header → value) per row."""
    path = Path(findings_file)
    book = openpyxl.load_workbook(path)
    sheet = book["待更正"]
    headers = [cell.value for cell in sheet[1]]
    assert sheet.max_row == len(changes) + 1
    for number, change in enumerate(changes, start=2):
        for header, value in change.items():
            sheet.cell(number, headers.index(header) + 1).value = value
    book.save(path)
    return path


@dataclass
class Desk:
    """A hub's database with an importer on it, and what a test wants to know of it."""

    database: Database
    keys: KeyRing
    clock: FrozenClock
    folder: Path
    platforms: frozenset[str] = frozenset({PLATFORM})

    @property
    def importer(self) -> Importer:
        planner = Planner(
            self.platforms, WorkingCalendar(), Counting.EXCLUSIVE, exemptions_in_force({})
        )
        findings = self.folder / "findings"
        return Importer(self.database, self.keys, self.clock, planner, findings, "张科员")

    def take(self, *rows: Mapping[str, Any], name: str = "许可.xlsx", **how: Any) -> FileReport:
        """Import rows as a workbook of their own."""
        return self.take_file(write_book(self.folder / name, *rows), **how)

    def take_file(self, path: Path, **how: Any) -> FileReport:
        """Import a file of one table."""
        (report,) = self.importer.run(path, **how)
        return report

    def rows(self, table: sa.Table) -> list[sa.Row[Any]]:
        with self.database.reading() as connection:
            statement = sa.select(table).order_by(*table.primary_key.columns)
            return list(connection.execute(statement))

    def sizes(self) -> dict[str, int]:
        """Return table → number of rows."""
        with self.database.reading() as connection:
            return {
                table.name: connection.execute(
                    sa.select(sa.func.count()).select_from(table)
                ).scalar_one()
                for table in metadata.sorted_tables
            }

    def believe(self, record_id: str, version: int, key: str) -> None:
        """Let the platform hold a version, and close what was open about it."""
        with self.database.writing() as connection:
            connection.execute(
                sa.update(holding)
                .where(holding.c.record_id == record_id)
                .values(held_version=version, held_key=key)
            )
            connection.execute(
                sa.update(submission)
                .where(submission.c.record_id == record_id)
                .values(state="accepted")
            )

    def findings_files(self) -> list[Path]:
        return sorted((self.folder / "findings").glob("*"))


def codes(report: FileReport, *, severity: str | None = None) -> list[tuple[int, str]]:
    """Return (row, code) of a report's findings, those of ``severity`` only if it is given."""
    return [
        (one.row, one.code) for one in report.findings if severity in (None, one.severity.value)
    ]


def counts(report: FileReport) -> dict[str, int]:
    """Return the counts that are not nought."""
    return {name: count for name, count in report.counts.items() if count}
