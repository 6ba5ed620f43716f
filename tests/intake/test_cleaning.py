from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xinqiao.intake.cleaning import CELL_RULES, RECORD_RULES, clean_cell
from xinqiao.intake.headers import header_table
from xinqiao.intake.reading import Draft
from xinqiao.records.findings import Severity

CODE = "行政相对人代码_1(统一社会信用代码)"
CODE_PATH = "subject.unified_social_credit_code"
NUMBER_PATH = "subject.legal_representative_certificate_number"
ReadRow = Callable[[dict[str, Any]], Draft]


def _cleaned(draft: Draft) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in draft.findings if one.severity is Severity.CLEANED]


def _errors(draft: Draft) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in draft.findings if one.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("column", "raw", "clean", "codes"),
    [
        ("行政相对人名称", "\u3000甲公司 ", "甲公司", ["blanks"]),
        ("行政相对人名称", "\ufeff甲公司\u200b", "甲公司", ["blanks"]),
        ("行政相对人名称", "甲公司（1/1）", "甲公司", ["page_suffix"]),
        ("行政相对人名称", "甲公司 (1/1)", "甲公司", ["page_suffix"]),
        ("行政相对人名称", "甲公司()", "甲公司", ["empty_brackets"]),
        ("行政相对人名称", "甲公司（ ）", "甲公司", ["empty_brackets"]),
        ("许可证书名称", "undefined", None, ["no_value"]),
        ("备注", "NULL", None, ["no_value"]),
        ("备注", "（）", None, ["empty_brackets"]),
        ("备注", "\u3000 ", None, []),
        (CODE, "统一社会信用代码：91110000600037341L", "91110000600037341L", ["prefix"]),
        (CODE, "统一社会信用代码: 91110000600037341L", "91110000600037341L", ["prefix"]),
        (CODE, "91110000600037341l", "91110000600037341L", ["lower_case"]),
        (CODE, "91110000 600037341L", "91110000600037341L", ["inner_blanks"]),
        (CODE, "９1110000600037341L", "91110000600037341L", ["full_width"]),
        (CODE, "91110000600037341L(1/1)", "91110000600037341L", ["page_suffix"]),
        ("行政相对人代码_3(组织机构代码)", "60003734-1", "600037341", ["hyphen"]),
        ("法定代表人证件号码", "11010519491231002x", "11010519491231002X", ["lower_case"]),
        ("许可类别", "其他－备案", "其他-备案", ["dash"]),
        ("许可类别", "普通 ", "普通", ["blanks"]),
        ("许可决定日期", " 2026/11/03", "2026-11-03", ["blanks"]),
    ],
)
def test_dirt_of_one_cell_is_cleaned_and_reported(
    read_row: ReadRow,
    company: dict[str, Any],
    column: str,
    raw: str,
    clean: str | None,
    codes: list[str],
) -> None:
    draft = read_row({**company, column: raw})
    path = next(
        field.path for field in header_table("permit").fields.values() if field.label == column
    )
    assert draft.content.get(path) == clean
    assert _cleaned(draft) == [(path, code) for code in codes]
    assert draft.valid


@pytest.mark.parametrize(
    ("column", "path", "text"),
    [
        ("行政许可决定文书号", "document_number", "云交许（2026）a1号"),
        ("许可内容", "content", "维修（二类） 与 检测 1/2"),
        ("许可内容", "content", "第一部分（1/2）"),
        ("备注", "remarks", "null 值说明"),
    ],
)
def test_wording_that_is_no_dirt_is_kept(
    read_row: ReadRow, company: dict[str, Any], column: str, path: str, text: str
) -> None:
    draft = read_row({**company, column: text})
    assert draft.content[path] == text
    assert draft.findings == ()


def test_old_identity_number_is_upgraded(read_row: ReadRow, person: dict[str, Any]) -> None:
    draft = read_row({**person, "证件号码": "110105491231002"})
    assert draft.content["subject.certificate_number"] == "11010519491231002X"
    assert _cleaned(draft) == [("subject.certificate_number", "old_number")]


def test_both_old_numbers_of_a_row_are_upgraded(read_row: ReadRow, person: dict[str, Any]) -> None:
    row = {**person, "证件号码": "110105491231002", "法定代表人证件号码": "110105491231002"}
    draft = read_row({**row, "法定代表人证件类型": "身份证"})
    assert [code for _, code in _cleaned(draft)] == ["old_number", "old_number"]


def test_fifteen_digits_of_another_certificate_are_kept(
    read_row: ReadRow, person: dict[str, Any]
) -> None:
    row = {**person, "证件类型": "护照", "证件号码": "110105491231002"}
    draft = read_row(row)
    assert draft.content["subject.certificate_number"] == "110105491231002"
    assert draft.content["subject.certificate_type"] == "护照号"
    assert draft.findings == ()


@pytest.mark.parametrize("text", ["云试一", "91110000600037341L"])
def test_number_that_repeats_name_or_code_is_blanked_with_its_type(
    read_row: ReadRow, company: dict[str, Any], text: str
) -> None:
    draft = read_row({**company, "法定代表人证件号码": text})
    assert NUMBER_PATH not in draft.content
    assert "subject.legal_representative_certificate_type" not in draft.content
    assert _cleaned(draft) == [(NUMBER_PATH, "false_number")]
    assert draft.valid


def test_registration_number_is_moved_out_of_the_credit_code(
    read_row: ReadRow, company: dict[str, Any]
) -> None:
    draft = read_row({**company, CODE: "370323200000001"})
    assert CODE_PATH not in draft.content
    assert draft.content["subject.business_registration_number"] == "370323200000001"
    assert _cleaned(draft) == [(CODE_PATH, "registration_number")]
    assert draft.valid


def test_registration_number_is_not_moved_over_another(
    read_row: ReadRow, company: dict[str, Any]
) -> None:
    other = "370323200000002"
    row = {**company, CODE: "370323200000001", "行政相对人代码_2(工商注册号)": other}
    draft = read_row(row)
    assert draft.content["subject.business_registration_number"] == other
    assert _errors(draft) == [(CODE_PATH, "length")]


def test_type_of_an_identity_number_in_the_old_column_is_named(
    read_row: ReadRow, company: dict[str, Any]
) -> None:
    del company["法定代表人证件类型"]
    row = {
        "法定代表人身份证号" if header == "法定代表人证件号码" else header: value
        for header, value in company.items()
    }
    draft = read_row(row)
    assert draft.content["subject.legal_representative_certificate_type"] == "身份证"
    assert draft.valid


@pytest.mark.parametrize("name", ["张*", "云溪县**公司", "张＊三"])
def test_masked_names_are_errors(read_row: ReadRow, person: dict[str, Any], name: str) -> None:
    assert _errors(read_row({**person, "行政相对人名称": name})) == [("subject.name", "masked")]


def test_missing_document_number_is_filled_from_the_licence_number(
    read_row: ReadRow, company: dict[str, Any]
) -> None:
    draft = read_row({**company, "行政许可决定文书号": None})
    assert draft.content["document_number"] == company["许可编号"]
    assert _cleaned(draft) == [("document_number", "document_number")]
    assert draft.valid


def test_without_either_number_the_document_number_is_missing(
    read_row: ReadRow, company: dict[str, Any]
) -> None:
    draft = read_row({**company, "行政许可决定文书号": None, "许可编号": " "})
    assert _errors(draft) == [("document_number", "required")]


def test_whole_number_in_a_code_column_becomes_digits(
    read_row: ReadRow, company: dict[str, Any]
) -> None:
    draft = read_row({**company, "行政相对人代码_2(工商注册号)": 370323200000001, "当前状态": 2})
    assert draft.content["subject.business_registration_number"] == "370323200000001"
    assert draft.content["status"] == "无效"
    assert draft.findings == ()


@pytest.mark.parametrize("column", ["法定代表人证件号码", CODE, "行政许可决定文书号"])
def test_number_that_lost_digits_is_one_error_and_keeps_what_is_left(
    read_row: ReadRow, company: dict[str, Any], column: str
) -> None:
    draft = read_row({**company, column: 370323190711118764})
    path = header_table("permit").spellings[column.replace("(", "").replace(")", "")]
    assert _errors(draft) == [(path, "digits_lost")]
    assert draft.content[path].startswith("3703231907111")
    assert "370323" not in draft.findings[0].message


def test_code_that_became_a_date_is_an_error(read_row: ReadRow, company: dict[str, Any]) -> None:
    draft = read_row({**company, "许可编号": date(2026, 1, 1)})
    assert _errors(draft) == [("licence_number", "cell_is_date")]


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("2026年11月3日", "2026-11-03"),
        (20261103, "2026-11-03"),
        (date(2026, 11, 3), "2026-11-03"),
        (datetime(2026, 11, 3, 17, 30), "2026-11-03"),  # noqa: DTZ001 - spreadsheets have no zones
    ],
)
def test_spelling_of_a_date_is_no_finding(
    read_row: ReadRow, company: dict[str, Any], value: object, iso: str
) -> None:
    draft = read_row({**company, "许可决定日期": value})
    assert draft.content["decision_date"] == iso
    assert draft.findings == ()


@pytest.mark.parametrize(
    ("value", "code", "kept"),
    [
        ("2026-02-30", "no_such_date", "2026-02-30"),
        ("明天", "date", "明天"),
        (46329, "date", "46329"),
        ("长期", "date", "长期"),
    ],
)
def test_unreadable_date_is_one_error_and_keeps_its_text(
    read_row: ReadRow, company: dict[str, Any], value: object, code: str, kept: str
) -> None:
    draft = read_row({**company, "许可决定日期": value})
    assert _errors(draft) == [("decision_date", code)]
    assert draft.content["decision_date"] == kept


def test_long_term_validity_is_the_last_day_of_2099(
    read_row: ReadRow, company: dict[str, Any]
) -> None:
    draft = read_row({**company, "有效期至": "长期"})
    assert draft.content["valid_until"] == "2099-12-31"
    assert draft.findings == ()


def test_names_of_rules_are_unique() -> None:
    names = [rule.code for rule in (*CELL_RULES, *RECORD_RULES)]
    assert len(names) == len(set(names))


@given(st.text(alphabet="() （）1/\u3000\u200bundefiedl统一社会信用代码：Xx-其他－9", max_size=30))
@example("() x")
def test_cleaning_leaves_no_blank_ends_and_reports_every_change(text: str) -> None:
    for field in header_table("permit").fields.values():
        clean, findings = clean_cell(text, field)
        assert clean == clean.strip()
        assert (clean == text) or findings or not clean
