"""What becomes of the rows of a file: counts, versions, findings, duties; all of it or nothing."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.imports.books import (
    AUTHORITY_CODE,
    CONTENT,
    CREDIT_CODE,
    DECIDED,
    DOCUMENT,
    NAME,
    WITHOUT_NUMBER,
    Desk,
    bad,
    codes,
    company,
    counts,
    person,
)
from xinqiao.database.record_store import load_contents
from xinqiao.database.tables import duty, import_run, record, record_version, submission
from xinqiao.errors import DamageError
from xinqiao.intake import store
from xinqiao.queue.lookup import find_record

WITHOUT_CREDIT_CODE: dict[str, Any] = {
    CREDIT_CODE: None,
    "行政相对人代码_3(组织机构代码)": "600037341",
}
"""Right as a record, but the platform's format wants the credit code."""


def test_each_row_is_counted_once_under_what_became_of_it(desk: Desk) -> None:
    desk.take(company(1), company(2))
    report = desk.take(
        company(1), company(2, **{CONTENT: "道路货物运输"}), company(3), company(3), bad(4)
    )
    assert counts(report) == {
        "read": 5,
        "unchanged": 1,
        "changed": 1,
        "new": 1,
        "duplicates": 1,
        "invalid": 1,
    }
    assert codes(report) == [(5, "repeated"), (6, "choice")]


def test_the_run_and_its_audit_entry_hold_the_same_counts(desk: Desk) -> None:
    report = desk.take(company(1), bad(2))
    (run,) = desk.rows(import_run)
    assert run.counts == report.counts


def test_the_same_file_twice_changes_nothing_and_names_the_bad_rows_again(desk: Desk) -> None:
    rows = (company(1), bad(2), person(3), company(3 + 1))
    desk.take(*rows)
    before = desk.sizes()
    report = desk.take(*rows)
    after = desk.sizes()
    assert counts(report) == {"read": 4, "unchanged": 3, "invalid": 1}
    assert report.findings_file
    grown = {name for name in before if before[name] != after[name]}
    assert grown == {"import_run", "audit"}
    assert after["audit"] == before["audit"] + 1


def test_a_row_that_does_not_fit_the_platform_is_invalid_every_time_it_is_imported(
    desk: Desk,
) -> None:
    row = company(1, **WITHOUT_CREDIT_CODE)
    first = desk.take(row)
    second = desk.take(row)
    assert counts(first) == counts(second) == {"read": 1, "invalid": 1}
    assert codes(first, severity="error") == codes(second, severity="error")
    assert codes(second, severity="error")
    assert second.findings_file


def test_a_changed_row_is_the_second_version_of_the_same_record(desk: Desk) -> None:
    desk.take(company(1))
    desk.take(company(1, **{CONTENT: "道路货物运输"}))
    (kept,) = desk.rows(record)
    assert kept.current_version == 2
    assert [row.version for row in desk.rows(record_version)] == [1, 2]
    with desk.database.reading() as connection:
        contents = load_contents(connection, [(kept.id, 1), (kept.id, 2)], desk.keys)
    assert [one["content"] for one in contents.values()] == ["道路普通货物运输", "道路货物运输"]
    assert [(row.version, row.state) for row in desk.rows(submission)] == [
        (1, "cancelled"),
        (2, "ready"),
    ]


def test_content_of_an_earlier_version_is_a_finding_and_no_change(desk: Desk) -> None:
    desk.take(company(1))
    desk.take(company(1, **{CONTENT: "道路货物运输"}))
    report = desk.take(company(1))
    assert counts(report) == {"read": 1, "unchanged": 1}
    assert codes(report) == [(2, "older_version")]
    assert desk.rows(record)[0].current_version == 2


def test_content_of_an_earlier_version_is_known_by_its_hash_alone(desk: Desk) -> None:
    desk.take(company(1))
    desk.take(company(1, **{CONTENT: "道路货物运输"}))
    with desk.database.writing() as connection:
        connection.execute(
            sa.update(record_version).where(record_version.c.version == 1).values(content=None)
        )
    assert codes(desk.take(company(1))) == [(2, "older_version")]
    assert desk.rows(record)[0].current_version == 2


def test_a_record_whose_present_content_is_gone_is_told_as_damage(desk: Desk) -> None:
    desk.take(company(1))
    (row,) = desk.rows(record)
    with desk.database.writing() as connection:
        assert [one.record.id for one in store.siblings(connection, {row.document_key})] == [row.id]
        connection.execute(sa.update(record_version).values(content=None))
        with pytest.raises(DamageError, match=row.id):
            store.siblings(connection, {row.document_key})
        with pytest.raises(DamageError, match=row.id):
            find_record(connection, row.id)


@pytest.mark.parametrize("stored", [False, True])
def test_one_key_with_two_contents_is_an_error_on_both_rows_and_touches_nothing(
    desk: Desk, *, stored: bool
) -> None:
    if stored:
        desk.take(company(1))
    before = desk.rows(record_version)
    report = desk.take(company(1, **{CONTENT: "甲"}), company(2), company(1, **{CONTENT: "乙"}))
    assert counts(report) == {"read": 3, "new": 1, "invalid": 2}
    assert codes(report) == [(2, "key_conflict"), (4, "key_conflict")]
    assert [row for row in desk.rows(record_version) if row.source_row != 3] == before


def test_a_third_row_of_a_conflicting_key_is_an_error_too_even_if_it_repeats_the_first(
    desk: Desk,
) -> None:
    report = desk.take(company(1), company(1, **{CONTENT: "乙"}), company(1))
    assert [row for row, code in codes(report) if code == "key_conflict"] == [2, 3, 4]
    assert desk.rows(record) == []


def test_a_bad_row_is_kept_with_its_duty_and_is_not_reported(desk: Desk) -> None:
    report = desk.take(bad(1))
    assert counts(report) == {"read": 1, "invalid": 1}
    (kept,) = desk.rows(record_version)
    assert not kept.valid
    (owed,) = desk.rows(duty)
    assert (owed.starts_on, owed.due_on, owed.rule, owed.closed_at) == (
        date(2026, 11, 3),
        date(2026, 11, 12),
        "D1",
        None,
    )
    assert desk.rows(submission) == []


@pytest.mark.parametrize("day", [None, "2026年11月31日", "2027/01/04"])
def test_without_a_credible_decision_date_there_is_no_duty_until_it_is_corrected(
    desk: Desk, day: str | None
) -> None:
    report = desk.take(company(1, **{DECIDED: day}))
    assert counts(report) == {"read": 1, "invalid": 1}
    assert desk.rows(duty) == []
    desk.take(company(1))
    (owed,) = desk.rows(duty)
    assert owed.starts_on == date(2026, 11, 3)


def test_a_correction_before_the_first_acceptance_keeps_the_original_due_date(desk: Desk) -> None:
    desk.take(bad(1))
    desk.clock.advance(14 * 86_400)
    desk.take(company(1))
    (owed,) = desk.rows(duty)
    (sent,) = desk.rows(submission)
    assert owed.due_on == date(2026, 11, 12)
    assert (sent.version, sent.due_at) == (2, owed.due_at)


def test_bad_rows_stop_none_of_the_others(desk: Desk) -> None:
    rows = [bad(number) if number % 3 == 0 else company(number) for number in range(1, 31)]
    report = desk.take(*rows)
    assert counts(report) == {"read": 30, "new": 20, "invalid": 10}
    assert len(desk.rows(submission)) == 20


def test_every_row_of_a_long_file_is_read_and_repeats_are_known_across_chunks(desk: Desk) -> None:
    seen: list[tuple[int, int]] = []

    def watch(done: int, total: int) -> None:
        seen.append((done, total))

    rows = [company(number) for number in range(1, 1101)]
    report = desk.take(*rows, company(1), company(2, **{CONTENT: "乙"}), progress=watch)
    assert counts(report) == {"read": 1102, "new": 1099, "duplicates": 1, "invalid": 2}
    # each row is looked at twice
    assert [done for done, _ in seen] == [500, 1000, 1102, 1602, 2102, 2204]
    assert all(done <= total for done, total in seen)
    assert len(desk.rows(record)) == 1099


def test_two_rows_without_a_number_that_are_the_same_are_one_record(desk: Desk) -> None:
    row = company(1, **WITHOUT_NUMBER)
    report = desk.take(row, company(2), row)
    assert counts(report) == {"read": 3, "new": 1, "duplicates": 1, "invalid": 1}
    assert len(desk.rows(record)) == 2


def test_a_row_without_a_number_is_found_again_by_its_content(desk: Desk) -> None:
    row = company(1, **WITHOUT_NUMBER)
    desk.take(row)
    report = desk.take(row)
    assert counts(report) == {"read": 1, "invalid": 1}
    assert len(desk.rows(record)) == 1
    assert len(desk.rows(record_version)) == 1


def test_two_rows_without_a_number_that_differ_are_two_records(desk: Desk) -> None:
    rows = [company(1, **{**WITHOUT_NUMBER, NAME: name}) for name in ("甲公司", "乙公司")]
    assert counts(desk.take(*rows)) == {"read": 2, "invalid": 2}
    assert len(desk.rows(record)) == 2


def test_spellings_of_one_number_are_one_record(desk: Desk) -> None:
    desk.take(company(1))
    report = desk.take(company(1, **{DOCUMENT: "云交许[2026] 0001 号"}))
    assert len(desk.rows(record)) == 1
    assert not report.new


def test_the_same_number_of_another_authority_is_another_record(desk: Desk) -> None:
    desk.take(company(1))
    report = desk.take(company(1, **{AUTHORITY_CODE: "91110000600037341L"}))
    assert counts(report) == {"read": 1, "new": 1}


def test_the_department_is_kept_with_the_record(desk: Desk) -> None:
    desk.take(company(1), department="行政许可科")
    assert desk.rows(record)[0].department == "行政许可科"


def test_a_natural_person_is_owed_to_the_platform_too(desk: Desk) -> None:
    report = desk.take(person(1))
    assert counts(report) == {"read": 1, "new": 1}
    assert len(desk.rows(duty)) == 1
