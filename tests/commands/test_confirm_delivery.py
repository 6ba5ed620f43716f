"""``xinqiao queue confirm-delivery``: from the package to the platform's answer, by hand."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.commands.terminal import Terminal
from tests.imports.books import company, write_book
from xinqiao.adapters.profile import load_profile
from xinqiao.clock import Clock

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


def named_result(desk: Terminal, folder: Path) -> Path:
    """Return the path of a result file, named as the platform names it after our own file."""
    (waiting,) = desk.run("queue", "confirm-delivery", "--json").json
    (sent,) = Path(waiting["package"]).glob("*.xlsx")
    return folder / f"{sent.name}_result.xlsx"


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
    file = result_file(named_result(desk, tmp_path), (2, "1", "许可内容为空"))
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
    file = result_file(named_result(desk, tmp_path), (2, "1", "许可内容为空"))
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


def test_a_check_tells_how_many_deliveries_left_as_the_profile_said_before(desk: Terminal) -> None:
    assert "在途批次" not in desk.run("platforms", "check", PLATFORM).out
    file = desk.workspace.root / "platforms" / f"{PLATFORM}.toml"
    file.write_text(PROFILE.replace('"packages"', '"elsewhere"'), "utf-8")
    told = desk.run("platforms", "check", PLATFORM, "--json").json["checks"]
    (under_way,) = [one for one in told if one["check"] == "在途批次"]
    assert (under_way["ok"], "有 1 批" in under_way["remark"]) == (True, True)


def test_the_story_tells_what_was_recorded_with_its_evidence(
    desk: Terminal, picture: Path, tmp_path: Path
) -> None:
    number = batch_of(desk)
    file = result_file(named_result(desk, tmp_path), (2, "1", "许可内容为空"))
    desk.run("queue", "confirm-delivery", number, "--result-file", file)
    desk.run("sync")
    again = batch_of(desk)
    how = ("--accepted", "--receipt-number", "SL7", "--evidence", picture)
    assert desk.run("queue", "confirm-delivery", again, *how).code == 0
    for submission, words in ((2, (number, "_result.xlsx")), (1, (again, "SL7", "截图.png"))):
        shown = desk.run("queue", "show", submission)
        assert shown.code == 0, shown.err
        assert all(word in "".join(shown.out.split()) for word in words)


def test_a_short_serial_number_finds_the_batch(desk: Terminal, picture: Path) -> None:
    number = batch_of(desk)
    desk.run("queue", "confirm-delivery", number, "--receipt-number", "SL7")
    found = desk.run("queue", "confirm-delivery", "SL7", "--accepted", "--evidence", picture)
    assert (found.code, states(desk)) == (0, ["accepted"] * 3)


def test_rows_outside_of_the_delivery_are_named_in_spans(desk: Terminal, picture: Path) -> None:
    how = ("--rejected", "x", "--rows", "1-999999", "--evidence", picture)
    refused = desk.run("queue", "confirm-delivery", batch_of(desk), *how)
    assert (refused.code, "没有第 4-999999 行" in refused.err) == (1, True)
    assert len(refused.err) < 500


@pytest.mark.parametrize(
    ("rows", "reached", "after"),
    [
        (("--rows", "2"), {"ready": 2, "rejected": 1}, ["ready", "rejected", "ready"]),
        ((), {"ready": 3}, ["ready"] * 3),
    ],
)
def test_a_refusal_of_the_whole_file_sends_the_others_again(
    desk: Terminal,
    picture: Path,
    rows: tuple[str, ...],
    reached: dict[str, int],
    after: list[str],
) -> None:
    how = ("--rejected", "许可内容为空", "--whole-file", *rows, "--evidence", picture)
    told = desk.run("queue", "confirm-delivery", batch_of(desk), *how, "--json")
    assert told.json["reached"] == reached
    assert states(desk) == after


@pytest.mark.parametrize("words", [("--accepted",), ()])
def test_a_whole_file_is_only_refused(
    desk: Terminal, picture: Path, words: tuple[str, ...]
) -> None:
    how = (*words, "--whole-file", "--evidence", picture)
    refused = desk.run("queue", "confirm-delivery", batch_of(desk), *how)
    assert (refused.code, "--whole-file" in refused.err) == (2, True)


def test_a_package_that_is_not_found_has_no_place(desk: Terminal) -> None:
    file = desk.workspace.root / "platforms" / f"{PLATFORM}.toml"
    file.write_text(PROFILE.replace("packages", "elsewhere"), "utf-8")
    (waiting,) = desk.run("queue", "confirm-delivery", "--json").json
    assert waiting["package"] == ""


def test_what_waits_for_nobody_is_not_listed_while_the_file_is_broken(desk: Terminal) -> None:
    file = desk.workspace.root / "platforms" / f"{PLATFORM}.toml"
    file.write_text("profile = 3\n", "utf-8")
    assert desk.run("queue", "confirm-delivery", "--json").json == []
    assert "文件有误" in desk.run("queue", "confirm-delivery").out


def test_the_commands_on_the_note_work(desk: Terminal, picture: Path) -> None:
    (waiting,) = desk.run("queue", "confirm-delivery", "--json").json
    note = (Path(waiting["package"]) / "说明.txt").read_text("utf-8")
    commands = [line.split()[1:] for line in note.splitlines() if line.startswith("  xinqiao ")]
    assert len(commands) == 4
    fill = {"证据文件": str(picture), "行号": "2"}
    for words in commands[:3]:
        typed = [fill.get(word, word) for word in words]
        assert desk.run(*typed, "--dry-run").code == 0, words
    result = result_file(named_result(desk, picture.parent), (2, "1", "许可内容为空"))
    typed = [str(result) if word == "结果文件" else word for word in commands[3]]
    assert desk.run(*typed, "--dry-run").code == 0


def test_the_next_step_names_the_day_on_which_the_time_is_over(desk: Terminal) -> None:
    told = desk.run("queue", "show", 1, "--json").json
    (sent,) = desk.run("queue", "confirm-delivery", "--json").json
    days = load_profile("credit_template_2018", {}).receipts.expected_within_seconds / 86_400
    waits = datetime.fromisoformat(told["next_poll_at"]) - datetime.fromisoformat(sent["sent_at"])
    assert abs(waits / timedelta(days=1) - days) < 0.01


def test_a_result_file_that_cannot_be_used_says_what_it_should_have_been(
    desk: Terminal, tmp_path: Path
) -> None:
    number = batch_of(desk)
    book = Workbook()
    book.active.title = "导入结果"  # type: ignore[union-attr] # a new book has a sheet
    book.active.append(["序号", "说明"])  # type: ignore[union-attr] # the same
    file = tmp_path / "导入结果.xlsx"
    book.save(file)
    for path, words in (
        (file, "行应是表头，其中有列：行号"),
        (tmp_path, "这是文件夹"),
        (tmp_path / "没有.xlsx", "没有这个文件"),
    ):
        refused = desk.run("queue", "confirm-delivery", number, "--result-file", path)
        assert (refused.code, words in refused.err) == (1, True), refused.err


def test_packages_that_must_not_be_uploaded_any_more_are_named(
    desk: Terminal, picture: Path
) -> None:
    (waiting,) = desk.run("queue", "confirm-delivery", "--json").json
    how = ("--rejected", "许可内容为空", "--whole-file", "--rows", "2", "--evidence", picture)
    refused = desk.run("queue", "confirm-delivery", waiting["batch"], *how)
    assert f"不要再上传：{waiting['package']}" in refused.out
    desk.run("sync")
    (again,) = desk.run("queue", "confirm-delivery", "--json").json
    done = desk.run(
        "queue", "confirm-delivery", again["batch"], "--accepted", "--evidence", picture
    )
    assert again["package"] not in done.out
    assert waiting["package"] in done.out


def duty_of(desk: Terminal) -> dict[str, str]:
    (duty,) = desk.run("queue", "show", 1, "--json").json["duties"]
    assert isinstance(duty, dict)
    return duty


def test_the_day_that_the_evidence_shows_counts(desk: Terminal, picture: Path) -> None:
    today = Clock().today()
    words = ("queue", "confirm-delivery", batch_of(desk), "--accepted", "--evidence", picture)
    too_early = desk.run(*words, "--reported-on", today - timedelta(days=1))
    assert (too_early.code, "不可能已入库" in too_early.err) == (1, True)
    tomorrow = desk.run(*words, "--reported-on", today + timedelta(days=1))
    assert (tomorrow.code, "还没有到" in tomorrow.err) == (1, True)
    assert states(desk) == ["awaiting_receipt"] * 3
    assert desk.run(*words, "--reported-on", today).code == 0
    assert duty_of(desk)["reported_by"] == "person"
    assert "报送时间按人工凭证据登记的入库日期计" in desk.run("queue", "show", 1).out


def test_without_a_day_the_time_of_recording_counts(desk: Terminal, picture: Path) -> None:
    words = ("queue", "confirm-delivery", batch_of(desk), "--accepted", "--evidence", picture)
    assert desk.run(*words).code == 0
    assert duty_of(desk)["reported_by"] == "receipt"
    later = desk.run(*words, "--reported-on", Clock().today())
    assert (later.code, "先前已登记为入库" in later.err) == (1, True)
    assert "报送时间按收到回执的时间计" in desk.run("queue", "show", 1).out


def test_a_day_goes_with_what_was_taken_in(desk: Terminal, picture: Path) -> None:
    words = ("queue", "confirm-delivery", batch_of(desk), "--rejected", "不符", "--rows", "1")
    done = desk.run(*words, "--evidence", picture, "--reported-on", "2026-11-20")
    assert (done.code, "--reported-on" in done.err) == (2, True)
