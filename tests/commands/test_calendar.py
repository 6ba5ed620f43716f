"""``calendar``: what a clerk sees when importing a notice, right, wrong and twice."""

from pathlib import Path

import pytest

from tests.commands.terminal import Terminal
from tests.routing.test_notices import NOTICE


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    path = tmp_path / "通知.toml"
    path.write_text(NOTICE, "utf-8")
    return path


def test_an_import_says_what_the_notice_sets_and_what_moved(
    terminal: Terminal, notice: Path
) -> None:
    done = terminal.run("calendar", "import", notice)
    assert done.code == 0
    assert "放假 4 天，调休上班 1 天" in done.out
    assert "没有变化" in done.out
    again = terminal.run("calendar", "import", notice)
    assert (again.code, "已经导入过" in again.out) == (0, True)


def test_a_deadline_is_counted_with_the_imported_notice(terminal: Terminal, notice: Path) -> None:
    assert terminal.run("deadline", "2026-12-23", "--json").json["provisional"] is True
    terminal.run("calendar", "import", notice)
    found = terminal.run("deadline", "2026-12-23", "--json").json
    assert (found["due"], found["provisional"]) == ("2027-01-04", False)
    assert "示例〔2026〕1号" in found["calendar"]


def test_a_dry_run_keeps_nothing(terminal: Terminal, notice: Path) -> None:
    assert "未保存" in terminal.run("calendar", "import", notice, "--dry-run").out
    assert terminal.run("calendar", "show", "--json").json["notices"] == []


def test_show_lists_the_days_and_the_notices(terminal: Terminal, notice: Path) -> None:
    terminal.run("calendar", "import", notice)
    shown = terminal.run("calendar", "show", "--year", "2027", "--json").json
    assert [one["day"] for one in shown["days"]][:2] == ["2027-01-01", "2027-01-02"]
    (listed,) = shown["notices"]
    assert (listed["number"], listed["in_force"]) == ("示例〔2026〕1号", True)
    assert "示例〔2026〕1号" in terminal.run("calendar", "show", "--year", "2027").out


def test_a_file_with_a_day_both_off_and_working_changes_nothing(
    terminal: Terminal, notice: Path
) -> None:
    notice.write_text(NOTICE.replace("[2027-01-09]", "[2027-01-03]"), "utf-8")
    done = terminal.run("calendar", "import", notice)
    assert (done.code, "既写作放假" in done.err) == (1, True)
    assert terminal.run("calendar", "show", "--json").json["notices"] == []


def test_the_template_is_written_once_and_never_over_another_file(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "通知.toml"
    assert terminal.run("calendar", "template", "-o", path, "--year", "2027").code == 0
    assert "year = 2027" in path.read_text("utf-8")
    again = terminal.run("calendar", "template", "-o", path)
    assert (again.code, "没有覆盖" in again.err) == (1, True)
    assert "year = 2027" in terminal.run("calendar", "template", "--year", "2027").out


def test_a_file_that_is_not_there_is_named(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.run("calendar", "import", tmp_path / "无.toml")
    assert (done.code, "找不到文件" in done.err) == (1, True)
