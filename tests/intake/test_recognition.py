"""A table is recognised by its header as of one kind and no other, however it is spelled."""

import csv
from datetime import date
from itertools import zip_longest
from pathlib import Path

import openpyxl
import pytest

from tests.intake.photographs import photograph
from tests.intake.tables import read_only_table
from tests.records.whole import FIRM, FIRM_CODE, IDENTITY_NUMBER, PERSON_PARTY, WHOLE
from xinqiao.errors import InputError
from xinqiao.intake.columns import guess_kind, match_columns
from xinqiao.intake.headers import FieldHeader, FieldType, header_table
from xinqiao.records.findings import Severity
from xinqiao.records.kinds import KINDS
from xinqiao.records.pictures import read_pictures

TODAY = date(2026, 11, 20)


def spellings(field: FieldHeader) -> tuple[str, ...]:
    return (field.label, *field.aliases)


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_of_labels_or_of_any_aliases_is_of_its_kind_alone(kind: str) -> None:
    fields = header_table(kind).fields.values()
    for spelled in zip_longest(*map(spellings, fields)):
        headers = [text or field.label for text, field in zip(spelled, fields, strict=True)]
        assert guess_kind(headers, "示例") == kind
        assert match_columns(kind, headers, "示例").findings == ()


@pytest.mark.parametrize("meant", KINDS)
@pytest.mark.parametrize("named", KINDS)
def test_a_table_of_another_kind_than_the_one_named_is_told_what_it_looks_like(
    named: str, meant: str
) -> None:
    headers = [field.label for field in header_table(meant).fields.values()]
    if named == meant:
        assert match_columns(named, headers, "示例").findings == ()
        return
    with pytest.raises(InputError) as caught:
        match_columns(named, headers, "示例")
    assert caught.value.code == "another_kind"
    assert f"像是{KINDS[meant].name}" in caught.value.message
    assert f"--kind {meant}" in caught.value.message
    assert "改正这个表头" not in caught.value.message


def test_a_file_in_which_the_kind_named_has_no_header_at_all_is_told_the_same(
    tmp_path: Path,
) -> None:
    path = tmp_path / "承诺.csv"
    headers = [field.label for field in header_table("commitment").fields.values()]
    path.write_text(f"{','.join(headers)}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"像是信用承诺.*--kind commitment"):
        read_only_table(path, kind="news", today=TODAY)


@pytest.mark.parametrize("kind", KINDS)
def test_the_required_columns_alone_are_enough(kind: str) -> None:
    table = header_table(kind)
    needed = {*KINDS[kind].required, *table.signature}
    headers = [field.label for path, field in table.fields.items() if path in needed]
    assert guess_kind(headers, "示例") == kind


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_as_a_date_is_a_date_of_the_record(kind: str) -> None:
    model_says = {path for path in KINDS[kind].labels if _is_date(kind, path)}
    table_says = {
        path for path, one in header_table(kind).fields.items() if one.type is FieldType.DATE
    }
    assert table_says == model_says


def _is_date(kind: str, path: str) -> bool:
    field = KINDS[kind].model.model_fields.get(path)
    return field is not None and "date" in str(field.annotation)


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_record_is_read_as_it_stands(tmp_path: Path, kind: str, form: str) -> None:
    fields = header_table(kind).fields
    headers = [field.label for field in fields.values()]
    cells = [WHOLE[kind].get(path, "") for path in fields]
    path = tmp_path / f"表.{form}"
    if form == "csv":
        with path.open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows([headers, cells])
    else:
        book = openpyxl.Workbook()
        assert book.active is not None
        book.active.append(headers)
        book.active.append(cells)
        book.save(path)
    table = read_only_table(path, kind=None, today=TODAY)
    assert (table.kind, table.findings) == (kind, ())
    (draft,) = table.drafts()
    assert (draft.content, draft.findings) == (WHOLE[kind], ())


def test_the_identifiers_and_digits_of_the_public_template_are_taken(tmp_path: Path) -> None:
    row = {
        "code": "37032320261004000007",
        "subjectName": FIRM,
        "subjectCategory": "1",
        "identify": f"统一社会信用代码：{FIRM_CODE.lower()}",
        "commitmentTypeId": "4",
        "reason": "道路运输经营许可",
        "content": "材料真实。",
        "liabilityBreachCommitment": "愿担责。",
        "commitmentDate": "2026年10月4日",
        "commitmentValidity": "长期",
        "fulfillmentStatus": "2",
        "unperformedCommitmentContent": "材料逾期",
        "liabilityBreachCommitmentContent": "记入记录",
        "fulfillmentStatusDate": "2026/11/3",
        "acceptanceConfirmUnit": "云溪县交通运输局",
        "acceptanceConfirmUnitIdentify": "11420000MB15291767",
        "acceptanceUnit": "云溪县交通运输局",
        "acceptanceUnitIdentify": "11420000MB15291767",
        "publicationType": "1",
        "remarks": "无",
    }
    path = tmp_path / "承诺.csv"
    path.write_text("\n".join(",".join(cells) for cells in (row.keys(), row.values())), "utf-8")
    table = read_only_table(path, kind=None, today=TODAY)
    (draft,) = table.drafts()
    assert (table.kind, draft.valid) == ("commitment", True)
    read = draft.content
    assert read["subject.category"] == "法人及非法人组织"
    assert read["subject.identifier"] == FIRM_CODE
    assert read["commitment_type"] == "信用修复型"
    assert (read["made_on"], read["valid_until"]) == ("2026-10-04", "2099-12-31")
    assert (read["fulfilment"], read["publication"]) == ("部分履行", "可向社会公开")


def test_an_old_number_of_a_person_is_upgraded_in_the_column_of_any_number(
    tmp_path: Path,
) -> None:
    fields = header_table("commitment").fields
    whole = {**WHOLE["commitment"], "publication": "不可公开"}
    old = IDENTITY_NUMBER[:6] + IDENTITY_NUMBER[8:17]
    person = {**whole, **PERSON_PARTY, "subject.identifier": old}
    firm = whole | {"subject.identifier": old}
    path = tmp_path / "承诺.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = ([one.get(path, "") for path in fields] for one in (person, firm))
        csv.writer(file).writerows([[field.label for field in fields.values()], *rows])
    first, second = read_only_table(path, kind=None, today=TODAY).drafts()
    assert first.content["subject.identifier"] == IDENTITY_NUMBER
    assert [(one.code, one.severity) for one in first.findings] == [
        ("old_identifier", Severity.CLEANED)
    ]
    assert second.content["subject.identifier"] == old
    assert [one.code for one in second.findings] == ["length"]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_pictures_are_read_from_beside_the_file_and_told_by_row_and_column(
    tmp_path: Path, form: str
) -> None:
    folder = tmp_path / "导入"
    folder.mkdir()
    photograph(folder / "甲.jpg")
    photograph(tmp_path / "外.jpg")
    headers = ["标题", "正文", "图片", "信息来源", "发布日期"]
    rows = [
        ["一", "正文", "甲.jpg", "示例", "2026-11-03"],
        ["二", "正文", "甲.jpg\n缺.jpg；../外.jpg", "示例", "2026-11-03"],
        ["三", "正文", "", "示例", "2026-11-03"],
    ]
    path = folder / f"信息.{form}"
    if form == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headers, *rows])
    else:
        book = openpyxl.Workbook()
        assert book.active is not None
        for cells in (headers, *rows):
            book.active.append(cells)
        book.save(path)
    table = read_only_table(path, kind=None, today=TODAY)
    first, second, third = table.drafts()
    assert first.valid
    assert [one.name for one in read_pictures(first.content["pictures"])] == ["甲.jpg"]
    assert [(one.field, one.code, one.severity) for one in second.findings] == [
        ("pictures", "picture_missing", Severity.ERROR),
        ("pictures", "picture_outside", Severity.ERROR),
    ]
    assert second.cells[2] == "甲.jpg\n缺.jpg；../外.jpg"
    assert table.columns["pictures"] == "图片"
    assert (third.valid, "pictures" in third.content) == (True, False)
    # a look in the same file a second time says the same
    assert list(table.drafts()) == [first, second, third]
