"""The way of a bad row: findings workbook, corrected in place, imported, same record."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.imports.books import (
    CLASS,
    CONTENT,
    CREDIT_CODE,
    DOCUMENT,
    NAME,
    WITHOUT_NUMBER,
    Desk,
    Row,
    bad,
    codes,
    company,
    correct,
    counts,
    write_book,
)
from xinqiao.database.tables import duty, record, record_version, submission

RECORD_ID = "记录标识"

WRONG: Mapping[str, tuple[Row, dict[str, Any]]] = {
    "a word": (bad(1), {CLASS: "普通"}),
    "the credit code": (
        company(1, **{CREDIT_CODE: "911100006000373411"}),
        {CREDIT_CODE: "91110000600037341L"},
    ),
    "the name": (company(1, **{NAME: "云溪县青*公司"}), {NAME: "云溪县青石公司"}),
    "no document number": (company(1, **WITHOUT_NUMBER), {DOCUMENT: "云交许〔2026〕0001号"}),
    "a wrong document number": (bad(7), {DOCUMENT: "云交许〔2026〕0001号", CLASS: "普通"}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_corrected_row_is_the_second_version_of_the_record_it_came_from(
    desk: Desk, wrong: str
) -> None:
    row, correction = WRONG[wrong]
    first = desk.take(row)
    (before,) = desk.rows(record)
    second = desk.take_file(correct(first.findings_file, correction))
    assert counts(second) == {"read": 1, "changed": 1}
    assert codes(second, severity="error") == []
    (after,) = desk.rows(record)
    assert (after.id, after.current_version) == (before.id, 2)
    assert [row.valid for row in desk.rows(record_version)] == [False, True]
    assert len(desk.rows(duty)) == 1
    (sent,) = desk.rows(submission)
    assert (sent.version, sent.operation) == (2, "insert")


@pytest.mark.parametrize("wrong", WRONG)
def test_the_original_file_after_a_correction_makes_no_second_record(
    desk: Desk, wrong: str
) -> None:
    """Offices export the whole month again; what was corrected here stays corrected."""
    row, correction = WRONG[wrong]
    first = desk.take(row)
    desk.take_file(correct(first.findings_file, correction))
    before = desk.sizes()
    again = desk.take(row)
    after = desk.sizes()
    assert counts(again) == {"read": 1, "unchanged": 1}
    assert codes(again) == [(2, "older_version")]
    assert again.findings_file == ""
    assert {name for name in before if before[name] != after[name]} == {"import_run", "audit"}


def test_the_original_file_while_the_correction_is_wrong_too_is_still_invalid(desk: Desk) -> None:
    first = desk.take(bad(1))
    desk.take_file(correct(first.findings_file, {CLASS: "批复"}))
    again = desk.take(bad(1))
    assert counts(again) == {"read": 1, "invalid": 1}
    assert desk.rows(record)[0].current_version == 2
    last = desk.take_file(correct(again.findings_file, {CLASS: "普通"}))
    assert counts(last) == {"read": 1, "changed": 1}


def test_a_findings_workbook_that_is_not_corrected_changes_nothing(desk: Desk) -> None:
    first = desk.take(bad(1))
    second = desk.take_file(correct(first.findings_file, {}))
    assert counts(second) == {"read": 1, "invalid": 1}
    assert len(desk.rows(record_version)) == 1


def test_an_unknown_record_id_is_an_error_row_and_makes_no_record(desk: Desk) -> None:
    report = desk.take({RECORD_ID: "00000000-0000-0000-0000-000000000000", **company(1)})
    assert counts(report) == {"read": 1, "invalid": 1}
    assert codes(report) == [(2, "unknown_record")]
    assert desk.rows(record) == []


def test_a_number_that_belongs_to_another_record_is_an_error_and_the_row_keeps_its_record_id(
    desk: Desk,
) -> None:
    first = desk.take(company(1), bad(2))
    wrong = correct(first.findings_file, {CLASS: "普通", DOCUMENT: "云交许〔2026〕0001号"})
    second = desk.take_file(wrong)
    assert codes(second) == [(2, "key_taken")]
    assert {row.current_version for row in desk.rows(record)} == {1}
    # corrected from the new findings workbook, it is still the same record
    third = desk.take_file(correct(second.findings_file, {DOCUMENT: "云交许〔2026〕0002号"}))
    assert counts(third) == {"read": 1, "changed": 1}
    assert len(desk.rows(record)) == 2


def test_a_record_id_twice_with_different_content_is_an_error_on_both_rows(desk: Desk) -> None:
    desk.take(bad(1))
    (kept,) = desk.rows(record)
    report = desk.take(
        {RECORD_ID: kept.id, **company(1)}, {RECORD_ID: kept.id, **company(2)}, company(3)
    )
    assert counts(report) == {"read": 3, "new": 1, "invalid": 2}
    assert codes(report) == [(2, "record_conflict"), (3, "record_conflict")]
    assert [row.current_version for row in desk.rows(record)] == [1, 1]


def test_a_corrected_row_copied_twice_is_taken_once(desk: Desk) -> None:
    desk.take(bad(1))
    (kept,) = desk.rows(record)
    row = {RECORD_ID: kept.id, **company(1)}
    assert counts(desk.take(row, row)) == {"read": 2, "changed": 1, "duplicates": 1}


def test_one_number_for_two_record_ids_is_an_error_on_both_rows(desk: Desk) -> None:
    """Otherwise the second record would be taken for a repeat and stay owed for ever."""
    rows = [company(1, **{**WITHOUT_NUMBER, CONTENT: text}) for text in ("甲", "乙")]
    desk.take(*rows)
    ids = [row.id for row in desk.rows(record)]
    report = desk.take(*({RECORD_ID: one, **company(1)} for one in ids))
    assert codes(report) == [(2, "key_conflict"), (3, "key_conflict")]
    assert {row.current_version for row in desk.rows(record)} == {1}


def test_two_rows_that_mean_one_record_by_id_and_by_number_are_both_errors(desk: Desk) -> None:
    desk.take(bad(1))
    (kept,) = desk.rows(record)
    report = desk.take({RECORD_ID: kept.id, **company(2)}, {RECORD_ID: None, **company(1)})
    assert codes(report) == [(2, "record_conflict"), (3, "record_conflict")]
    assert len(desk.rows(record_version)) == 1


def test_a_record_id_that_is_no_record_id_is_never_stored_or_repeated(desk: Desk) -> None:
    report = desk.take({RECORD_ID: "370323190711118764", **company(1)})
    assert codes(report) == [(2, "unknown_record")]
    assert "370323190711118764" not in repr(report)


def test_several_corrections_in_one_workbook_each_find_their_record(desk: Desk) -> None:
    first = desk.take(*(bad(number) for number in range(1, 6)))
    ids = {row.id for row in desk.rows(record)}
    second = desk.take_file(correct(first.findings_file, *[{CLASS: "普通"}] * 5))
    assert counts(second) == {"read": 5, "changed": 5}
    assert {row.id for row in desk.rows(record)} == ids


def test_corrections_and_new_rows_may_stand_in_one_file(desk: Desk) -> None:
    desk.take(bad(1))
    (kept,) = desk.rows(record)
    path = write_book(
        desk.folder / "混合.xlsx",
        {RECORD_ID: kept.id, **company(1)},
        {RECORD_ID: None, **company(2)},
    )
    assert counts(desk.take_file(path)) == {"read": 2, "changed": 1, "new": 1}


def test_a_new_number_for_a_record_that_the_platform_holds_withdraws_the_old_one_first(
    desk: Desk,
) -> None:
    """The platform knows the record by its number: an update would make a second one."""
    desk.take(company(1))
    (kept,) = desk.rows(record)
    desk.believe(kept.id, 1, "云交许〔2026〕0001号")
    row = {RECORD_ID: kept.id, **company(2)}
    report = desk.take(row)
    assert codes(report, severity="error") == []
    planned = [(one.operation, one.version, one.state) for one in desk.rows(submission)]
    assert planned == [("insert", 1, "accepted"), ("withdraw", 1, "ready")]
