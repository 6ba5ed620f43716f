from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.intake.tables import read_only_table
from xinqiao.errors import InputError
from xinqiao.intake.headers import header_table
from xinqiao.intake.reading import Draft, Table, read_tables
from xinqiao.records.findings import Severity

TODAY = date(2026, 11, 20)
NUMBER = "370323190711118764"
LABELS = [field.label for field in header_table("permit").fields.values()]
MakeBook = Callable[..., Path]
ReadRow = Callable[[dict[str, Any]], Draft]


def _read(path: Path, kind: str | None = None) -> Table:
    return read_only_table(path, kind=kind, today=TODAY)


def _add_sheet(path: Path, title: str, rows: Sequence[Sequence[Any]], *, first: bool) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet(title, 0 if first else None)
    for row in rows:
        sheet.append(list(row))
    book.save(path)


def test_whole_rows_become_content(
    make_book: MakeBook, company: dict[str, Any], person: dict[str, Any]
) -> None:
    table = _read(make_book(company, person))
    assert (table.kind, table.sheet, table.findings) == ("permit", "双公示", ())
    first, second = table.drafts()
    assert first.valid
    assert first.findings == second.findings == ()
    assert (first.row, second.row) == (2, 3)
    assert first.record_id is None
    assert first.content == {
        "subject.name": "云溪县青石货物运输有限公司",
        "subject.category": "法人及非法人组织",
        "subject.unified_social_credit_code": "91110000600037341L",
        "subject.legal_representative": "云试一",
        "subject.legal_representative_certificate_type": "身份证",
        "subject.legal_representative_certificate_number": NUMBER,
        "document_name": "道路运输经营许可决定书",
        "document_number": "云交许〔2026〕0001号",
        "permit_class": "普通",
        "licence_name": "道路运输经营许可证",
        "licence_number": "云交运证字370323000001号",
        "content": "道路普通货物运输",
        "decision_date": "2026-11-03",
        "valid_from": "2026-11-03",
        "valid_until": "2099-12-31",
        "authority": "云溪县交通运输局",
        "authority_code": "11420000MB15291767",
        "status": "有效",
        "source_unit": "云溪县交通运输局",
        "source_unit_code": "11420000MB15291767",
    }


def test_content_is_the_same_whatever_the_order_and_spelling_of_headers(
    make_book: MakeBook, company: dict[str, Any]
) -> None:
    (plain,) = _read(make_book(company)).drafts()
    codes = {
        field.aliases[-1]: company[field.label] for field in header_table("permit").fields.values()
    }
    (coded,) = _read(make_book(dict(reversed(codes.items())))).drafts()
    assert coded.content == plain.content


def test_columns_are_named_as_spelled_in_the_file(
    make_book: MakeBook, company: dict[str, Any]
) -> None:
    spelled = "行政相对人代码＿1 （统一社会信用代码）"
    row = {
        spelled if header.startswith("行政相对人代码_1") else header: value
        for header, value in company.items()
    }
    table = _read(make_book(row))
    assert table.columns["subject.unified_social_credit_code"] == spelled
    assert table.headers == tuple(row)


def test_cells_keep_what_the_file_shows_in_the_order_of_headers(
    make_book: MakeBook, company: dict[str, Any]
) -> None:
    company["行政相对人名称"] = " 甲公司（1/1）"
    company["窗口电话"] = 5331
    table = _read(make_book(company))
    (draft,) = table.drafts()
    shown = dict(zip(table.headers, draft.cells, strict=True))
    assert shown["行政相对人名称"] == " 甲公司（1/1）"
    assert shown["有效期自"] == "2026-11-03"
    assert shown["窗口电话"] == "5331"
    assert shown["备注"] == ""


def test_drafts_can_be_read_twice(make_book: MakeBook, company: dict[str, Any]) -> None:
    table = _read(make_book(company, company))
    assert list(table.drafts()) == list(table.drafts())
    assert len(list(table.drafts())) == 2


def test_drafts_stay_the_same_when_the_file_is_changed_in_between(
    make_book: MakeBook, company: dict[str, Any]
) -> None:
    path = make_book(company)
    table = _read(path)
    before = list(table.drafts())
    path.write_bytes(b"")
    assert list(table.drafts()) == before


def test_title_rows_are_skipped_and_counted(make_book: MakeBook, company: dict[str, Any]) -> None:
    above = [["云溪县行政许可公示表"], [], ["制表日期", "2026/11/20"]]
    table = _read(make_book(company, above=above))
    assert table.header_row == 4
    assert [draft.row for draft in table.drafts()] == [5]


def test_blank_rows_are_skipped_and_counted(make_book: MakeBook, company: dict[str, Any]) -> None:
    blank = dict.fromkeys(company, " \u3000")
    drafts = _read(make_book(company, blank, {}, company)).drafts()
    assert [draft.row for draft in drafts] == [2, 5]


def test_header_below_the_tenth_row_is_not_found(
    make_book: MakeBook, company: dict[str, Any]
) -> None:
    path = make_book(company, above=[["说明"]] * 10)
    with pytest.raises(InputError, match="没有找到表头") as raised:
        _read(path)
    assert raised.value.code == "no_header"
    assert "许可.xlsx" in raised.value.message
    assert "双公示" in raised.value.message


def test_every_sheet_of_records_is_read_and_others_are_told(
    make_book: MakeBook, company: dict[str, Any]
) -> None:
    path = make_book(company)
    _add_sheet(path, "封面", [["云溪县"]], first=True)
    _add_sheet(path, "十月", [list(company), list(company.values())], first=False)
    first, second = read_tables(path, kind=None, today=TODAY)
    assert (first.sheet, second.sheet) == ("双公示", "十月")
    (told,) = first.findings
    assert (told.row, told.column, told.code) == (0, "", "sheet_not_read")
    assert "封面" in told.message
    assert second.findings == ()


def test_unknown_column_is_a_warning_at_the_header(
    make_book: MakeBook, company: dict[str, Any]
) -> None:
    table = _read(make_book({**company, "窗口电话": "5331"}, above=[["表"]]))
    (finding,) = table.findings
    assert (finding.row, finding.column) == (2, "窗口电话")
    assert finding.severity is Severity.WARNING
    assert next(table.drafts()).valid


def test_kind_may_be_named_but_must_exist(make_book: MakeBook, company: dict[str, Any]) -> None:
    path = make_book(company)
    assert _read(path, "permit").kind == "permit"
    with pytest.raises(InputError, match="没有“parking”这种记录类型"):
        _read(path, "parking")


def test_headers_of_another_kind_are_refused_with_file_and_sheet(make_book: MakeBook) -> None:
    labels = ["行政相对人名称", "行政相对人类别", "法定代表人", "承诺编码", "承诺类型"]
    with pytest.raises(InputError) as raised:
        _read(make_book(dict.fromkeys(labels, "甲")))
    assert raised.value.message.startswith("许可.xlsx，工作表“双公示”")
    assert "行政许可缺少" in raised.value.message


def test_near_miss_header_refuses_the_file(make_book: MakeBook, company: dict[str, Any]) -> None:
    row = {header.replace("许可内容", "许可的内容"): value for header, value in company.items()}
    with pytest.raises(InputError, match="没有导入任何数据") as raised:
        _read(make_book(row))
    assert raised.value.code == "header_near_miss"
    assert "S 列" in raised.value.message


def test_record_id_is_read_and_other_reserved_columns_are_not(
    make_book: MakeBook, company: dict[str, Any]
) -> None:
    first = {"记录标识": " r-1 ", "原行号": "17", "疑点": "x", **company}
    second = {**first, "记录标识": None}
    table = _read(make_book(first, second))
    assert [draft.record_id for draft in table.drafts()] == ["r-1", None]
    assert table.headers == tuple(company)
    assert all(draft.valid for draft in table.drafts())


def test_row_with_nothing_but_reserved_columns_is_blank(
    make_book: MakeBook, company: dict[str, Any]
) -> None:
    row = {"记录标识": "r-1", **company}
    path = make_book(row, {"记录标识": "r-2"})
    assert [draft.record_id for draft in _read(path).drafts()] == ["r-1"]


def test_field_with_a_reading_error_has_no_second_error(
    read_row: ReadRow, company: dict[str, Any]
) -> None:
    draft = read_row({**company, "许可决定日期": "x", "许可类别": "批准", "当前状态": None})
    errors = [one.field for one in draft.findings if one.severity is Severity.ERROR]
    assert sorted(errors) == ["decision_date", "permit_class", "status"]
    assert not draft.valid


def test_warnings_and_cleanings_leave_a_row_valid(
    read_row: ReadRow, company: dict[str, Any]
) -> None:
    draft = read_row({**company, "许可机关统一社会信用代码": "00000000000000000x"})
    assert {one.severity for one in draft.findings} == {Severity.WARNING, Severity.CLEANED}
    assert draft.valid


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(LABELS),
        st.sampled_from(
            [NUMBER, f" {NUMBER}", f"证{NUMBER}", "110105491231002", int(NUMBER), "自然人", None]
        ),
        min_size=1,
    )
)
def test_no_finding_ever_holds_an_identity_number(
    make_book: MakeBook, company: dict[str, Any], changed: dict[str, Any]
) -> None:
    table = _read(make_book({**company, **changed}, headers=LABELS))
    messages = [one.message for draft in table.drafts() for one in draft.findings]
    assert not any(part in message for message in messages for part in ("370323", "110105"))
