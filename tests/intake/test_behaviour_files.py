"""A table of behaviour codes: read whole or refused whole, with every fault by row and column."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from xinqiao.errors import InputError, SettingsError
from xinqiao.intake.behaviour_files import (
    BrokenBehavioursError,
    read_behaviours,
    write_template,
)
from xinqiao.records.behaviours import Behaviour

HEADERS = ("行为代码", "信息类别", "行为描述", "分值", "直接定级")
GOOD: Sequence[Sequence[Any]] = (
    ("S-01", "失信", "隐患未按期整改", -50, None),
    ("S-02", "失信行为", "发生重大事故", None, "D级"),
    ("T-01", "守信", "标准化达标", "+20分", None),
    ("J-01", "基本", "登记信息", 0, None),
)


def write(path: Path, *rows: Sequence[Any], headers: Sequence[str] = HEADERS) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for cells in (("行为代码表（示例）",), headers, *rows):
        book.active.append(list(cells))
    book.save(path)
    return path


def faults(path: Path) -> list[tuple[int, str, str]]:
    with pytest.raises(BrokenBehavioursError) as caught:
        read_behaviours(path, "2020")
    assert caught.value.message.endswith("没有导入")
    return [(one.row, one.column, one.code) for one in caught.value.findings]


def test_a_table_is_read_below_its_title(tmp_path: Path) -> None:
    edition = read_behaviours(write(tmp_path / "表.xlsx", *GOOD), "2020")
    assert edition.name == "2020"
    assert list(edition.behaviours.values()) == [
        Behaviour("S-01", "失信", "隐患未按期整改", -50),
        Behaviour("S-02", "失信", "发生重大事故", None, "D"),
        Behaviour("T-01", "守信", "标准化达标", 20),
        Behaviour("J-01", "基本", "登记信息", 0),
    ]


def test_a_text_file_is_read_like_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "表.csv"
    path.write_text("代码,类别,描述,分值\nS-01,失信,隐患未按期整改,-50\n", "gb18030")
    assert set(read_behaviours(path, "2020").behaviours) == {"S-01"}


def test_every_fault_is_told_by_row_and_column_and_nothing_is_taken(tmp_path: Path) -> None:
    path = write(
        tmp_path / "表.xlsx",
        *GOOD,
        ("S-01", "失信", "又一次", -10, None),
        ("S-03", "失信", "没有分值", None, None),
        ("S-04", "表扬", "不认识的类别", 5, None),
        ("S-05", "失信", "符号不对", 5, None),
        ("S-06", "失信", "不是数", "若干", None),
        ("S-07", "失信", None, -5, "C"),
        (None, "失信", "没有代码", -5, None),
    )
    assert faults(path) == [
        (7, "行为代码", "doubled_code"),
        (8, "分值", "required"),
        (9, "信息类别", "choice"),
        (10, "分值", "wrong_sign"),
        (11, "分值", "whole_number"),
        (12, "行为描述", "required"),
        (12, "直接定级", "choice"),
        (13, "行为代码", "required"),
    ]


def test_the_message_names_the_first_faults_and_counts_the_others(tmp_path: Path) -> None:
    rows = [(f"S-{number}", "失信", "没有分值", None, None) for number in range(8)]
    with pytest.raises(BrokenBehavioursError, match=r"第 3 行“分值”：没有分值.*另有 3 处"):
        read_behaviours(write(tmp_path / "表.xlsx", *rows), "2020")


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (("甲", "乙", "丙", "丁", "戊"), "没有找到行为代码表的表头.*behaviours template"),
        (("行为代码", "信息类别", "备考", "分值", "直接定级"), "缺少列“行为描述”"),
        (("行为代码", "信息类别", "行为描述", "分值", "加减分"), "有两列都是“分值”"),
    ],
)
def test_a_header_that_will_not_do_is_told(
    tmp_path: Path, headers: Sequence[str], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        read_behaviours(write(tmp_path / "表.xlsx", *GOOD, headers=headers), "2020")


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有行为代码"):
        read_behaviours(write(tmp_path / "表.xlsx"), "2020")


def test_two_tables_in_one_workbook_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "表.xlsx", *GOOD)
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("又一张")
    sheet.append(list(HEADERS))
    book.save(path)
    with pytest.raises(InputError, match="请只留一张"):
        read_behaviours(path, "2020")


def test_the_template_is_read_as_it_is_filled_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "行为代码表.xlsx"
    write_template(path)
    book = openpyxl.load_workbook(path)
    sheet = book["行为代码表"]
    assert [cell.value for cell in sheet[1]] == list(HEADERS)
    offered = {str(one.formula1) for one in sheet.data_validations.dataValidation}
    assert offered == {'"基本,失信,守信"', '"D"'}
    for column, value in enumerate(GOOD[0], start=1):
        sheet.cell(2, column).value = value
    book.save(path)
    assert set(read_behaviours(path, "2020").behaviours) == {"S-01"}
    with pytest.raises(SettingsError, match="没有覆盖"):
        write_template(path)
    with pytest.raises(SettingsError, match="无法写入"):
        write_template(tmp_path / "无" / "表.xlsx")
