"""What to do stands beside what is wrong: at the import, in lists, stories and workbooks."""

from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa

from tests.commands.terminal import Terminal
from tests.imports.books import CREDIT_CODE, company, write_book
from xinqiao.database.engine import Database
from xinqiao.database.tables import submission

WRONG = {CREDIT_CODE: "911100006000373411"}


def refuse(terminal: Terminal, code: str, message: str, state: str = "rejected") -> None:
    """Have the platform refuse everything."""
    database = Database(terminal.workspace.database_url)
    with database.writing() as connection:
        connection.execute(
            sa.update(submission).values(state=state, code=code, message=message, outcome=state)
        )
    database.close()


@pytest.fixture
def refused(terminal: Terminal, tmp_path: Path) -> Terminal:
    book = write_book(tmp_path / "许可.xlsx", company(1), company(2))
    assert terminal.run("import", book, "--department", "行政许可科").code == 0
    refuse(terminal, "1003", "格式错误：XK_XDR_SHXYM")
    return terminal


def test_an_import_says_what_to_do_about_each_thing_once(
    terminal: Terminal, tmp_path: Path
) -> None:
    book = write_book(tmp_path / "许可.xlsx", company(1, **WRONG), company(2, **WRONG))
    done = terminal.run("import", book)
    assert done.code == 3
    assert "怎么办：" in done.out
    assert done.out.count("请对照营业执照（或登记证书）逐位核对") == 1
    assert "2 处" in done.out


def test_the_json_of_an_import_tells_the_instruction_of_each_finding(
    terminal: Terminal, tmp_path: Path
) -> None:
    book = write_book(tmp_path / "许可.xlsx", company(1, **WRONG))
    (file,) = terminal.run("import", book, "--json").json["files"]
    (found,) = (one for one in file["findings"] if one["code"] == "check_digit")
    assert "营业执照" in found["instruction"]
    sheet = openpyxl.load_workbook(file["findings_file"])["待更正"]
    headers = [cell.value for cell in sheet[1]]
    assert headers[:4] == ["记录标识", "原行号", "疑点", "怎么改"]
    how = str(sheet.cell(2, 4).value)
    position = headers[4:].index(CREDIT_CODE) + 1
    assert f"第{position}项“{CREDIT_CODE}”" in how
    assert "营业执照" in how


def test_the_story_of_a_refused_submission_says_what_to_do(refused: Terminal) -> None:
    page = refused.run("queue", "show", 1).out
    assert "怎么办（科室）：第3项“行政相对人代码_1(统一社会信用代码)”" in page
    told = refused.run("queue", "show", 1, "--json").json
    assert told["acts"] == "department"
    assert "营业执照" in told["instruction"]


def test_a_submission_of_which_nothing_is_to_be_done_has_no_instruction(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.run("import", write_book(tmp_path / "许可.xlsx", company(1)))
    assert terminal.run("queue", "show", 1, "--json").json["instruction"] is None
    assert "怎么办" not in terminal.run("queue", "show", 1).out


def test_the_list_says_in_short_who_does_what(refused: Terminal) -> None:
    page = "".join(refused.run("queue", "list").out.split())
    assert "（科室：第3项“行政相对人代码_1(统一社会信用代码)”）" in page
    rows = refused.run("queue", "list", "--json").json
    assert {one["acts"] for one in rows} == {"department"}
    assert all(one["instruction"] for one in rows)


def test_corrections_sum_up_what_each_department_has_to_do(refused: Terminal) -> None:
    done = refused.run("corrections")
    assert done.code == 3
    assert "行政许可科怎么改：" in done.out
    assert "2 条  第3项“行政相对人代码_1(统一社会信用代码)”" in "".join(done.out)
    (book,) = refused.run("corrections", "--json").json
    (todo,) = book["instructions"]
    assert todo["records"] == 2
    assert "写法不合平台要求，请对照营业执照" in todo["instruction"]
    sheet = openpyxl.load_workbook(book["file"])["待更正"]
    assert sheet.cell(2, 4).value == todo["instruction"]


def test_a_corrected_workbook_with_the_instructions_in_it_is_read_back(
    refused: Terminal,
) -> None:
    (book,) = refused.run("corrections", "--json").json
    done = refused.run("import", book["file"], "--json")
    (file,) = done.json["files"]
    assert (file["read"], file["unchanged"]) == (2, 2)
    assert [one for one in file["findings"] if one["code"] == "unknown_column"] == []


def test_no_number_that_a_platform_repeats_comes_into_an_instruction(refused: Terminal) -> None:
    number = "370323190711118764"
    refuse(refused, "1003", f"格式错误：XK_FR_ZJHM {number}")
    for words in (("queue", "show", 1, "--json"), ("queue", "list", "--json")):
        told = refused.run(*words).json
        rows = told if isinstance(told, list) else [told]
        assert all(number not in one["instruction"] for one in rows)
        assert all("法定代表人证件号码" in one["instruction"] for one in rows)
