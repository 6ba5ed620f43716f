"""What is written is what another library reads, or it is refused before it is written."""

import csv
import io
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from tests.adapters.file_drop.samples import (
    IDENTITY_NUMBER,
    NAME,
    batch,
    by_hand,
    format_codes,
    profile,
    row,
    shipped_batch,
    shipped_row,
    template,
)
from xinqiao.adapters.base import Operation, Outcome, SealedBatch
from xinqiao.adapters.file_drop.layout import FileTransport, ManualTransport
from xinqiao.adapters.file_drop.rendering import Unfit, UploadFile, lost_fields, render_file
from xinqiao.adapters.profile import Profile, load_profile
from xinqiao.errors import SettingsError


def render(by: Profile, sealed: SealedBatch) -> UploadFile | Unfit:
    assert isinstance(by.transport, FileTransport | ManualTransport)
    return render_file(by, by.transport.templates, sealed)


def written(by: Profile, sealed: SealedBatch) -> bytes:
    file = render(by, sealed)
    assert isinstance(file, UploadFile), file
    return file.content


def test_a_csv_file_is_as_the_transport_standard_says() -> None:
    file = render(template(), batch(row(1, '说"好"', "a,b"), row(2, "", "x\ny")))
    assert isinstance(file, UploadFile)
    assert file.name == NAME
    assert file.content.decode() == (
        '"行号","名称","内容"\r\n"1","说""好""","a,b"\r\n"2","","x\ny"\r\n'
    )


@pytest.mark.parametrize(
    ("charset", "begins"),
    [("utf-8", b'"\xe8'), ("utf-8-bom", b"\xef\xbb\xbf"), ("gbk", b'"\xd0'), ("gb18030", b'"\xd0')],
)
def test_a_charset_is_kept_to(charset: str, begins: bytes) -> None:
    content = written(template(charset=charset), batch())
    assert content.startswith(begins)
    python = {"utf-8-bom": "utf-8-sig"}.get(charset, charset)
    assert content.decode(python).startswith('"行号"')


def test_delimiter_quoting_line_end_headings_and_blank_rows_are_data() -> None:
    by = template(
        delimiter="|",
        quoted=False,
        line_end="lf",
        header="codes",
        header_rows=[["双公示", "2026"]],
        first_row=4,
        columns=[
            {"role": "batch", "label": "B"},
            {"role": "key", "label": "K"},
            {"role": "kind", "label": "T"},
            {"role": "operation", "label": "O"},
            {"role": "written_at", "label": "W", "date_pattern": "YYYY-MM-DD hh:mm:ss"},
            {"constant": "370323", "label": "AREA"},
            {"field": "A"},
            {"field": "B", "date_pattern": "YYYYMMDD"},
        ],
    )
    assert written(by, batch(row(1, "甲", "2026/1/9"))).decode().split("\n") == [
        "双公示|2026",
        "B|K|T|O|W|AREA|A|B",
        "",
        "XQ1|鲁交许〔2026〕1号|XK|I|2026-11-20 00:30:00|370323|甲|20260109",
        "",
    ]


TEXTS = st.text(max_size=40) | st.text(
    "\x00\x07\t\n\r\x7f \ufeff_x0041_<&>\"'=é😀\u2028字", max_size=12
)


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("gb18030"), newline=""), strict=True))[1:]


def read_xls(content: bytes) -> list[list[str]]:
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        rows = workbook.get_sheet_by_name("Sheet1").to_python(skip_empty_area=False)
    return [[str(cell) for cell in line] + [""] * (3 - len(line)) for line in rows[1:]]


def read_xlsx(content: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Sheet1"]
    return [
        ["" if cell is None else str(cell) for cell in line]
        for line in sheet.iter_rows(2, max_col=3, values_only=True)
    ]


def read_xml(content: bytes) -> list[list[str]]:
    root = ET.fromstring(content.decode("gb18030").partition("?>")[2])  # noqa: S314 - our own file
    return [[one.text or "" for one in line] for line in root]


def read_attributes(content: bytes) -> list[list[str]]:
    root = ET.fromstring(content.decode("gb18030").partition("?>")[2])  # noqa: S314 - our own file
    return [list(line.attrib.values()) for line in root]


READERS = {
    "csv": (template(charset="gb18030"), read_csv),
    "xls": (template(format="xls"), read_xls),
    "xlsx": (template(format="xlsx"), read_xlsx),
    "xml": (template(format="xml", charset="gb18030"), read_xml),
    "attributes": (template(format="xml", charset="gb18030", shape="attributes"), read_attributes),
}


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=120, deadline=None)
@given(values=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_what_is_read_back_is_what_was_sealed_or_it_was_refused(
    kind: str, values: list[tuple[str, str]]
) -> None:
    by, read = READERS[kind]
    sealed = batch(*(row(number, a, b) for number, (a, b) in enumerate(values, 1)))
    file = render(by, sealed)
    if isinstance(file, Unfit):
        assert file.rows
        assert all(result.outcome is Outcome.REJECTED for result in file.rows)
        return
    expected = [[str(number), a, b] for number, (a, b) in enumerate(values, 1)]
    assert read(file.content) == expected
    assert render(by, sealed) == file


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    "text", ["00123", "1e5", "=1+1", "TRUE", "2026-11-20", " 空格 ", IDENTITY_NUMBER]
)
def test_text_that_looks_like_something_else_stays_text(kind: str, text: str) -> None:
    by, read = READERS[kind]
    assert read(written(by, batch(row(1, text, text)))) == [["1", text, text]]


def test_no_cell_of_a_workbook_is_a_formula_a_number_or_a_link() -> None:
    texts = ("=1+1", "123", "http://platform.test", "TRUE")
    sealed = batch(*(row(number, text, text) for number, text in enumerate(texts, 1)))
    content = written(template(format="xlsx"), sealed)
    cells = [
        cell
        for line in openpyxl.load_workbook(io.BytesIO(content))["Sheet1"].iter_rows()
        for cell in line
    ]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    with CalamineWorkbook.from_filelike(io.BytesIO(written(template(format="xls"), sealed))) as old:
        read = old.get_sheet_by_name("Sheet1").to_python()
    assert all(isinstance(cell, str) for line in read for cell in line)


@pytest.mark.parametrize(
    ("changes", "text", "code", "point"),
    [
        ({"charset": "gbk"}, f"{IDENTITY_NUMBER}😀", "character_unfit", "U+1F600"),
        ({"charset": "utf-8"}, f"{IDENTITY_NUMBER}\ud800", "character_unfit", "U+D800"),
        ({"charset": "utf-8"}, f"{IDENTITY_NUMBER}\x00", "character_unfit", "U+0000"),
        ({"format": "xlsx"}, f"{IDENTITY_NUMBER}\x0b", "character_unfit", "U+000B"),
        ({"format": "xls"}, f"{IDENTITY_NUMBER}\r", "character_unfit", "U+000D"),
        ({"format": "xlsx"}, IDENTITY_NUMBER + "字" * 32_767, "too_long", "32767"),
        ({"format": "xls"}, IDENTITY_NUMBER + "😀" * 16_384, "too_long", "32767"),
    ],
)
def test_a_refusal_names_row_column_and_character_never_the_value(
    changes: dict[str, Any], text: str, code: str, point: str
) -> None:
    unfit = render(template(**changes), batch(row(1), row(2, "甲", text)))
    assert isinstance(unfit, Unfit)
    (result,) = unfit.rows
    assert (result.row, result.outcome, result.code) == (2, Outcome.REJECTED, code)
    assert "第 2 行「内容」" in result.message
    assert point in result.message
    assert IDENTITY_NUMBER not in result.message
    assert IDENTITY_NUMBER not in repr(unfit)


def test_what_is_no_date_is_not_rewritten_but_refused() -> None:
    columns = [{"field": "A"}, {"field": "B", "label": "日期", "date_pattern": "YYYYMMDD"}]
    unfit = render(template(columns=columns), batch(row(1, "甲", "长期")))
    assert isinstance(unfit, Unfit)
    assert [result.code for result in unfit.rows] == ["not_a_date"]
    assert render(template(columns=columns), batch(row(1, "甲", ""))) != unfit


def test_a_field_without_a_column_is_never_left_out_unsaid() -> None:
    columns = [{"field": "A", "label": "名称"}]
    with pytest.raises(SettingsError, match="没有 B 的列"):
        render(template(columns=columns), batch())
    assert b"\xe5\x86\x85\xe5\xae\xb9" not in written(
        template(columns=columns, omit=["B"]), batch()
    )


def test_a_column_of_a_field_that_the_format_does_not_have_is_told() -> None:
    columns = [{"field": "A"}, {"field": "B"}, {"field": "C"}]
    with pytest.raises(SettingsError, match="报送格式中没有的字段 C"):
        render(template(columns=columns), batch())


@pytest.mark.parametrize("changes", [{"max_rows": 1}, {"max_bytes": 1024}])
def test_a_batch_over_the_limits_is_refused_naming_no_row(changes: dict[str, int]) -> None:
    big = batch(row(1, "字" * 400), row(2, "字" * 400))
    assert render(template(**changes), big) == Unfit(())


def test_a_kind_or_operation_without_a_word_is_told() -> None:
    with pytest.raises(SettingsError, match=r"transport\.templates\.penalty"):
        render(profile(), batch(kind="penalty"))
    with pytest.raises(SettingsError, match=r"words\.operations"):
        render(profile(), batch(operation=Operation.UPDATE))


@pytest.mark.parametrize("name", ["credit_template_2018", "transport_csv_folder"])
@pytest.mark.parametrize("kind", ["permit", "penalty"])
def test_the_shipped_templates_write_every_field_of_the_shipped_formats(
    name: str, kind: str
) -> None:
    values = {code: f"值{code}" for code in format_codes(kind)}
    file = render(load_profile(name, {}), shipped_batch(name, kind, shipped_row(kind, 1, **values)))
    assert isinstance(file, UploadFile)
    if file.name.endswith(".csv"):
        cells = read_csv(file.content.decode().encode("gb18030"))[0]
        assert cells[2:] == list(values.values())
        return
    sheet = {"permit": "双公示", "penalty": "Sheet"}[kind]
    with CalamineWorkbook.from_filelike(io.BytesIO(file.content)) as workbook:
        assert workbook.sheet_names == [sheet]
        headings, written_cells = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    assert written_cells == list(values.values())
    assert headings[14] == ("" if kind == "penalty" else format_codes(kind)[14])


@pytest.mark.parametrize("name", ["credit_template_2018", "transport_csv_folder"])
@pytest.mark.parametrize("kind", ["permit", "penalty"])
def test_the_templates_that_are_shipped_hold_every_field_and_no_other(name: str, kind: str) -> None:
    assert lost_fields(load_profile(name, {}), kind, format_codes(kind)) == ([], [])


def test_what_a_template_would_lose_is_known_before_a_record_is_sent() -> None:
    assert lost_fields(profile(), "permit", ["C", "A", "D"]) == (["C", "D"], ["B"])
    assert lost_fields(by_hand(), "permit", ["A", "B", "C"]) == (["C"], [])
    assert lost_fields(template(omit=["C"]), "permit", ["A", "B", "C"]) == ([], [])


def test_nothing_is_lost_where_there_is_no_template() -> None:
    assert lost_fields(profile(), "penalty", ["A"]) == ([], [])
    assert lost_fields(load_profile("async_serial", {}), "permit", ["A"]) == ([], [])
