"""``behaviours``: what a clerk sees when importing the codes, right, wrong and twice."""

from pathlib import Path

import pytest

from tests.commands.terminal import Terminal
from tests.imports.books import write_book
from tests.imports.test_transport_files import fact
from tests.intake.test_behaviour_files import GOOD, write

WHY = ("--edition", "2020", "--reason", "附件到了")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write(tmp_path / "行为代码.xlsx", *GOOD)


def test_before_any_import_the_list_says_what_to_do(terminal: Terminal) -> None:
    shown = terminal.run("behaviours", "list")
    assert (shown.code, "behaviours template" in shown.out) == (0, True)
    assert terminal.run("behaviours", "list", "--json").json == []


def test_before_any_import_show_says_the_same_as_the_list(terminal: Terminal) -> None:
    listed, shown = terminal.run("behaviours", "list"), terminal.run("behaviours", "show")
    assert (shown.code, shown.out) == (0, listed.out)
    assert terminal.run("behaviours", "show", "--json").json is None
    asked = terminal.run("behaviours", "show", "2020")
    assert (asked.code, "还没有" in asked.err) == (1, True)


def test_an_import_says_how_many_codes_and_the_second_that_nothing_changed(
    terminal: Terminal, table: Path
) -> None:
    done = terminal.run("behaviours", "import", table, *WHY)
    assert (done.code, "2020 版行为代码表：4 条" in done.out) == (0, True)
    again = terminal.run("behaviours", "import", table, *WHY)
    assert (again.code, "已经导入过，内容相同" in again.out) == (0, True)
    told = terminal.run("behaviours", "import", table, *WHY, "--json").json
    assert (told["new"], told["codes"]) == (False, 4)
    (listed,) = terminal.run("behaviours", "list", "--json").json
    assert (listed["edition"], listed["codes"], listed["in_force"]) == ("2020", 4, True)
    assert "2020" in terminal.run("behaviours", "list").out


def test_show_tells_the_codes_of_an_edition(terminal: Terminal, table: Path) -> None:
    terminal.run("behaviours", "import", table, *WHY)
    shown = terminal.run("behaviours", "show", "2020", "--json").json
    assert [one["code"] for one in shown["behaviours"]] == ["S-01", "S-02", "T-01", "J-01"]
    assert shown["behaviours"][0]["points"] == -50
    out = terminal.run("behaviours", "show").out
    assert "S-02" in out
    assert "已导入的有：2020" in terminal.run("behaviours", "show", "2019").err


def test_a_changed_table_says_what_it_changes(terminal: Terminal, table: Path) -> None:
    terminal.run("behaviours", "import", table, *WHY)
    write(table, GOOD[0], ("T-01", "守信", "标准化达标", 30, None), ("T-02", "守信", "新", 5, None))
    done = terminal.run("behaviours", "import", table, *WHY)
    assert "取代先前导入的同一版本" in done.out
    assert "新增：T-02" in done.out
    assert "删去：S-02、J-01" in done.out
    assert "改动：T-01" in done.out


def test_a_dry_run_keeps_nothing(terminal: Terminal, table: Path) -> None:
    assert "未保存" in terminal.run("behaviours", "import", table, *WHY, "--dry-run").out
    assert terminal.run("behaviours", "list", "--json").json == []


def test_a_broken_table_is_refused_whole_with_row_and_column(
    terminal: Terminal, table: Path
) -> None:
    write(table, *GOOD, ("S-01", "失信", "又一次", -10, None))
    done = terminal.run("behaviours", "import", table, *WHY)
    assert done.code == 1
    assert "行为代码“S-01”与第 3 行重复" in done.err
    assert terminal.run("behaviours", "list", "--json").json == []
    told = terminal.run("behaviours", "import", table, *WHY, "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "behaviours")


def test_edition_and_reason_are_asked_for(terminal: Terminal, table: Path) -> None:
    assert terminal.run("behaviours", "import", table, "--reason", "附件到了").code == 2
    assert terminal.run("behaviours", "import", table, "--edition", "2020").code == 2
    assert terminal.run("behaviours", "import", table, "--edition", " ", "--reason", "x").code == 2


def test_the_template_is_filled_in_and_imported(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "空表.xlsx"
    assert terminal.run("behaviours", "template", "-o", path).code == 0
    again = terminal.run("behaviours", "template", "-o", path)
    assert (again.code, "没有覆盖" in again.err) == (1, True)
    write(path, *GOOD)
    assert terminal.run("behaviours", "import", path, *WHY).code == 0


def test_the_log_names_the_import_in_chinese(terminal: Terminal, table: Path) -> None:
    terminal.run("behaviours", "import", table, *WHY)
    assert "导入行为代码表" in terminal.run("audit", "list").out
    assert terminal.run("audit", "verify").code == 0


def test_from_then_on_facts_are_measured_by_it(
    terminal: Terminal, table: Path, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "信息.xlsx", fact(1, 行为代码="S-99"))
    before = terminal.run("import", path, "--dry-run", "--json").json["files"][0]
    assert before["invalid"] == 0
    terminal.run("behaviours", "import", table, *WHY)
    after = terminal.run("import", path, "--dry-run", "--json").json["files"][0]
    assert [(one["column"], one["code"]) for one in after["findings"]] == [
        ("行为代码", "unknown_code")
    ]
