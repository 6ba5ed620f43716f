"""What files say about a batch; what cannot be believed is no answer."""

import io
import os
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters.conftest import FrozenClock
from tests.adapters.file_drop.samples import (
    IDENTITY_NUMBER,
    NAME,
    SEALED_AT,
    answers,
    by_hand,
    profile,
    row,
    sent,
    surroundings,
)
from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome, SealedRow, SentBatch
from xinqiao.adapters.connector import build
from xinqiao.adapters.file_drop.receipts import read_result_file
from xinqiao.adapters.profile import Profile

STEM = NAME.removesuffix(".csv")
RECEIPT = f"{STEM}_receipt.csv"
HEAD = "row,result,why\r\n"
BOTH = HEAD + "1,ok,\r\n2,bad,格式错误\r\n"

Poll = Callable[..., BatchReport]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def poll(tmp_path: Path, clock: FrozenClock) -> Poll:
    def ask(
        changes: Mapping[str, Any] | None = None,
        batch: SentBatch | None = None,
        mode: str = "receipt_file",
    ) -> BatchReport:
        by = profile({"receipts": {"mode": mode, "file": changes or {}}})
        return build(by, surroundings(tmp_path, clock)).poll(batch or sent())

    return ask


def put(folder: Path, text: str | bytes, name: str = RECEIPT, at: float = 1_700_000_000) -> None:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (at, at))


def told(report: BatchReport) -> dict[int, str]:
    return {result.row: result.outcome.value for result in report.rows}


def test_a_receipt_tells_every_row(out: Path, poll: Poll) -> None:
    put(out, BOTH)
    report = poll()
    assert report.progress is BatchProgress.COMPLETE
    assert told(report) == {1: "accepted", 2: "rejected"}
    assert (report.rows[1].code, report.rows[1].message) == ("bad", "格式错误")
    assert report.reply.raw == BOTH.encode()
    assert (out / RECEIPT).read_bytes() == BOTH.encode()


def test_every_column_is_read(out: Path, poll: Poll) -> None:
    columns = {
        "row": "行",
        "key": "号",
        "verdict": "果",
        "message": "因",
        "reference": "编",
        "time": "时",
    }
    text = "时,编,因,果,号,行\r\n2026-11-20 08:00:01,R1,,ok,鲁交许〔2026〕1号,1\r\n"
    put(out, text)
    report = poll({"columns": columns}, sent(row(1)))
    assert report.rows[0].reference == "R1"
    assert report.rows[0].at == datetime(2026, 11, 20, 0, 0, 1, tzinfo=UTC)


def test_the_column_of_the_field_at_fault_goes_behind_the_words(out: Path, poll: Poll) -> None:
    columns = {"row": "row", "verdict": "result", "message": "why", "field": "field"}
    put(out, "row,result,why,field\r\n1,ok,,\r\n2,bad,格式错误,XK_JDRQ\r\n")
    report = poll({"columns": columns})
    assert [one.message for one in report.rows] == ["", "格式错误：XK_JDRQ"]


def test_no_file_yet_is_waited_for(out: Path, poll: Poll) -> None:
    put(out, BOTH, f"{STEM}0_receipt.csv")
    put(out, BOTH, f".{RECEIPT}")
    report = poll()
    assert (report.progress, report.reply.code) == (BatchProgress.PENDING, "no_receipt_file")
    assert report.rows == ()


def test_a_folder_that_is_not_there_is_no_answer(tmp_path: Path, poll: Poll) -> None:
    report = poll()
    assert report.progress is BatchProgress.NO_ANSWER
    assert (report.reply.outcome, report.reply.code) == (Outcome.RETRYABLE, "folder_unreadable")
    assert not (tmp_path / "out").exists()


def test_rows_that_a_receipt_leaves_out_stay_undecided(out: Path, poll: Poll) -> None:
    put(out, HEAD + "1,ok,\r\n")
    report = poll()
    assert (report.progress, told(report)) == (BatchProgress.PENDING, {1: "accepted"})


def test_later_receipts_add_rows_and_overrule_older_ones(out: Path, poll: Poll) -> None:
    put(out, HEAD + "1,bad,\r\n", f"{STEM}_receipt_z.csv", at=1000)
    put(out, HEAD + "1,ok,\r\n", f"{STEM}_receipt_a.csv", at=2000)
    put(out, HEAD + "2,dup,\r\n", f"{STEM}_receipt_b.csv", at=3000)
    assert told(poll()) == {1: "accepted", 2: "duplicate"}
    assert told(poll({"newest_by": "name"})) == {1: "rejected", 2: "duplicate"}


def test_a_receipt_that_came_twice_says_no_more_than_once(out: Path, poll: Poll) -> None:
    put(out, BOTH)
    put(out, BOTH, f"{STEM}_receipt_2.csv")
    assert poll().progress is BatchProgress.COMPLETE
    assert told(poll()) == {1: "accepted", 2: "rejected"}


def test_receipts_of_one_age_that_contradict_each_other_decide_nothing(
    out: Path, poll: Poll
) -> None:
    put(out, BOTH)
    put(out, HEAD + "1,ok,\r\n2,ok,\r\n", f"{STEM}_receipt_2.csv")
    report = poll()
    assert (report.progress, report.reply.code) == (BatchProgress.PENDING, "contradictory")
    assert report.rows == ()


@pytest.mark.parametrize(
    ("older", "newer"), [("9", "10"), ("_20261120_9", "_20261121_1"), ("2", "02a"), ("a", "b")]
)
def test_the_newer_by_name_is_told_by_numbers_as_numbers(
    out: Path, poll: Poll, older: str, newer: str
) -> None:
    put(out, HEAD + "1,ok,\r\n2,ok,\r\n", f"{STEM}_receipt{newer}.csv", at=1000)
    put(out, HEAD + "1,bad,\r\n2,bad,\r\n", f"{STEM}_receipt{older}.csv", at=2000)
    assert set(told(poll({"newest_by": "name"})).values()) == {"accepted"}
    assert set(told(poll()).values()) == {"rejected"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (HEAD, "empty"),
        ("a,b,c\r\n1,ok,\r\n", "headings_differ"),
        ("row,row,result,why\r\n1,1,ok,\r\n", "headings_differ"),
        (HEAD + "1\r\n", "rows_unreadable"),
        (HEAD + "one,ok,\r\n", "rows_unreadable"),
        (HEAD + "0,ok,\r\n", "row_outside_batch"),
        (HEAD + "3,ok,\r\n", "row_outside_batch"),
        (HEAD + "1,ok,\r\n1,bad,\r\n", "row_named_twice"),
        (HEAD + "1,perhaps,\r\n", "verdict_unknown"),
        (HEAD + ",ok,\r\n", "rows_unreadable"),
        (HEAD + '1,ok,"half', "file_damaged"),
        (BOTH.encode("gbk"), "wrong_encoding"),
    ],
)
def test_a_file_that_cannot_be_believed_is_no_answer(
    out: Path, poll: Poll, text: str | bytes, code: str
) -> None:
    put(out, text)
    report = poll()
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, code)
    assert report.rows == ()
    assert RECEIPT in report.reply.message


def test_a_newer_file_that_cannot_be_read_is_not_passed_over(out: Path, poll: Poll) -> None:
    put(out, BOTH, at=1000)
    put(out, "?", f"{STEM}_receipt_2.csv", at=2000)
    assert poll().progress is BatchProgress.NO_ANSWER
    put(out, "?", f"{STEM}_receipt_2.csv", at=500)
    assert poll().progress is BatchProgress.COMPLETE


def test_a_word_that_is_not_in_the_table_means_what_the_profile_says(out: Path, poll: Poll) -> None:
    put(out, HEAD + "1,ok,\r\n2,E42,\r\n")
    assert told(poll({"otherwise": "rejected"})) == {1: "accepted", 2: "rejected"}


TODAY = SEALED_AT.timestamp() + 60


@pytest.mark.parametrize("name", ["{stem}_receipt*.csv", "*.csv"])
def test_a_file_that_names_another_batch_is_not_believed(out: Path, poll: Poll, name: str) -> None:
    columns = {"row": "row", "verdict": "result", "message": "why", "batch": "batch"}
    put(out, "row,result,why,batch\r\n1,ok,,XQ2\r\n2,ok,,XQ2\r\n", at=TODAY)
    report = poll({"name": name, "columns": columns})
    assert report.rows == ()
    bound = "stem" in name
    assert report.reply.code == ("foreign_file" if bound else "no_receipt_file")


def test_one_file_may_tell_of_several_batches(out: Path, poll: Poll) -> None:
    columns = {"row": "row", "verdict": "result", "message": "why", "batch": "batch"}
    changes = {"name": "*.csv", "columns": columns}
    put(out, "row,result,why,batch\r\n1,ok,,XQ1\r\n1,bad,,XQ2\r\n2,ok,,XQ1\r\n", "any.csv", TODAY)
    assert told(poll(changes)) == {1: "accepted", 2: "accepted"}
    assert told(poll(changes, sent(row(1), number="XQ2"))) == {1: "rejected"}


@pytest.mark.parametrize(("early", "believed"), [(60, False), (1, True)])
def test_a_file_from_before_the_batch_is_believed_only_by_its_name(
    out: Path, poll: Poll, early: float, *, believed: bool
) -> None:
    columns = {"row": "row", "verdict": "result", "message": "why", "batch": "batch"}
    at = SEALED_AT.timestamp() - early
    put(out, "row,result,why,batch\r\n1,ok,,XQ1\r\n2,ok,,XQ1\r\n", at=at)
    assert bool(poll({"name": "*.csv", "columns": columns}).rows) is believed
    assert poll({"columns": columns}).rows


def test_rows_are_found_by_their_keys(out: Path, poll: Poll) -> None:
    changes = {"match_by": "key", "columns": {"row": None, "key": "key", "message": None}}
    put(out, "key,result\r\n鲁交许〔2026〕2号,ok\r\n鲁交许〔2026〕1号,bad\r\n")
    assert told(poll(changes)) == {1: "rejected", 2: "accepted"}
    put(out, "key,result\r\n鲁交许〔2026〕3号,ok\r\n")
    assert poll(changes).reply.code == "row_outside_batch"


def test_a_key_that_several_rows_share_decides_none_of_them(out: Path, poll: Poll) -> None:
    changes = {"match_by": "key", "columns": {"row": None, "key": "key", "message": None}}
    both = row(1)
    joint = sent(both, SealedRow(2, both.key, both.values), row(3))
    put(out, f"key,result\r\n{both.key},ok\r\n鲁交许〔2026〕3号,ok\r\n")
    report = poll(changes, joint)
    assert told(report) == {3: "accepted"}
    assert (report.progress, report.reply.code) == (BatchProgress.PENDING, "row_ambiguous")


def test_a_row_whose_key_is_another_one_is_not_believed(out: Path, poll: Poll) -> None:
    put(out, "row,key,result,why\r\n1,鲁交许〔2026〕2号,ok,\r\n")
    assert poll({"columns": {"key": "key"}}).reply.code == "other_key"


def test_rows_may_be_counted_with_the_heading(out: Path, poll: Poll) -> None:
    put(out, HEAD + "2,ok,\r\n3,bad,\r\n")
    assert told(poll({"rows_from": 2})) == {1: "accepted", 2: "rejected"}


def test_one_line_may_answer_for_the_whole_batch(out: Path, poll: Poll) -> None:
    changes = {"match_by": "batch", "columns": {"row": None}}
    put(out, "result,why\r\nok,\r\n")
    assert told(poll(changes)) == {1: "accepted", 2: "accepted"}
    put(out, "result,why\r\nbad,模板不符\r\n")
    report = poll(changes)
    assert (report.progress, report.rows) == (BatchProgress.REFUSED, ())


def test_a_file_that_is_still_being_written_is_waited_for(
    out: Path, poll: Poll, clock: FrozenClock, advance: Callable[[float], None]
) -> None:
    put(out, BOTH, at=clock.now().timestamp() - 10)
    report = poll({"settle_seconds": 60})
    assert (report.progress, report.reply.code) == (BatchProgress.PENDING, "not_settled")
    advance(51)
    assert poll({"settle_seconds": 60}).progress is BatchProgress.COMPLETE


def test_a_file_that_grows_under_the_reader_is_waited_for(
    out: Path, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(out, BOTH)
    real = os.read

    def growing(descriptor: int, size: int) -> bytes:
        piece = real(descriptor, size)
        if not piece:
            # its time of change stays as it was, as on some network folders
            put(out, BOTH + "x")
        return piece

    monkeypatch.setattr(os, "read", growing)
    assert poll().reply.code == "not_settled"


def test_an_answer_with_a_flag_counts_only_when_the_flag_is_there(out: Path, poll: Poll) -> None:
    put(out, BOTH)
    assert poll({"flag": ".ok"}).reply.code == "no_receipt_file"
    put(out, "", f"{RECEIPT}.ok")
    assert poll({"flag": ".ok", "name": "{stem}_receipt*"}).progress is BatchProgress.COMPLETE


@pytest.mark.parametrize("make", ["link", "fifo", "folder"])
def test_only_plain_files_are_read(out: Path, poll: Poll, tmp_path: Path, make: str) -> None:
    if make == "link":
        put(tmp_path, BOTH, "elsewhere.csv")
        (out / RECEIPT).symlink_to(tmp_path / "elsewhere.csv")
    elif make == "fifo":
        os.mkfifo(out / RECEIPT)
    else:
        (out / RECEIPT).mkdir()
    assert poll().rows == ()


# error files


def error_profile(**changes: Any) -> dict[str, Any]:
    return {"columns": {"verdict": "result"}, "all_fine_name": "{stem}.fine"} | changes


def test_an_error_file_refuses_the_rows_it_names_and_no_other(out: Path, poll: Poll) -> None:
    put(out, HEAD + "2,bad,格式错误\r\n")
    report = poll(error_profile(), mode="error_file")
    assert report.progress is BatchProgress.COMPLETE
    assert told(report) == {1: "accepted", 2: "rejected"}


@pytest.mark.usefixtures("out")
def test_without_an_error_file_nothing_is_accepted(poll: Poll) -> None:
    report = poll(error_profile(), mode="error_file")
    assert (report.progress, report.rows) == (BatchProgress.PENDING, ())


EMPTY_IS_FINE = {"empty_means_all_fine": True}


def test_an_error_file_of_headings_alone_accepts_only_where_the_profile_says_so(
    out: Path, poll: Poll
) -> None:
    put(out, HEAD)
    report = poll(error_profile(), mode="error_file")
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "empty")
    report = poll(error_profile(**EMPTY_IS_FINE), mode="error_file")
    assert told(report) == {1: "accepted", 2: "accepted"}


@pytest.mark.parametrize("match_by", ["row", "batch"])
def test_only_a_list_of_refused_rows_may_be_empty(out: Path, poll: Poll, match_by: str) -> None:
    changes = EMPTY_IS_FINE | {"match_by": match_by}
    put(out, HEAD)
    assert poll(changes).reply.code == "empty"
    assert told(poll(changes, mode="error_file")) == {1: "accepted", 2: "accepted"}


@pytest.mark.parametrize(
    "changes",
    [
        {"first_row": 3},
        {"first_row": 3, "columns": {"row": None, "key": "key"}, "match_by": "key"},
        {"header_row": 0, "first_row": 3, "columns": {"row": 1, "verdict": 2, "message": 3}},
        {"header_row": 2, "columns": {"row": 1, "verdict": 2, "message": 3}},
    ],
)
@pytest.mark.parametrize("more", ["", "2,bad,,鲁交许〔2026〕2号\r\n"])
def test_a_refused_row_among_the_headings_is_not_passed_over(
    out: Path, poll: Poll, changes: dict[str, Any], more: str
) -> None:
    put(out, "row,result,why,key\r\n1,bad,,鲁交许〔2026〕1号\r\n" + more)
    report = poll(EMPTY_IS_FINE | changes, mode="error_file")
    assert (report.rows, report.reply.code) == ((), "headings_differ")


def test_lines_among_the_headings_that_speak_of_no_row_are_passed_over(
    out: Path, poll: Poll
) -> None:
    put(out, HEAD + "3,第三列,\r\n2,bad,\r\n")
    report = poll({"first_row": 3}, mode="error_file")
    assert told(report) == {1: "accepted", 2: "rejected"}


XML_LIST = {"format": "xml", "name": "{stem}.xml", "columns": {"message": "why"}} | EMPTY_IS_FINE
ONE_ROW = "<DATA><row>1</row><result>bad</result><why>x</why></DATA>"


@pytest.mark.parametrize(
    ("text", "decided"),
    [
        (f"<DATAS>{ONE_ROW}</DATAS>", {1: "rejected", 2: "accepted"}),
        (f'<DATAS count="1">\n  {ONE_ROW}\n</DATAS>', {1: "rejected", 2: "accepted"}),
        ("<DATAS/>", {1: "accepted", 2: "accepted"}),
        ('<DATAS xmlns:x="urn:x">\n</DATAS>', {1: "accepted", 2: "accepted"}),
        ("<DATAS>系统繁忙</DATAS>", None),
        ('<DATAS code="500"/>', None),
        (f"<DATAS>{ONE_ROW.replace('DATA>', 'Data>')}</DATAS>", None),
        (f"<DATAS><ERRORS>{ONE_ROW}</ERRORS></DATAS>", None),
        (f"<DATAS>{ONE_ROW}<MORE/></DATAS>", None),
        (f"<DATAS>{ONE_ROW}还有</DATAS>", None),
    ],
)
def test_xml_that_holds_anything_but_rows_is_no_answer(
    out: Path, poll: Poll, text: str, decided: dict[int, str] | None
) -> None:
    put(out, text, f"{STEM}.xml")
    report = poll(XML_LIST, mode="error_file")
    assert told(report) == (decided or {})
    assert report.reply.code == ("" if decided else "headings_differ")


def test_a_list_for_many_batches_refuses_rows_and_accepts_none(out: Path, poll: Poll) -> None:
    columns = {"row": "row", "verdict": "result", "message": "why", "batch": "batch"}
    daily = {"name": "errors_*.csv", "columns": columns}
    heads = "row,result,why,batch\r\n"
    put(out, heads, "errors_0.csv", 1)
    assert poll(daily, mode="error_file").reply.code == "no_receipt_file"
    put(out, heads, "errors_1.csv", TODAY)
    assert poll(daily, mode="error_file").reply.code == "no_receipt_file"
    put(out, heads + "1,bad,,XQ2\r\n", "errors_1.csv", TODAY)
    assert poll(daily, mode="error_file").reply.code == "no_receipt_file"
    put(out, heads + "1,bad,,XQ2\r\n2,bad,,XQ1\r\n", "errors_1.csv", TODAY)
    report = poll(daily, mode="error_file")
    assert (report.progress, told(report)) == (BatchProgress.PENDING, {2: "rejected"})
    put(out, heads + "1,bad,,XQ1\r\n", "errors_2.csv", TODAY + 60)
    put(out, heads, "errors_3.csv", TODAY + 120)
    assert told(poll(daily, mode="error_file")) == {1: "rejected", 2: "rejected"}
    put(out, "", f"{STEM}.fine")
    report = poll(daily | {"all_fine_name": "{stem}.fine"}, sent(number="XQ1"), "error_file")
    assert told(report) == {1: "rejected", 2: "rejected"}


def test_a_sign_that_all_is_fine_accepts_everything(out: Path, poll: Poll) -> None:
    put(out, "", f"{STEM}.fine")
    assert told(poll(error_profile(), mode="error_file")) == {1: "accepted", 2: "accepted"}


def test_a_sign_that_all_is_fine_beside_errors_of_the_same_age_decides_nothing(
    out: Path, poll: Poll
) -> None:
    put(out, "", f"{STEM}.fine")
    put(out, HEAD + "2,bad,\r\n")
    assert poll(error_profile(), mode="error_file").reply.code == "contradictory"


def test_an_empty_error_file_is_no_answer(out: Path, poll: Poll) -> None:
    put(out, "")
    assert poll(error_profile(), mode="error_file").progress is BatchProgress.NO_ANSWER


@pytest.mark.parametrize("word", ["bad", "dup"])
def test_where_one_fault_refuses_the_file_no_other_row_was_taken(
    out: Path, poll: Poll, word: str
) -> None:
    put(out, HEAD + f"2,{word},格式错误\r\n")
    report = poll(error_profile(whole_file_refused=True), mode="error_file")
    assert report.progress is BatchProgress.REFUSED
    assert told(report) == {2: {"bad": "rejected", "dup": "duplicate"}[word]}


def test_a_refusal_of_the_file_that_names_no_row_names_none(out: Path, poll: Poll) -> None:
    put(out, HEAD + ",bad,模板不符\r\n")
    report = poll(error_profile(whole_file_refused=True), mode="error_file")
    assert (report.progress, report.rows) == (BatchProgress.REFUSED, ())
    assert report.reply.message == "模板不符"


def test_a_refused_file_of_which_a_row_was_taken_contradicts_itself(out: Path, poll: Poll) -> None:
    put(out, BOTH)
    assert poll({"whole_file_refused": True}).reply.code == "contradictory"


# formats


def xls(lines: list[list[Any]]) -> bytes:
    content = io.BytesIO()
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Sheet1")
    for number, line in enumerate(lines):
        for place, cell in enumerate(line):
            sheet.write(number, place, cell)
    workbook.save(content)
    return content.getvalue()


def xlsx(lines: list[list[Any]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as workbook:
        sheet = workbook.add_worksheet("Sheet1")
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    return content.getvalue()


@pytest.mark.parametrize(("kind", "write"), [("xls", xls), ("xlsx", xlsx)])
def test_a_workbook_is_read_also_where_row_numbers_are_numbers(
    out: Path, poll: Poll, kind: str, write: Callable[[list[list[Any]]], bytes]
) -> None:
    lines: list[list[Any]] = [
        ["回执"],
        ["row", "result", "why"],
        [1, "ok", ""],
        [2.0, "bad", "格式"],
    ]
    changes = {"format": kind, "header_row": 2, "name": "{stem}_receipt.*"}
    put(out, write(lines), f"{STEM}_receipt.{kind}")
    assert told(poll(changes)) == {1: "accepted", 2: "rejected"}
    assert told(poll(changes | {"sheet": 1})) == {1: "accepted", 2: "rejected"}
    assert poll(changes | {"sheet": "其他"}).reply.code == "sheet_missing"
    assert poll(changes | {"sheet": 2}).reply.code == "sheet_missing"
    put(out, write(lines)[:600], f"{STEM}_receipt.{kind}")
    assert poll(changes).reply.code == "file_damaged"


@pytest.mark.parametrize("shape", ["elements", "attributes"])
def test_xml_is_read_and_declarations_of_types_are_refused(
    out: Path, poll: Poll, shape: str
) -> None:
    one = {
        "elements": "<R><row>1</row><result>ok</result><why/></R>",
        "attributes": '<R row="1" result="ok" why=""/>',
    }[shape]
    head = '<?xml version="1.0" encoding="GBK"?>'
    layout = {"format": "xml", "charset": "gbk", "root": "RS", "row": "R", "shape": shape}
    changes = layout | {"name": "{stem}.xml"}
    for text, code in (
        (f"{head}<RS>{one}</RS>", ""),
        (f"{head}<RS>{one}", "file_damaged"),
        (f"{head}<!DOCTYPE RS [<!ENTITY e 'x'>]><RS>{one}</RS>", "file_damaged"),
        (f"{head}<XS>{one}</XS>", "headings_differ"),
        (f"{head}<RS><R/></RS>", "headings_differ"),
    ):
        put(out, text.encode("gbk"), f"{STEM}.xml")
        report = poll(changes, sent(row(1)))
        assert (report.reply.code, bool(report.rows)) == (code, not code), text


@pytest.mark.parametrize(("kind", "write"), [("xls", xls), ("xlsx", xlsx)])
def test_no_damage_to_a_workbook_harms_its_reader(
    tmp_path: Path, kind: str, write: Callable[[list[list[Any]]], bytes]
) -> None:
    """Read in our own process, these make the library panic, or end the process."""
    plain = write([["字0", "字1", "字2"]] * 5)
    chance = random.Random(1)  # noqa: S311 - repeatable chance, no secret
    pieces = [plain[: chance.randrange(len(plain))] for _ in range(12)]
    for _ in range(12):
        damaged = bytearray(plain)
        for _ in range(5):
            damaged[chance.randrange(len(plain))] = chance.randrange(256)
        pieces.append(bytes(damaged))
    by = profile({"receipts": {"file": {"format": kind}}})
    for content in pieces:
        put(tmp_path, content, "damaged")
        report = read_result_file(by, tmp_path / "damaged", sent())
        assert (report.progress, report.rows) == (BatchProgress.NO_ANSWER, ())


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
@pytest.mark.parametrize("kind", ["csv", "xml"])
def test_no_bytes_make_a_reader_raise_or_decide_a_row(
    tmp_path_factory: pytest.TempPathFactory, kind: str, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / f"anything-{kind}"
    path.write_bytes(content)
    by = profile({"receipts": {"file": {"format": kind}}})
    report = read_result_file(by, path, sent())
    assert (report.progress, report.rows) == (BatchProgress.NO_ANSWER, ())


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(min_value=0, max_value=len(BOTH.encode()) - 1))
def test_a_receipt_cut_short_never_decides_a_row_otherwise(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.getbasetemp() / RECEIPT
    path.write_bytes(BOTH.encode()[:cut])
    decided = told(read_result_file(profile(), path, sent()))
    assert decided.items() <= {1: "accepted", 2: "rejected"}.items()


# handed over by a clerk


def test_a_clerk_may_hand_over_the_answer_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / "下载 (1).csv"
    by = answers(columns={"key": "key"})
    put(tmp_path, "row,key,result,why\r\n1,鲁交许〔2026〕1号,ok,\r\n", path.name)
    assert told(read_result_file(by, path, sent())) == {1: "accepted"}


@pytest.mark.parametrize("text", [BOTH, HEAD, HEAD + ",bad,\r\n"])
def test_an_answer_that_could_be_about_any_batch_is_believed_only_by_its_name(
    tmp_path: Path, text: str
) -> None:
    manual = {"mode": "error_file", "file": EMPTY_IS_FINE}
    by = profile({"receipts": manual if text != BOTH else {}})
    for name, code in (
        ("下载.csv", "batch_unproven"),
        (f"{STEM}0_receipt.csv", "foreign_file"),
        (RECEIPT, ""),
    ):
        put(tmp_path, text, name)
        report = read_result_file(by, tmp_path / name, sent())
        assert (report.progress is BatchProgress.NO_ANSWER) is bool(code)
        assert not code or report.reply.code == code


CORRECTED = "鲁交许〔2026〕1号"
"""A document number that a batch refused, and that the next one holds again."""


def clerks(**changes: Any) -> Profile:
    return by_hand(**{"columns": {"key": "key"}, "only_refused": True} | EMPTY_IS_FINE | changes)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("XK_20261120_XQ1_receipt.csv", "foreign_file"),
        ("XK_20261119_XQ1_receipt (1).csv", "foreign_file"),
        ("下载.csv", "batch_unproven"),
    ],
)
@pytest.mark.parametrize("changes", [{}, {"whole_file_refused": True}])
def test_the_list_of_an_earlier_batch_decides_no_row_of_the_next(
    tmp_path: Path, name: str, code: str, changes: dict[str, Any]
) -> None:
    put(tmp_path, f"row,result,why,key\r\n1,bad,,{CORRECTED}\r\n", name)
    second = sent(row(1), row(2), row(3), number="XQ2")
    report = read_result_file(clerks(**changes), tmp_path / name, second)
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, code)
    assert report.rows == ()


def test_a_batch_number_in_a_list_of_any_name_refuses_rows_and_accepts_none(
    tmp_path: Path,
) -> None:
    by = clerks(columns={"batch": "batch"})
    put(tmp_path, "row,result,why,batch\r\n1,bad,,XQ1\r\n", "下载.csv")
    assert told(read_result_file(by, tmp_path / "下载.csv", sent())) == {1: "rejected"}
    other = read_result_file(by, tmp_path / "下载.csv", sent(number="XQ2"))
    assert other.reply.code == "foreign_file"


def test_the_receipt_of_another_batch_is_not_believed_for_its_keys(tmp_path: Path) -> None:
    by = answers(columns={"key": "key"})
    name = "XK_20261119_XQ0_receipt.csv"
    put(tmp_path, f"row,key,result,why\r\n1,{CORRECTED},ok,\r\n", name)
    assert read_result_file(by, tmp_path / name, sent()).reply.code == "foreign_file"


def test_a_file_that_a_clerk_names_and_that_is_not_there_is_no_answer(tmp_path: Path) -> None:
    report = read_result_file(profile(), tmp_path / "none.csv", sent())
    assert report.progress is BatchProgress.NO_ANSWER


def test_nothing_that_the_platform_wrote_stands_in_a_representation(out: Path, poll: Poll) -> None:
    put(out, HEAD + f"1,ok,{IDENTITY_NUMBER}\r\n2,ok,\r\n")
    report = poll()
    assert report.rows[0].message == IDENTITY_NUMBER
    assert IDENTITY_NUMBER not in repr(report)
