"""Files in the shapes in which offices export operators, assessments and safety facts."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.imports.books import Desk, write_book
from tests.imports.transport import assessed, credit_code, driver, identity_number, misspelled
from xinqiao.database.tables import holding
from xinqiao.intake.headers import header_table
from xinqiao.intake.reading import read_tables
from xinqiao.intake.report import FileReport
from xinqiao.records.behaviours import Behaviour, BehaviourEdition, Behaviours

FILED = {"有效期止": "", "许可方式": "备案"}


def operator(number: int, **changes: str) -> dict[str, str]:
    row = {
        "业户名称": f"沂源县示例{number:03}物流有限公司",
        "统一社会信用代码": credit_code(number),
        "业户地址": f"山东省淄博市沂源县示例路{number}号",
        "行政区划代码": "370323",
        "负责人姓名": "云试一",
        "联系电话": f"0533-{number:07}",
        "经营状态": "1",
        "业务类别": "021",
        "经营许可证字": "鲁交运管许可淄字",
        "经营许可证号": f"370323{number:06}",
        "经营范围": "道路普通货物运输",
        "有效期起": "2024-06-04",
        "有效期止": "2028-06-04",
        "许可方式": "许可",
    }
    return {**row, **changes}


def fact(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "主体类别": "生产经营单位",
        "主体名称": f"沂源县示例{number:03}物流有限公司",
        "统一社会信用代码": credit_code(number),
        "领域类型": "道路运输",
        "信息类别": "失信",
        "行为描述": "重大事故隐患未按期整改",
        "分值": -50.0,
        "发生日期": date(2026, 11, 12),
        "认定日期": date(2026, 11, 13),
        "信息来源": "隐患排查治理",
        "认定机构": "云溪县交通运输局",
        "状态": "已认定",
    }
    return {**row, **changes}


def errors(report: FileReport) -> list[tuple[int, str]]:
    return [(one.row, one.column) for one in report.findings if one.severity.value == "error"]


def take_csv(desk: Desk, rows: Sequence[Mapping[str, str]]) -> FileReport:
    path = desk.folder / "业户.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return desk.take_file(path)


def test_the_registers_export_of_operators_is_known_by_its_header(desk: Desk) -> None:
    report = take_csv(
        desk,
        [
            operator(1),
            operator(2, 业务类别="041", **FILED),
            operator(3, 统一社会信用代码=misspelled(credit_code(3))),
            operator(4, 经营状态="8"),
            operator(5, 有效期止="2024-06-03"),
            operator(6, 业务类别="080、091", 经营状态="5"),
        ],
    )
    assert (report.kind, report.read, report.counts["new"]) == ("operator", 6, 3)
    assert errors(report) == [(4, "统一社会信用代码"), (5, "经营状态"), (6, "有效期止")]


@pytest.mark.parametrize(
    ("field", "written", "kept"),
    [
        ("经营状态", "4", "停业整顿"),
        ("经营状态", "9", "其他"),
        ("业务类别", "91", "出租汽车客运"),
        ("业务类别", "100", "汽车租赁"),
        ("业务类别", "10", "道路旅客运输"),
        ("业务类别", "041；051", "汽车维修；普通机动车驾驶员培训"),
        ("许可方式", "备案制", "备案"),
        ("有效期止", "长期", "2099-12-31"),
    ],
)
def test_digits_and_short_words_are_kept_as_words(
    desk: Desk, field: str, written: str, kept: str
) -> None:
    path = write_book(desk.folder / "业户.xlsx", operator(1, **{field: written}))
    (table,) = read_tables(path, kind=None, today=date(2026, 11, 20))
    (draft,) = table.drafts()
    found = next(path for path, header in table.columns.items() if header == field)
    assert draft.content[found] == kept
    assert found in header_table("operator").fields


def test_grades_are_measured_by_what_was_assessed(desk: Desk) -> None:
    taxi = {"考核对象": "出租汽车", "依据文件": "交运规〔2022〕2号", "考核等级": "AAAAA"}
    report = desk.take(
        assessed(credit_code(1), "沂源县示例1号有限公司", **taxi),
        assessed(credit_code(2), "沂源县示例2号有限公司", 考核等级="AAAAA"),
        assessed(credit_code(3), "沂源县示例3号有限公司", 考核等级="ａａａ"),
        assessed(credit_code(4), "沂源县示例4号有限公司", 考核对象="公交", 考核等级="AA级"),
        assessed(credit_code(5), "沂源县示例5号有限公司", 考核分值="748.0分", 考核年度="2025年度"),
    )
    assert (report.kind, report.read, report.counts["new"]) == ("quality_assessment", 5, 4)
    assert errors(report) == [(3, "考核等级")]


def test_cycles_and_points_of_drivers_are_told_on_their_columns(desk: Desk) -> None:
    report = desk.take(
        driver(identity_number(1)),
        driver(identity_number(2), 累计计分=20.0, 诚信等级="AA"),
        driver(identity_number(3), 累计计分="２０分", 诚信等级="不合格"),
        driver(identity_number(4), 考核周期止="2026-11-03"),
        driver(identity_number(5), 考核周期起="2025-11-04", 考核周期止="2026-11-03"),
    )
    assert (report.kind, report.read, report.counts["new"]) == ("driver_assessment", 5, 2)
    assert errors(report) == [(3, "诚信等级"), (5, "考核周期止"), (6, "考核周期起")]
    assert "19" + identity_number(2)[8:14] not in repr(report)


def test_a_taxi_drivers_table_is_not_taken_for_a_drivers(desk: Desk) -> None:
    number = identity_number(1)
    report = desk.take(
        {
            "姓名": "溪样三",
            "证件类型": "居民身份证",
            "证件号码": number,
            "从业资格证号": number,
            "服务类型": "网约车",
            "考核年度": 2025,
            "考核日期": date(2026, 3, 1),
            "考核得分": 18,
            "考核等级": "AAA",
        }
    )
    assert (report.kind, errors(report)) == ("taxi_driver_assessment", [(2, "考核等级")])


def test_facts_are_told_of_a_seventh_source_and_of_a_decision_that_came_first(desk: Desk) -> None:
    report = desk.take(
        fact(1),
        fact(2, 信息来源="其他"),
        fact(3, 认定日期=date(2026, 11, 11)),
        fact(4, 信息类别="守信", 分值="+20分"),
        fact(5, 分值=50),
    )
    assert (report.kind, report.read, report.counts["new"]) == ("safety_info", 5, 2)
    assert errors(report) == [(3, "信息来源"), (4, "认定日期"), (6, "分值")]


def test_codes_are_measured_by_the_table_in_force(desk: Desk) -> None:
    rows = [
        fact(1, 行为代码="S-01", 行为代码版本="2020"),
        fact(2, 行为代码="S-09", 行为代码版本="2020"),
        fact(3, 行为代码="S-01", 行为代码版本="2020", 分值=-20),
        fact(4, 行为代码="S-01", 行为代码版本="2019"),
    ]
    path = write_book(desk.folder / "信息.xlsx", *rows)
    assert errors(desk.take_file(path, dry_run=True)) == []
    table = Behaviours(
        (BehaviourEdition("2020", {"S-01": Behaviour("S-01", "失信", "未按期整改", -50)}),)
    )
    (report,) = replace(desk.importer, behaviours=table).run(path)
    assert report.counts["new"] == 1
    assert errors(report) == [(3, "行为代码"), (4, "分值"), (5, "行为代码版本")]


def _editions() -> Behaviours:
    old = {"S-01": Behaviour("S-01", "失信", "未按期整改", -50)}
    new = {**old, "S-02": Behaviour("S-02", "失信", "未按期整改", -50)}
    del new["S-01"]
    return Behaviours((BehaviourEdition("2020", old), BehaviourEdition("2023", new)))


def test_a_code_without_an_edition_is_of_the_newest_and_says_so_from_then_on(desk: Desk) -> None:
    rows = [
        fact(1, 行为代码="S-02", 行为代码版本=None),
        fact(2, 行为代码="S-01", 行为代码版本="2020"),
        fact(3),
    ]
    path = write_book(desk.folder / "信息.xlsx", *rows)
    (table,) = read_tables(path, kind=None, today=date(2026, 11, 20), behaviours=_editions())
    filled, given, without = table.drafts()
    assert filled.content["behaviour_edition"] == "2023"
    (told,) = filled.findings
    assert (told.field, told.code, told.severity) == ("behaviour_edition", "edition", "cleaned")
    assert "最新版本" in told.message
    assert (given.content["behaviour_edition"], given.findings) == ("2020", ())
    assert "behaviour_edition" not in without.content


def test_a_code_of_an_older_edition_alone_is_not_given_the_newest(desk: Desk) -> None:
    path = write_book(desk.folder / "信息.xlsx", fact(1, 行为代码="S-01"))
    (table,) = read_tables(path, kind=None, today=date(2026, 11, 20), behaviours=_editions())
    (draft,) = table.drafts()
    assert "behaviour_edition" not in draft.content
    assert [one.code for one in draft.findings] == ["unknown_code"]


@pytest.mark.parametrize("editions", [Behaviours(), _editions()])
def test_a_code_without_an_edition_fits_the_format(desk: Desk, editions: Behaviours) -> None:
    planner = replace(desk.importer.planner, platforms=frozenset({"safety_credit"}))
    importer = replace(desk.importer, planner=planner, behaviours=editions)
    path = write_book(desk.folder / "信息.xlsx", fact(1, 行为代码="S-02"))
    (report,) = importer.run(path)
    assert (report.counts["new"], errors(report)) == (1, [])
    (held,) = desk.rows(holding)
    assert held.wanted_key is not None


def test_every_sheet_of_a_workbook_is_of_its_own_kind(desk: Desk, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for title, row in (("业户", operator(1)), ("考核", assessed(credit_code(2)))):
        sheet = book.create_sheet(title)
        sheet.append(list(row))
        sheet.append(list(row.values()))
    book.remove(book.active)
    path = tmp_path / "两张.xlsx"
    book.save(path)
    kinds = {one.kind: one.counts["new"] for one in desk.importer.run(path)}
    assert kinds == {"operator": 1, "quality_assessment": 1}
