"""An empty workbook offers what may be filled in, and reads back without a word when it is."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from tests.e2e.test_penalties import FIRM
from tests.imports.books import company
from tests.intake.tables import read_only_table
from tests.records.whole import WHOLE
from xinqiao.errors import InputError, SettingsError
from xinqiao.intake.headers import FieldHeader, FieldType, header_table, normalise_header
from xinqiao.intake.template_workbook import write_template
from xinqiao.records.kinds import KINDS
from xinqiao.records.validation import validate

TODAY = date(2026, 11, 20)
DECISIONS: Mapping[str, Mapping[str, Any]] = {"permit": company(1), "penalty": FIRM}


def filled(kind: str) -> Mapping[str, Any]:
    """Return what a clerk types under each label of a kind."""
    table = header_table(kind)
    if kind in DECISIONS:
        return {
            table.fields[table.spellings[normalise_header(header)]].label: value
            for header, value in DECISIONS[kind].items()
        }
    return {
        table.fields[path].label: typed(table.fields[path], text)
        for path, text in WHOLE[kind].items()
    }


def typed(field: FieldHeader, text: str) -> Any:
    """Return what a spreadsheet keeps when ``text`` is typed into a column of this type."""
    if field.type is FieldType.DATE:
        return date.fromisoformat(text)
    if field.type is FieldType.NUMBER:
        return float(text)
    return text


@pytest.mark.parametrize("kind", KINDS)
def test_a_filled_template_is_read_without_a_remark(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "模板.xlsx"
    write_template(kind, path)
    book = openpyxl.load_workbook(path)
    sheet = book[KINDS[kind].name]
    spelled = {
        normalise_header(str(cell.value)): number for number, cell in enumerate(sheet[1], start=1)
    }
    for label, value in filled(kind).items():
        sheet.cell(2, spelled[normalise_header(label)]).value = value
    book.save(path)
    found = read_only_table(path, kind=None, today=TODAY)
    assert (found.kind, found.findings) == (kind, ())
    (draft,) = found.drafts()
    assert (draft.findings, draft.valid) == ((), True)


@pytest.mark.parametrize("kind", KINDS)
def test_required_columns_are_marked_and_every_column_is_explained(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "模板.xlsx"
    write_template(kind, path)
    sheet = openpyxl.load_workbook(path)[KINDS[kind].name]
    marked = {normalise_header(str(one.value)) for one in sheet[1] if str(one.value)[0] == "*"}
    labels = header_table(kind).fields
    assert marked == {normalise_header(labels[path].label) for path in KINDS[kind].required}
    assert all(cell.comment is not None and cell.comment.text for cell in sheet[1])


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_that_a_column_takes_is_written_in_its_comment(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "模板.xlsx"
    write_template(kind, path)
    sheet = openpyxl.load_workbook(path)[KINDS[kind].name]
    comments = {
        normalise_header(str(one.value)): one.comment.text for one in sheet[1] if one.comment
    }
    for field, words in KINDS[kind].words.items():
        comment = comments[normalise_header(header_table(kind).fields[field].label)]
        assert f"可填：{'；'.join(words)}。" in comment


def test_choices_are_offered_and_codes_are_text(tmp_path: Path) -> None:
    path = tmp_path / "模板.xlsx"
    write_template("penalty", path)
    sheet = openpyxl.load_workbook(path)["行政处罚"]
    offered = {str(one.formula1) for one in sheet.data_validations.dataValidation}
    assert '"法人及非法人组织,自然人,个体工商户"' in offered
    assert '"普通程序,简易程序"' in offered
    columns = {
        str(cell.value).lstrip("*"): get_column_letter(number)
        for number, cell in enumerate(sheet[1], start=1)
    }
    code = sheet.column_dimensions[columns["行政相对人代码_1(统一社会信用代码)"]]
    assert code.number_format == "@"


def test_a_file_that_is_there_is_never_written_over_unasked(tmp_path: Path) -> None:
    path = tmp_path / "模板.xlsx"
    path.write_bytes(b"mine")
    with pytest.raises(SettingsError, match="没有覆盖"):
        write_template("permit", path)
    assert path.read_bytes() == b"mine"
    write_template("permit", path, replace=True)
    assert path.read_bytes()[:2] == b"PK"


def test_an_unknown_kind_and_a_folder_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有“parking”这种记录类型"):
        write_template("parking", tmp_path / "模板.xlsx")
    with pytest.raises(SettingsError, match="无法写入"):
        write_template("permit", tmp_path / "无" / "模板.xlsx")


def test_an_empty_template_holds_no_records(tmp_path: Path) -> None:
    path = tmp_path / "模板.xlsx"
    write_template("permit", path)
    assert list(read_only_table(path, kind=None, today=TODAY).drafts()) == []


def comments(tmp_path: Path, kind: str) -> dict[str, str]:
    """Return field path → what the template says about its column."""
    path = tmp_path / f"{kind}.xlsx"
    write_template(kind, path)
    sheet = openpyxl.load_workbook(path)[KINDS[kind].name]
    spelled = header_table(kind).spellings
    return {
        spelled[normalise_header(str(one.value))]: one.comment.text
        for one in sheet[1]
        if one.comment is not None
    }


def test_a_decision_is_spoken_of_only_where_there_is_one(tmp_path: Path) -> None:
    for kind in KINDS:
        told = comments(tmp_path, kind)
        spoken = {path for path, text in told.items() if "决定书" in text}
        assert bool(spoken) == (kind in DECISIONS)
        assert not spoken & {"subject.name", "remarks", "authority"}


def test_a_telephone_is_no_number_with_brackets(tmp_path: Path) -> None:
    assert "括号" not in comments(tmp_path, "operator")["telephone"]


def test_grades_are_told_from_the_tables_of_scales(tmp_path: Path) -> None:
    told = comments(tmp_path, "quality_assessment")["grade"]
    assert "出租汽车：AAAAA、AAAA、AAA、AA、A" in told
    assert "机动车维修：AAA、AA、A、B" in told
    assert "20 分以上为 B" in comments(tmp_path, "driver_assessment")["grade"]
    assert "11 至 19 分为 AA" in comments(tmp_path, "taxi_driver_assessment")["grade"]


@pytest.mark.parametrize("kind", KINDS)
def test_other_is_to_be_named_only_where_a_name_is_taken(tmp_path: Path, kind: str) -> None:
    for path, text in comments(tmp_path, kind).items():
        refused = validate(kind, {path: "其他-示例"}, TODAY)
        taken = path in KINDS[kind].words and (path, "choice") not in {
            (one.field, one.code) for one in refused
        }
        assert ("后面写明具体名称" in text) == taken


def test_conditional_columns_say_when(tmp_path: Path) -> None:
    told = comments(tmp_path, "operator")
    assert "许可方式为许可的必填" in told["valid_until"]
    assert (
        "主体类别为从业人员的必填"
        in comments(tmp_path, "safety_info")["subject.certificate_number"]
    )
    assert "全部履行的不填" in comments(tmp_path, "commitment")["unfulfilled"]
    assert told["licence_issuer"].startswith("有则填，没有留空。")


@pytest.mark.parametrize("kind", KINDS)
def test_personal_data_is_spoken_of_where_identity_numbers_stand(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "模板.xlsx"
    write_template(kind, path)
    lines = [str(row[0].value) for row in openpyxl.load_workbook(path)["说明"]]
    assert any("个人信息" in line for line in lines) == bool(KINDS[kind].identity_fields)
