"""Workbooks with the rows that offices really export, written afresh for each test."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.intake.tables import read_only_table
from xinqiao.intake.reading import Draft

TODAY = date(2026, 11, 20)

DECISION: dict[str, Any] = {
    "行政许可决定文书名称": "道路运输经营许可决定书",
    "行政许可决定文书号": "云交许〔2026〕0001号",
    "许可类别": "普通",
    "许可证书名称": "道路运输经营许可证",
    "许可编号": "云交运证字370323000001号",
    "许可内容": "道路普通货物运输",
    "许可决定日期": "2026/11/03",
    "有效期自": date(2026, 11, 3),
    "有效期至": "2099/12/31",
    "许可机关": "云溪县交通运输局",
    "许可机关统一社会信用代码": "11420000MB15291767",
    "当前状态": "1",
    "数据来源单位": "云溪县交通运输局",
    "数据来源单位统一社会信用代码": "11420000MB15291767",
    "备注": None,
}
COMPANY: dict[str, Any] = {
    "行政相对人名称": "云溪县青石货物运输有限公司",
    "行政相对人类别": "法人及非法人组织",
    "行政相对人代码_1(统一社会信用代码)": "91110000600037341L",
    "行政相对人代码_2(工商注册号)": None,
    "行政相对人代码_3(组织机构代码)": None,
    "行政相对人代码_4(税务登记号)": None,
    "行政相对人代码_5(事业单位证书号)": None,
    "行政相对人代码_6(社会组织登记证号)": None,
    "法定代表人": "云试一",
    "法定代表人证件类型": "身份证",
    "法定代表人证件号码": "370323190711118764",
    "证件类型": None,
    "证件号码": None,
    **DECISION,
}
PERSON: dict[str, Any] = {
    **dict.fromkeys(COMPANY),
    "行政相对人名称": "溪样三",
    "行政相对人类别": "自然人",
    "证件类型": "身份证",
    "证件号码": "370323190711118764",
    **DECISION,
}

Row = Mapping[str, Any]
MakeBook = Callable[..., Path]
ReadRow = Callable[[Row], Draft]


@pytest.fixture
def company() -> dict[str, Any]:
    return dict(COMPANY)


@pytest.fixture
def person() -> dict[str, Any]:
    return dict(PERSON)


@pytest.fixture
def make_book(tmp_path: Path) -> MakeBook:
    """Return a function that writes rows (header → value) to a workbook."""

    def make(
        *rows: Row,
        headers: Sequence[str] | None = None,
        above: Sequence[Sequence[Any]] = (),
        name: str = "许可.xlsx",
    ) -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "双公示"
        spelled = list(headers or rows[0])
        for cells in (*above, spelled):
            sheet.append(list(cells))
        for row in rows:
            sheet.append([row.get(header) for header in spelled])
        path = tmp_path / name
        book.save(path)
        return path

    return make


@pytest.fixture
def read_row(make_book: MakeBook) -> ReadRow:
    """Return a function that writes one row to a workbook and reads it back."""

    def read(row: Row) -> Draft:
        (draft,) = read_only_table(make_book(row), kind=None, today=TODAY).drafts()
        return draft

    return read
