import stat
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.intake.tables import read_only_table
from xinqiao.errors import SettingsError
from xinqiao.intake.findings_workbook import FindingsRow, write_findings_workbook
from xinqiao.intake.reading import Table
from xinqiao.records.findings import Finding, Severity

TODAY = date(2026, 11, 20)
MakeBook = Callable[..., Path]


def _read(path: Path) -> Table:
    return read_only_table(path, kind=None, today=TODAY)


def _rows(table: Table) -> list[FindingsRow]:
    return [
        FindingsRow(f"r-{draft.row}", draft.row, draft.cells, draft.findings)
        for draft in table.drafts()
    ]


@pytest.fixture
def table(make_book: MakeBook, company: dict[str, Any], person: dict[str, Any]) -> Table:
    wrong = {
        **company,
        "行政相对人名称": "\u3000甲公司",
        "许可类别": "批准",
        "许可决定日期": "2026年11月31日",
        "许可机关统一社会信用代码": "00000000000000000X",
        "窗口电话": "5331",
    }
    del person["备注"]
    return _read(make_book(wrong, {**person, "证件号码": "370323190711118765"}, headers=[*wrong]))


@pytest.fixture
def written(table: Table, tmp_path: Path) -> Path:
    path = tmp_path / "许可-疑点.xlsx"
    write_findings_workbook(path, table, _rows(table))
    return path


def test_reads_back_as_the_same_rows(table: Table, written: Path) -> None:
    again = _read(written)
    assert again.sheet == "待更正"
    assert again.headers == table.headers
    assert [one.code for one in again.findings] == ["unknown_column"]
    for before, after in zip(table.drafts(), again.drafts(), strict=True):
        assert after.record_id == f"r-{before.row}"
        assert after.cells == before.cells
        assert after.content == before.content
        assert after.findings == before.findings


def test_corrected_row_becomes_valid_and_keeps_its_record(written: Path) -> None:
    book = openpyxl.load_workbook(written)
    sheet = book["待更正"]
    columns = {str(cell.value): int(cell.column or 0) for cell in sheet[1]}
    sheet.cell(2, columns["许可类别"], "普通")
    sheet.cell(2, columns["许可决定日期"], "2026/11/3")
    book.save(written)
    first, second = _read(written).drafts()
    assert first.valid
    assert first.record_id == "r-2"
    assert not second.valid


def test_shape_of_the_sheets(table: Table, written: Path) -> None:
    book = openpyxl.load_workbook(written)
    assert book.sheetnames == ["说明", "待更正"]
    guide = "".join(str(row[0].value) for row in book["说明"].iter_rows())
    assert "记录标识" in guide
    assert "再次导入" in guide
    sheet = book["待更正"]
    headers = [cell.value for cell in sheet[1]]
    assert headers == ["记录标识", "原行号", "疑点", "怎么改", *table.headers]
    assert sheet.freeze_panes == "B2"
    assert [cell.value for cell in sheet[2]][:2] == ["r-2", "2"]
    assert all(10 <= one.width <= 61 for one in sheet.column_dimensions.values())


def test_reasons_of_a_row_stand_together_under_their_columns(written: Path) -> None:
    reasons = str(openpyxl.load_workbook(written)["待更正"].cell(2, 3).value).split("\n")
    assert "行政相对人名称：已去掉首尾空白" in reasons
    assert any(one.startswith("许可类别：") and "批准" in one for one in reasons)
    assert any(one.startswith("许可决定日期：") for one in reasons)
    assert len(reasons) == 4


def test_what_to_do_stands_beside_the_reasons_with_number_and_heading(
    table: Table, written: Path
) -> None:
    how = str(openpyxl.load_workbook(written)["待更正"].cell(2, 4).value).split("\n")
    number = table.headers.index("许可类别") + 1
    assert any(one.startswith(f"第{number}项“许可类别”：请从疑点所列的取值中选") for one in how)
    # what the program put right by itself asks for nothing
    assert not [one for one in how if "行政相对人名称" in one]


def test_cells_in_doubt_are_coloured_and_carry_the_reason(written: Path) -> None:
    sheet = openpyxl.load_workbook(written)["待更正"]
    columns = {str(cell.value): int(cell.column or 0) for cell in sheet[1]}
    wrong = sheet.cell(2, columns["许可类别"])
    doubtful = sheet.cell(2, columns["许可机关统一社会信用代码"])
    right = sheet.cell(2, columns["许可内容"])
    assert wrong.comment is not None
    assert "核准" in str(wrong.comment.text)
    assert doubtful.comment is not None
    assert right.comment is None
    colours = {cell.fill.fgColor.rgb for cell in (wrong, doubtful, right)}
    assert len(colours) == 3
    assert sheet.cell(3, columns["许可类别"]).comment is None


def test_every_value_is_text_and_no_formula(table: Table, tmp_path: Path) -> None:
    first, *others = _rows(table)
    risky = replace(first, cells=("=1+1", "https://xinqiao.invalid", "0012", *first.cells[3:]))
    path = tmp_path / "疑点.xlsx"
    write_findings_workbook(path, table, [risky, *others])
    sheet = openpyxl.load_workbook(path)["待更正"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    assert {cell.hyperlink for cell in cells} == {None}
    assert {"=1+1", "https://xinqiao.invalid", "0012"} <= {cell.value for cell in cells}


def test_reasons_never_hold_an_identity_number(written: Path) -> None:
    sheet = openpyxl.load_workbook(written)["待更正"]
    reasons = [str(row[2].value) for row in sheet.iter_rows(min_row=2)]
    comments = [cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment]
    assert comments
    assert not any("3703" in text for text in (*reasons, *comments))


def test_file_is_for_its_owner_only(written: Path) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_replaced_file_becomes_private_too(table: Table, written: Path) -> None:
    written.chmod(0o644)
    write_findings_workbook(written, table, _rows(table))
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_nothing_passes_through_other_folders_or_stays_behind(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o500)
    target = tmp_path / "here"
    target.mkdir()
    opened: list[Any] = []
    original = tempfile.mkstemp

    def watched(*arguments: Any, **options: Any) -> tuple[int, str]:
        opened.append(options.get("dir"))
        descriptor, name = original(*arguments, **options)
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600
        return descriptor, name

    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    monkeypatch.setattr(tempfile, "mkstemp", watched)
    write_findings_workbook(target / "疑点.xlsx", table, _rows(table))
    assert opened == [target]
    assert [path.name for path in target.iterdir()] == ["疑点.xlsx"]
    assert list(elsewhere.iterdir()) == []


def test_failed_write_leaves_the_old_file_and_nothing_else(
    table: Table, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written.read_bytes()
    names = sorted(path.name for path in written.parent.iterdir())

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(SettingsError, match="无法写入"):
        write_findings_workbook(written, table, _rows(table))
    assert written.read_bytes() == before
    assert sorted(path.name for path in written.parent.iterdir()) == names


def test_missing_folder_is_told(table: Table, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="请检查磁盘空间和文件夹权限"):
        write_findings_workbook(tmp_path / "没有" / "疑点.xlsx", table, _rows(table))


def test_row_without_record_and_finding_without_column(
    make_book: MakeBook, company: dict[str, Any], tmp_path: Path
) -> None:
    headers = [header for header in company if header != "证件号码"]
    table = _read(make_book(company, headers=headers))
    findings = (
        Finding("subject.certificate_number", "required", Severity.ERROR, "请补填证件号码"),
        Finding("", "key_conflict", Severity.ERROR, "与第 3 行冲突"),
    )
    (row,) = _rows(table)
    path = tmp_path / "疑点.xlsx"
    write_findings_workbook(path, table, [replace(row, record_id=None, findings=findings)])
    cells = [cell.value for cell in openpyxl.load_workbook(path)["待更正"][2]]
    assert cells[0] is None or cells[0] == ""
    assert cells[2] == "请补填证件号码\n与第 3 行冲突"
    assert next(_read(path).drafts()).record_id is None
