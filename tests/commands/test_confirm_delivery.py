"""``xinqiao queue confirm-delivery``: from the package to the platform's answer, by hand."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.commands.terminal import Terminal
from tests.imports.books import company, write_book

PLATFORM = "credit_shandong"
PROFILE = """profile = "credit_template_2018"

[transport]
folder = "packages"
total_seconds = 5
"""


@pytest.fixture
def desk(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A terminal on a workspace that has made a package of three permits for a clerk."""
    file = terminal.workspace.root / "platforms" / f"{PLATFORM}.toml"
    file.write_text(PROFILE, "utf-8")
    book = write_book(tmp_path / "许可.xlsx", company(1), company(2), company(3))
    assert terminal.run("import", book).code == 0
    assert terminal.run("sync").code == 0
    return terminal


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "截图.png"
    path.write_bytes(b"picture")
    return path


def states(desk: Terminal) -> list[str]:
    rows = desk.run("queue", "list", "--json").json
    return [row["state"] for row in sorted(rows, key=lambda one: one["id"])]


def batch_of(desk: Terminal) -> str:
    (waiting,) = desk.run("queue", "confirm-delivery", "--json").json
    number = waiting["batch"]
    assert isinstance(number, str)
    return number


def test_the_list_names_batch_rows_and_package(desk: Terminal) -> None:
    (waiting,) = desk.run("queue", "confirm-delivery", "--json").json
    assert (waiting["platform"], waiting["kind"], waiting["rows"]) == (PLATFORM, "permit", 3)
    assert (waiting["waiting"], waiting["held"]) == (3, 0)
    assert Path(waiting["package"]).is_dir()
    shown = desk.run("queue", "confirm-delivery")
    assert waiting["batch"] in shown.out
    assert "3/3 行" in shown.out


def test_the_board_and_the_story_point_to_it(desk: Terminal) -> None:
    board = desk.run("status")
    assert board.code == 3
    assert "xinqiao queue confirm-delivery" in board.out
    assert "xinqiao queue confirm-delivery" in desk.run("queue", "show", 1).out


def test_all_rows_are_accepted_and_the_duty_is_done(desk: Terminal, picture: Path) -> None:
    done = desk.run(
        "queue", "confirm-delivery", batch_of(desk), "--accepted", "--evidence", picture
    )
    assert (done.code, "已入库 3 条" in done.out) == (0, True)
    assert states(desk) == ["accepted"] * 3
    assert desk.run("status").code == 0
    assert "没有等待登记" in desk.run("queue", "confirm-delivery").out


def test_some_rows_are_refused_and_the_others_taken(desk: Terminal, picture: Path) -> None:
    number = batch_of(desk)
    how = ("--accepted", "--rejected", "主体不存在", "--rows", "1,3", "--evidence", picture)
    told = desk.run("queue", "confirm-delivery", number, *how, "--json").json
    assert told["reached"] == {"accepted": 1, "rejected": 2}
    assert states(desk) == ["rejected", "accepted", "rejected"]
    assert "主体不存在" in desk.run("queue", "show", 1).out


def test_the_same_again_has_no_effect_and_says_so(desk: Terminal, picture: Path) -> None:
    number = batch_of(desk)
    how = ("--accepted", "--evidence", picture)
    desk.run("queue", "confirm-delivery", number, *how)
    entries = len(desk.run("audit", "list", "--limit", 1000, "--json").json)
    again = desk.run("queue", "confirm-delivery", number, *how)
    assert (again.code, "没有改动" in again.out) == (0, True)
    assert len(desk.run("audit", "list", "--limit", 1000, "--json").json) == entries


def test_a_refusal_after_an_acceptance_is_a_conflict(desk: Terminal, picture: Path) -> None:
    number = batch_of(desk)
    desk.run("queue", "confirm-delivery", number, "--accepted", "--evidence", picture)
    how = ("--rejected", "后来又退回", "--rows", "2", "--evidence", picture)
    told = desk.run("queue", "confirm-delivery", number, *how)
    assert "有冲突 1 条" in told.out
    assert states(desk) == ["accepted", "conflict", "accepted"]


def test_the_rest_is_not_guessed(desk: Terminal, picture: Path) -> None:
    number = batch_of(desk)
    how = ("--rejected", "必填项为空", "--rows", "2", "--evidence", picture)
    desk.run("queue", "confirm-delivery", number, *how)
    unclear = desk.run("queue", "confirm-delivery", number, "--accepted", "--evidence", picture)
    assert unclear.code == 1
    assert "第 2 行先前已有相反的结果" in unclear.err
    assert states(desk) == ["awaiting_receipt", "rejected", "awaiting_receipt"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--accepted",), "--evidence"),
        (("--rows", "1"), "--rows"),
        (("--accepted", "--rejected", "x"), "--rows"),
        ((), "请写平台的答复"),
        (("--accepted", "--rows", "一"), "行号"),
        (("--accepted", "--rows", "3-1"), "行号"),
        (("--rejected", "  "), "空白"),
    ],
)
def test_what_is_not_said_in_full_is_refused(
    desk: Terminal, words: tuple[str, ...], said: str
) -> None:
    refused = desk.run("queue", "confirm-delivery", batch_of(desk), *words)
    assert (refused.code, said in refused.err) == (2, True)
    assert states(desk) == ["awaiting_receipt"] * 3


def test_a_row_outside_of_the_delivery_refuses_all_of_it(desk: Terminal, picture: Path) -> None:
    how = ("--accepted", "--rows", "2-9", "--evidence", picture)
    refused = desk.run("queue", "confirm-delivery", batch_of(desk), *how)
    assert (refused.code, "只有第 1 至 3 行" in refused.err) == (1, True)
    assert states(desk) == ["awaiting_receipt"] * 3


def test_an_unknown_batch_and_an_unreadable_file_are_named(desk: Terminal, picture: Path) -> None:
    wrong = desk.run("queue", "confirm-delivery", "XQ000000", "--accepted", "--evidence", picture)
    assert (wrong.code, "没有批次" in wrong.err) == (1, True)
    missing = picture.with_name("没有.png")
    how = ("--accepted", "--evidence", missing)
    unread = desk.run("queue", "confirm-delivery", batch_of(desk), *how)
    assert (unread.code, "无法读取" in unread.err) == (1, True)


def test_a_serial_number_is_noted_finds_the_batch_and_is_not_replaced(
    desk: Terminal, picture: Path
) -> None:
    number = batch_of(desk)
    noted = desk.run("queue", "confirm-delivery", number, "--receipt-number", "SL-2026-0001")
    assert (noted.code, "受理号" in noted.out) == (0, True)
    other = desk.run("queue", "confirm-delivery", number, "--receipt-number", "SL-2026-0002")
    assert (other.code, "SL-2026-0001" in other.err) == (1, True)
    done = desk.run(
        "queue", "confirm-delivery", "SL-2026-0001", "--accepted", "--evidence", picture
    )
    assert done.code == 0
    assert states(desk) == ["accepted"] * 3


def test_a_rehearsal_of_the_answer_changes_nothing(desk: Terminal, picture: Path) -> None:
    how = ("--accepted", "--evidence", picture, "--dry-run")
    shown = desk.run("queue", "confirm-delivery", batch_of(desk), *how)
    assert "已入库 3 条" in shown.out
    assert "只查看" in shown.out
    assert states(desk) == ["awaiting_receipt"] * 3


def test_the_platforms_own_result_file_is_read_and_kept(desk: Terminal, tmp_path: Path) -> None:
    number = batch_of(desk)
    file = result_file(tmp_path / "导入结果.xlsx", (2, "1", "许可内容为空"))
    told = desk.run("queue", "confirm-delivery", number, "--result-file", file, "--json")
    assert told.code == 0, told.out
    assert told.json["reached"] == {"ready": 2, "rejected": 1}, "the file was refused as a whole"
    assert states(desk) == ["ready", "rejected", "ready"]
    story = desk.run("queue", "show", 2)
    assert "许可内容为空" in story.out
    assert desk.run("sync").code == 0
    again = batch_of(desk)
    assert again != number
    assert states(desk) == ["awaiting_receipt", "rejected", "awaiting_receipt"]


def test_a_file_that_cannot_be_read_records_nothing(desk: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "结果.xlsx"
    file.write_bytes(b"not a workbook")
    refused = desk.run("queue", "confirm-delivery", batch_of(desk), "--result-file", file)
    assert (refused.code, "结果文件不能用" in refused.err) == (1, True)
    assert states(desk) == ["awaiting_receipt"] * 3


def test_an_old_answer_does_not_touch_what_was_sent_anew(
    desk: Terminal, tmp_path: Path, picture: Path
) -> None:
    number = batch_of(desk)
    file = result_file(tmp_path / "导入结果.xlsx", (2, "1", "许可内容为空"))
    desk.run("queue", "confirm-delivery", number, "--result-file", file)
    desk.run("sync")
    how = ("--accepted", "--rows", "1", "--evidence", picture)
    late = desk.run("queue", "confirm-delivery", number, *how)
    assert (late.code, "第 1 行已不随这一批等答复" in late.out) == (0, True)
    assert "没有改动" not in late.out
    assert states(desk) == ["awaiting_receipt", "rejected", "awaiting_receipt"]


def result_file(path: Path, *rows: tuple[int, str, str]) -> Path:
    """Write what the platform's page gives back: line, kind of error, words."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "导入结果"
    sheet.append(["行号", "错误类型", "错误原因", "文书号"])
    for number, kind, words in rows:
        sheet.append([number, kind, words, f"云交许〔2026〕{number:04}号"])
    book.save(path)
    return path
