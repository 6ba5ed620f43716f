from dataclasses import replace

import pytest

from xinqiao.errors import InputError
from xinqiao.intake import columns as columns_module
from xinqiao.intake.columns import column_letter, guess_kind, match_columns
from xinqiao.intake.headers import header_table
from xinqiao.records.findings import Severity
from xinqiao.records.kinds import kind_of

HEADERS = [field.label for field in header_table("permit").fields.values()]
PLACE = "许可.xlsx，工作表“双公示”"


def _without(*labels: str) -> list[str]:
    return [header for header in HEADERS if header not in labels]


def _refusal(headers: list[str]) -> InputError:
    with pytest.raises(InputError) as raised:
        match_columns("permit", headers, PLACE)
    assert raised.value.message.startswith(PLACE)
    return raised.value


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (702, "AAA")]
)
def test_column_letters_are_those_of_spreadsheets(index: int, letters: str) -> None:
    assert column_letter(index) == letters


def test_labels_of_the_national_format_are_matched_in_place() -> None:
    columns = match_columns("permit", HEADERS, PLACE)
    assert list(columns.fields.values()) == list(header_table("permit").fields)
    assert columns.original == tuple(range(len(HEADERS)))
    assert columns.findings == ()
    assert columns.record_id is None


def test_codes_of_the_national_format_are_matched_too() -> None:
    codes = [field.aliases[-1] for field in header_table("permit").fields.values()]
    columns = match_columns("permit", codes, PLACE)
    assert list(columns.fields.values()) == list(header_table("permit").fields)


def test_reserved_columns_are_not_original_and_give_the_record_id() -> None:
    columns = match_columns("permit", ["疑点", "原行号", "记录标识", *HEADERS], PLACE)
    assert columns.record_id == 2
    assert columns.original[0] == 3
    assert columns.findings == ()


def test_kind_is_guessed_by_signature() -> None:
    assert guess_kind(HEADERS, PLACE) == "permit"


def test_kind_is_guessed_without_document_number_when_there_is_a_licence_number() -> None:
    assert guess_kind(_without("行政许可决定文书号"), PLACE) == "permit"


def test_kind_that_cannot_be_guessed_names_what_each_kind_lacks() -> None:
    headers = [*_without("许可类别", "行政许可决定文书号", "许可编号"), "许可类型"]
    with pytest.raises(InputError) as raised:
        guess_kind(headers, PLACE)
    assert "行政许可缺少“行政许可决定文书号”" in raised.value.message
    assert "“许可类别”（Z 列“许可类型”与它相近）" in raised.value.message
    assert raised.value.message.startswith(PLACE)


def test_header_that_fits_two_kinds_asks_for_the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    table = header_table("permit")
    monkeypatch.setattr(columns_module, "header_tables", lambda: (table, replace(table, kind="b")))
    monkeypatch.setattr(columns_module, "kind_of", lambda _: kind_of("permit"))
    with pytest.raises(InputError, match="--kind"):
        guess_kind(HEADERS, PLACE)


def test_near_miss_of_an_absent_label_is_refused_with_its_place() -> None:
    error = _refusal([*_without("许可编号"), "许可的编号"])
    assert error.code == "header_near_miss"
    assert "AB 列的表头“许可的编号”" in error.message
    assert "“许可编号”很相近" in error.message


def test_near_miss_of_a_label_that_is_there_is_only_not_read() -> None:
    columns = match_columns("permit", [*HEADERS, "许可的编号"], PLACE)
    ((index, finding),) = columns.findings
    assert index == len(HEADERS)
    assert finding.severity is Severity.WARNING
    assert "许可的编号" in finding.message
    assert index in columns.original


def test_unlike_header_is_a_warning() -> None:
    columns = match_columns("permit", [*HEADERS, "窗口电话"], PLACE)
    assert [finding.code for _, finding in columns.findings] == ["unknown_column"]


def test_column_without_a_header_is_not_read() -> None:
    columns = match_columns("permit", ["", *HEADERS, " "], PLACE)
    assert columns.original == tuple(range(1, len(HEADERS) + 1))
    assert columns.findings == ()


def test_two_columns_for_one_field_are_refused_by_name() -> None:
    error = _refusal([*HEADERS, "XK_XKBH"])
    assert error.code == "column_twice"
    assert "R 列“许可编号”和AC 列“XK_XKBH”" in error.message


@pytest.mark.parametrize("label", ["行政相对人类别", "许可内容", "许可机关统一社会信用代码"])
def test_missing_required_column_is_refused(label: str) -> None:
    error = _refusal(_without(label))
    assert error.code == "column_missing"
    assert f"“{label}”" in error.message


def test_missing_optional_columns_are_no_matter() -> None:
    columns = match_columns("permit", _without("备注", "许可编号", "证件类型"), PLACE)
    assert "remarks" not in columns.fields.values()


def test_licence_number_stands_in_for_the_column_of_document_numbers() -> None:
    match_columns("permit", _without("行政许可决定文书号"), PLACE)
    assert "行政许可决定文书号" in _refusal(_without("行政许可决定文书号", "许可编号")).message
