"""Which field the words of a platform are about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.feedback.places import Place, place_of, places_named
from xinqiao.intake.headers import column_labels
from xinqiao.mapping.registry import format_for, formats
from xinqiao.mapping.tables import FormatField, FormatTable

PERMIT = format_for("credit_shandong", "permit").table
COMMITMENT = format_for("credit_shandong", "commitment").table


def named(message: str, table: FormatTable = PERMIT) -> list[str]:
    return [one.code for one in places_named(message, table, column_labels(table.kind))]


@pytest.mark.parametrize(
    ("message", "codes"),
    [
        ("格式错误：XK_JDRQ", ["XK_JDRQ"]),
        ("字段XK_JDRQ为空", ["XK_JDRQ"]),
        ("XK_JDRQ、XK_WSH 不合要求", ["XK_JDRQ", "XK_WSH"]),
        ("许可决定日期格式不正确", ["XK_JDRQ"]),
        ("【统一社会信用代码】校验位错误", ["XK_XDR_SHXYM"]),
        ("法定代表人证件号码不能为空", ["XK_FR_ZJHM"]),
        ("法定代表人不能为空", ["XK_FRDB"]),
        ("许可机关统一社会信用代码有误", ["XK_XKJGDM"]),
        ("“备注”过长", ["BZ"]),
        ("数据已存在", []),
        ("", []),
    ],
)
def test_a_field_is_found_by_the_platforms_code_or_by_its_name(
    message: str, codes: list[str]
) -> None:
    assert named(message) == codes


def test_a_code_inside_a_longer_one_is_not_meant() -> None:
    penalty = format_for("credit_shandong", "penalty").table
    assert named("格式错误：CF_NR_FK", penalty) == ["CF_NR_FK"]


@pytest.mark.parametrize(
    ("message", "codes"),
    [
        ("必填项为空：code", ["code"]),
        ("code：不能为空", ["code"]),
        ("error code 3", []),
        ("code: 1003 格式错误", []),
        ("invalid reason given", []),
        ("reason 不能为空", ["reason"]),
    ],
)
def test_an_english_word_is_a_field_only_where_no_english_stands_around_it(
    message: str, codes: list[str]
) -> None:
    assert named(message, COMMITMENT) == codes


def test_a_field_is_told_by_number_and_heading_of_the_import_table() -> None:
    (place,) = places_named("XK_XDR_SHXYM 错误", PERMIT, column_labels("permit"))
    assert place == Place(
        "subject.unified_social_credit_code",
        3,
        "行政相对人代码_1(统一社会信用代码)",
        "XK_XDR_SHXYM",
        "行政相对人代码_1(统一社会信用代码)",
    )
    assert place.words == "第3项“行政相对人代码_1(统一社会信用代码)”"


def test_what_the_program_fills_in_has_no_number() -> None:
    table = format_for("transport_credit", "permit").table
    (place,) = places_named("area_code 不能为空", table, column_labels("permit"))
    assert (place.path, place.item) == ("", 0)


def test_the_first_of_several_paths_that_the_format_has_is_taken() -> None:
    labels = column_labels("permit")
    found = place_of(["target_number", "document_number"], PERMIT, labels)
    assert found is not None
    assert found.path == "document_number"
    assert place_of(["target_number"], PERMIT, labels) is None
    assert place_of(["document_number"], None, labels) is None


ALL = [(table, field) for table in formats() for field in table.fields]


@given(st.sampled_from(ALL), st.sampled_from(["必填项为空：{}", "{}：格式错误", "字段[{}]有误"]))
def test_every_field_of_every_format_is_found_by_its_code(
    which: tuple[FormatTable, FormatField], words: str
) -> None:
    table, field = which
    places = places_named(words.format(field.code), table, column_labels(table.kind))
    assert [one.code for one in places] == [field.code]
    known = field.source_path in column_labels(table.kind)
    assert places[0].path == (field.source_path if known else "")
