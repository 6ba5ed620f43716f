"""Text files: what is read, and what is refused with row and byte."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinqiao.errors import InputError
from xinqiao.intake.files.opening import open_sheets
from xinqiao.intake.files.sheets import Cell


def write(folder: Path, content: bytes, name: str = "许可.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows(path: Path) -> list[list[Cell]]:
    (sheet,) = open_sheets(path)
    return [cells for _, cells in sheet.rows()]


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        rows(path)
    assert caught.value.message.startswith(path.name)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_chinese_is_read_in_every_encoding_that_offices_use(
    tmp_path: Path, encoding: str, ending: str
) -> None:
    text = ending.join(["名称,文书号", "云溪县㐂公司,〔2026〕1号", ""])
    assert rows(write(tmp_path, text.encode(encoding))) == [
        ["名称", "文书号"],
        ["云溪县㐂公司", "〔2026〕1号"],
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "，"])
def test_the_mark_between_cells_is_recognised(tmp_path: Path, delimiter: str) -> None:
    text = f"名称{delimiter}文书号{delimiter}内容\n甲{delimiter}1号{delimiter}货运"
    assert rows(write(tmp_path, text.encode()))[1] == ["甲", "1号", "货运"]


def test_short_rows_are_filled_up_and_blank_lines_count(tmp_path: Path) -> None:
    path = write(tmp_path, b"a,b,c\n\n1\n")
    (sheet,) = open_sheets(path)
    assert list(sheet.rows()) == [
        (1, ["a", "b", "c"]),
        (2, ["", "", ""]),
        (3, ["1", "", ""]),
    ]
    assert list(sheet.rows()) == list(sheet.rows())


def test_a_byte_that_no_encoding_explains_is_named_with_row_and_place(tmp_path: Path) -> None:
    content = "名称,文书号\n甲,1号\n".encode("gb18030") + b"\xd2\xd2,\xff2\n"
    error = refusal(write(tmp_path, content))
    assert error.code == "byte_unexplained"
    assert "第 3 行第 4 个字节（0xFF）" in error.message


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('名称,内容\n甲,"货运\n乙,"客运"\n', 2),
        ('名称,内容\n甲,货运\n乙,"客"运"\n', 3),
        ('名称,内容\n甲,货运\n乙,"客运\n丙,货运\n', 3),
    ],
)
def test_a_quotation_mark_without_its_fellow_is_named_with_the_row_where_it_opened(
    tmp_path: Path, text: str, row: int
) -> None:
    error = refusal(write(tmp_path, text.encode()))
    assert error.code == "quote_broken"
    assert f"第 {row} 行的双引号没有配对" in error.message


def test_a_cell_of_several_lines_is_one_cell_of_one_row(tmp_path: Path) -> None:
    path = write(tmp_path, '名称,内容\n甲,"一\n二"\n乙,三\n'.encode())
    (sheet,) = open_sheets(path)
    assert list(sheet.rows())[1:] == [(2, ["甲", "一\n二"]), (3, ["乙", "三"])]


CELLS = st.text(st.characters(codec="gb18030", exclude_categories=["Cs", "Cc"]), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    table=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=6),
    encoding=st.sampled_from(["utf-8-sig", "gb18030"]),
)
def test_what_a_spreadsheet_writes_is_read_back_as_it_was(
    tmp_path: Path, table: list[list[str]], encoding: str
) -> None:
    path = tmp_path / "许可.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["甲", "乙", "丙"] * 8, *table])
    found = [row[:3] for row in rows(path)]
    # a file whose bytes are valid in both encodings is read as UTF-8, the stricter one
    if encoding == "utf-8-sig" or not _is_utf_8(path):
        assert found[1:] == table


def _is_utf_8(path: Path) -> bool:
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
