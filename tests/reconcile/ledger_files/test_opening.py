"""A downloaded ledger: what is read of it, and what keeps it from being believed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.reconcile.ledger_files.downloads import (
    HEADER,
    NAMES,
    NOVEMBER,
    NOW,
    entries,
    opened,
    row,
    text,
    workbook,
)
from xinqiao.errors import InputError
from xinqiao.mapping.registry import format_for
from xinqiao.reconcile.ledger_files import ledger
from xinqiao.reconcile.ledger_files.names import LedgerNames
from xinqiao.reconcile.ledger_files.opening import Claims
from xinqiao.reconcile.window import Window


def refusal(path: Path, **asked: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        opened(path, **asked)
    return caught.value


# what is read


def test_a_row_becomes_an_entry_with_key_fields_time_and_the_platforms_id(tmp_path: Path) -> None:
    file = opened(workbook(tmp_path / "台账.xlsx", [HEADER, row(1)]))
    (entry,) = entries(file)
    assert (entry.key, entry.reference) == ("云交许〔2026〕0001号", "SD-1")
    assert entry.values["XK_JDRQ"] == "2026/11/02"
    assert entry.at == datetime(2026, 11, 5, 1, 30, tzinfo=UTC)
    assert (file.lacking, file.remarks) == ("", ())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_text_file_is_read_like_a_workbook(tmp_path: Path, encoding: str) -> None:
    rows = [HEADER, row(1), row(2)]
    ours = entries(opened(text(tmp_path / "a.csv", rows, encoding)))
    assert ours == entries(opened(workbook(tmp_path / "a.xlsx", rows)))


@pytest.mark.parametrize(
    "headers",
    [
        ("XK_WSH", "XK_NR", "接收时间"),
        ("行政许可决定文书号", "许可内容", "入库时间"),
        (" 行政许可决定文书号 ", "许可内容*", "入库 时间"),
        ("文书号", "许可内容", "入库时间"),
    ],
)
def test_columns_are_known_by_code_by_name_and_by_what_offices_call_them(
    tmp_path: Path, headers: tuple[str, ...]
) -> None:
    told = ("云交许〔2026〕0001号", "道路普通货物运输", "2026-11-05")
    (entry,) = entries(opened(workbook(tmp_path / "a.xlsx", [headers, told])))
    assert dict(entry.values) == {"XK_WSH": told[0], "XK_NR": told[1]}


def test_a_profile_may_name_further_headers(tmp_path: Path) -> None:
    names = LedgerNames(("到库时刻",), ("流水",), {"XK_WSH": ("决定书号",)})
    path = workbook(
        tmp_path / "a.xlsx", [("流水", "决定书号", "到库时刻"), ("7", "甲1号", "2026-11-05 10:00")]
    )
    (entry,) = entries(opened(path, names=names))
    assert (entry.reference, entry.key) == ("7", "甲1号")
    assert entry.at == datetime(2026, 11, 5, 2, tzinfo=UTC)


def test_titles_above_and_headers_over_two_rows_are_seen_through(tmp_path: Path) -> None:
    rows = [["2026年11月入库台账"], [], ["记录", "", "", "", ""], HEADER, row(1)]
    (entry,) = entries(opened(workbook(tmp_path / "a.xlsx", rows)))
    assert entry.reference == "SD-1"


def test_what_is_merged_over_rows_stands_in_each_of_them(tmp_path: Path) -> None:
    rows = [HEADER, row(1), row(2, 许可内容=None), row(3, 许可内容=None), row(4, 许可内容="")]
    path = workbook(tmp_path / "a.xlsx", rows, merge="C2:C4")
    assert [one.values["XK_NR"] for one in entries(opened(path))] == ["道路普通货物运输"] * 3 + [""]


def test_a_list_that_goes_on_in_a_second_sheet_is_read_whole(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, row(1)], [HEADER, row(2)])
    assert [one.reference for one in entries(opened(path))] == ["SD-1", "SD-2"]


def test_pages_are_bounded_and_can_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "PAGE_ROWS", 2)
    rows = [HEADER, *(row(number) for number in range(1, 5))]
    file = opened(workbook(tmp_path / "a.xlsx", rows))
    first = file.ledger("permit", NOVEMBER.start, NOVEMBER.end)
    assert len(first.entries) == 2
    assert not file.ledger("permit", NOVEMBER.start, NOVEMBER.end, 5).complete
    assert [one.reference for one in entries(file)] == ["SD-1", "SD-2", "SD-3", "SD-4"]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (datetime(2026, 11, 5, 23, 59), 5),  # noqa: DTZ001 - as a workbook holds it
        (date(2026, 11, 5), 5),
        ("2026/11/5", 5),
        ("2026年11月5日 8时05分", 5),
        ("20261105083000", 5),
        (20261105, 5),
    ],
)
def test_times_of_taking_in_are_read_as_people_and_spreadsheets_write_them(
    tmp_path: Path, cell: Any, day: int
) -> None:
    file = opened(workbook(tmp_path / "a.xlsx", [HEADER, row(1, 入库时间=cell)]))
    (entry,) = entries(file)
    assert entry.at is not None
    assert entry.at.date() == date(2026, 11, day)
    assert file.lacking == ""


# what is not compared


def test_masked_cells_lost_digits_and_false_dates_are_told_and_not_compared(tmp_path: Path) -> None:
    header = (*HEADER, "证件号码", "行政相对人代码_1(统一社会信用代码)")
    told = [*row(1, 许可决定日期="待定"), "3703**********1234", 9.1370323e17]
    file = opened(workbook(tmp_path / "a.xlsx", [header, told]))
    (entry,) = entries(file)
    assert set(entry.values) == {"XK_WSH", "XK_NR"}
    said = "；".join(file.remarks)
    assert "“证件号码（XK_XDR_ZJHM）”有 1 格有遮盖" in said
    assert "被 Excel 当成数字" in said
    assert "“许可决定日期（XK_JDRQ）”有 1 格不是日期" in said
    assert file.lacking == ""


def test_a_word_of_a_list_means_its_code_and_a_code_stays_what_it_is(tmp_path: Path) -> None:
    compiled = opened(workbook(tmp_path / "x.xlsx", [HEADER, row(1)])).compiled
    field = next(one for one in compiled.table.fields if one.codes and one.source_path)
    first = next(one for one in compiled.codes[field.codes or ""].entries if not one.detail)
    header = (*HEADER, field.code)
    path = workbook(tmp_path / "a.xlsx", [header, [*row(1), first.word], [*row(2), first.wire]])
    assert [one.values[field.code] for one in entries(opened(path))] == [first.wire] * 2


def test_columns_that_the_format_does_not_have_are_told(tmp_path: Path) -> None:
    rows = [(*HEADER, "审核人"), [*row(1), "甲"]]
    (said,) = opened(workbook(tmp_path / "a.xlsx", rows)).remarks
    assert "F 列“审核人”" in said


@pytest.mark.parametrize(
    "below", [["合计", "2 条"], ["合计：2条"], ["共2条"], ["", "总计", "", "", "2条"]]
)
def test_a_row_that_adds_up_is_no_record(tmp_path: Path, below: list[str]) -> None:
    file = opened(workbook(tmp_path / "a.xlsx", [HEADER, row(1), row(2), below]))
    assert len(entries(file)) == 2
    assert file.lacking == ""


def test_a_remark_below_the_table_is_no_record(tmp_path: Path) -> None:
    file = opened(workbook(tmp_path / "a.xlsx", [HEADER, row(1), [], ["制表：某某"]]))
    assert len(entries(file)) == 1
    assert file.lacking == ""
    assert any("第 4 行只有一格文字" in one for one in file.remarks)


# what proves nothing about what is not in it


def test_fewer_rows_than_the_file_itself_promises_are_not_the_whole(tmp_path: Path) -> None:
    file = opened(workbook(tmp_path / "a.xlsx", [HEADER, row(1), ["合计", "20 条"]]))
    assert "共 20 条，实际只有 1 条" in file.lacking


def test_a_sum_of_money_below_is_no_number_of_records(tmp_path: Path) -> None:
    assert opened(workbook(tmp_path / "a.xlsx", [HEADER, row(1), ["合计", "20"]])).lacking == ""


def test_a_file_without_times_is_compared_and_calls_nothing_missing(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER[:4], row(1)[:4]])
    file = opened(path)
    assert len(entries(file)) == 1
    assert "没有入库时间一列" in file.lacking


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"入库时间": "上周"}, "第 3 行的入库时间读不出"),
        ({"入库时间": ""}, "第 3 行的入库时间读不出"),
        ({"行政许可决定文书号": ""}, "第 3 行没有写全编号"),
        ({"行政许可决定文书号": "云交许***号"}, "第 3 行没有写全编号"),
    ],
)
def test_a_row_that_cannot_be_placed_is_told_with_its_number(
    tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    file = opened(workbook(tmp_path / "a.xlsx", [HEADER, row(1), row(2, 5, **changes), row(3)]))
    assert words in file.lacking
    assert all(one.key for one in entries(file))


def test_a_file_as_long_as_the_platform_writes_any_was_probably_cut_off(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, row(1), row(2)])
    names = LedgerNames(NAMES.taken_in, NAMES.reference, rows_at_most=2)
    assert "文件已写满" in opened(path, names=names).lacking
    longer = LedgerNames(NAMES.taken_in, NAMES.reference, rows_at_most=3)
    assert opened(path, names=longer).lacking == ""


def test_a_sheet_that_was_not_understood_may_hold_the_rest(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, row(1)], [row(2)])
    file = opened(path)
    assert "工作表“表2”里没有认出表头" in file.lacking


def test_rows_outside_the_window_are_counted_and_left_out(tmp_path: Path) -> None:
    rows = [HEADER, row(1), row(2, 入库时间="2026-10-31 23:59"), row(3, 入库时间="2026-12-01")]
    file = opened(workbook(tmp_path / "a.xlsx", rows))
    assert [one.reference for one in entries(file)] == ["SD-1"]
    assert any(one.startswith("2 行的入库时间不在 2026-11-01") for one in file.remarks)
    assert file.lacking == ""


# up to when it can be believed


def test_nothing_newer_than_the_newest_row_is_expected_unless_a_person_says_when(
    tmp_path: Path,
) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, row(1, 5), row(2, 12)])
    newest = datetime(2026, 11, 12, 1, 30, tzinfo=UTC)
    assert opened(path).seen_until == newest - timedelta(hours=1)
    said = datetime(2026, 12, 1, tzinfo=UTC)
    assert opened(path, claims=Claims(said)).seen_until == said
    assert opened(path, claims=Claims(NOW + timedelta(days=1))).seen_until == NOW


# what is not the ledger asked for


def test_unknown_headers_are_named_with_what_is_needed(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("序号", "书号", "内容", "时刻"), (1, "甲1号", "x", "y")])
    error = refusal(path)
    assert error.code == "ledger_columns"
    assert "行政许可决定文书号（XK_WSH）" in error.message
    for header in ("A 列“序号”", "B 列“书号”", "D 列“时刻”"):
        assert header in error.message
    assert "[ledger_file]" in error.message


def test_a_header_that_is_nearly_right_is_pointed_at(tmp_path: Path) -> None:
    header = ("平台编号", "行政许可决定文号", "许可内容", "许可决定日期", "入库时间")
    error = refusal(workbook(tmp_path / "a.xlsx", [header, row(1)]))
    assert "（B 列“行政许可决定文号”与它相近）" in error.message


def test_a_field_in_two_columns_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [(*HEADER, "XK_NR"), [*row(1), "别的"]])
    error = refusal(path)
    assert error.code == "column_twice"
    assert "C 列“许可内容”" in error.message


@pytest.mark.parametrize("headers", [HEADER[1:4], (*HEADER[1:4], "受理时间")])
def test_a_table_in_which_the_platform_says_nothing_is_no_ledger(
    tmp_path: Path, headers: tuple[str, ...]
) -> None:
    path = workbook(tmp_path / "a.xlsx", [headers, [*row(1)[1:4], "x"][: len(headers)]])
    error = refusal(path)
    assert error.code == "not_a_ledger"
    assert "这不像平台台账，像本单位的导入表" in error.message
    assert ("D 列“受理时间”" in error.message) == (len(headers) > 3)


def test_one_sheet_without_the_platforms_columns_is_enough_to_refuse(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, row(1)], [HEADER[1:4], row(2)[1:4]])
    error = refusal(path)
    assert (error.code, "工作表“表2”" in error.message) == ("not_a_ledger", True)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (("CF_WSH", "CF_XDR_MC", "CF_WFXW", "CF_JDRQ", "入库时间"), "信用·山东的行政处罚"),
        (
            ("行政处罚决定书文号", "行政相对人名称", "违法事实", "处罚依据", "入库时间"),
            "行政处罚",
        ),
    ],
)
def test_the_ledger_of_another_kind_is_recognised(
    tmp_path: Path, headers: tuple[str, ...], words: str
) -> None:
    path = workbook(tmp_path / "a.xlsx", [headers, ("甲1号", "某公司", "x", "2026-11-01", "")])
    error = refusal(path)
    assert error.code == "another_ledger"
    assert words in error.message


def test_the_ledger_of_another_platform_is_recognised(tmp_path: Path) -> None:
    codes = [one.code for one in format_for("safety_credit", "operator").table.fields]
    path = workbook(tmp_path / "a.xlsx", [codes, ["x"] * len(codes)])
    error = refusal(path, kind="commitment")
    assert error.code == "another_ledger"
    assert "经营业户" in error.message or "业户" in error.message


def test_the_ledger_of_another_month_is_refused_with_its_days(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, row(1, 5), row(2, 20)])
    october = Window(date(2026, 10, 1), date(2026, 10, 31))
    error = refusal(path, window=october)
    assert error.code == "ledger_another_month"
    assert "从 2026-11-05 至 2026-11-20" in error.message
    assert "2026-10-01 至 2026-10-31" in error.message


def test_an_empty_ledger_is_believed_only_when_a_person_says_so(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER])
    error = refusal(path)
    assert error.code == "ledger_empty"
    assert "--empty" in error.message
    file = opened(path, claims=Claims(empty=True))
    assert (entries(file), file.lacking) == ([], "")
    assert file.seen_until == datetime(2026, 11, 30, 16, tzinfo=UTC)


def test_days_that_are_not_over_cannot_be_called_empty_without_a_time(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER])
    during = datetime(2026, 11, 20, 4, tzinfo=UTC)
    error = refusal(path, claims=Claims(empty=True), now=during)
    assert "--downloaded" in error.message
    assert opened(path, claims=Claims(during, empty=True), now=during).seen_until == during


def test_a_file_with_rows_is_not_called_empty(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, row(1)])
    assert refusal(path, claims=Claims(empty=True)).code == "ledger_not_empty"


def test_a_damaged_file_is_refused_like_everywhere(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, row(1)])
    path.write_bytes(path.read_bytes()[:200])
    assert refusal(path).code == "file_damaged"


def test_no_message_and_no_name_shows_an_identity_number(tmp_path: Path) -> None:
    number = "370323190711118764"
    rows = [(*HEADER, number), [*row(1), number], ["合计", number]]
    file = opened(workbook(tmp_path / f"台账{number}.xlsx", rows))
    assert number not in "".join([file.name, file.lacking, *file.remarks])
