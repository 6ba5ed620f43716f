"""Records that belong to their subject: a corrected number leads back, two people never merge."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.imports.books import Desk, codes, correct, counts, write_book
from tests.imports.transport import (
    CERTIFICATE,
    CODE,
    assessed,
    credit_code,
    driver,
    identity_number,
    misspelled,
)
from xinqiao.database.tables import duty, record, record_version, submission, withdrawal

RIGHT, OTHER = identity_number(1), identity_number(500)
WRONG = misspelled(RIGHT)
FIRM, OTHER_FIRM = credit_code(1), credit_code(2)


def test_a_corrected_identity_number_finds_its_record_without_a_record_id(desk: Desk) -> None:
    assert counts(desk.take(driver(WRONG))) == {"read": 1, "invalid": 1}
    assert desk.take(driver(RIGHT)).counts["changed"] == 1
    (kept,) = desk.rows(record)
    assert kept.current_version == 2
    assert [row.valid for row in desk.rows(record_version)] == [False, True]


def test_a_correction_leaves_one_duty_and_one_submission(desk: Desk) -> None:
    """Without it the first record would be owed for ever, and nobody could close it."""
    planner = replace(desk.importer.planner, platforms=frozenset({"transport_credit"}))
    importer = replace(desk.importer, planner=planner)
    for number, name in ((WRONG, "有误.xlsx"), (RIGHT, "更正.xlsx")):
        importer.run(write_book(desk.folder / name, driver(number)))
    (owed,) = desk.rows(duty)
    assert owed.platform == "transport_credit"
    (sent,) = desk.rows(submission)
    assert (sent.record_id, sent.version, sent.operation) == (owed.record_id, 2, "insert")


def test_after_the_correction_both_files_are_known(desk: Desk) -> None:
    desk.take(driver(WRONG))
    desk.take(driver(RIGHT))
    assert desk.take(driver(RIGHT)).counts["unchanged"] == 1
    again = desk.take(driver(WRONG))
    assert (again.counts["unchanged"], codes(again)) == (1, [(2, "older_version")])
    assert len(desk.rows(record)) == 1


def test_a_corrected_credit_code_finds_its_record_however_it_was_wrong(desk: Desk) -> None:
    for number, wrong in enumerate((misspelled(FIRM), "370323000000001", "待补")):
        name = f"沂源县示例{number}号维修有限公司"
        desk.take(assessed(wrong, name))
        assert desk.take(assessed(credit_code(10 + number), name)).counts["changed"] == 1
    assert len(desk.rows(record)) == 3


def test_two_people_of_one_name_with_sound_numbers_never_merge(desk: Desk) -> None:
    desk.take(driver(RIGHT))
    assert desk.take(driver(OTHER)).counts["new"] == 1
    both = desk.take(driver(RIGHT), driver(OTHER))
    assert both.counts["unchanged"] == 2
    assert {row.current_version for row in desk.rows(record)} == {1}


def test_another_person_of_the_name_does_not_take_the_record_with_the_wrong_number(
    desk: Desk,
) -> None:
    """Two numbers that differ in more than a slip are two people, whoever was misspelled."""
    desk.take(driver(WRONG))
    assert desk.take(driver(OTHER)).counts["new"] == 1
    assert len(desk.rows(record)) == 2
    assert desk.take(driver(RIGHT)).counts["changed"] == 1


def test_a_sound_record_is_not_taken_by_a_row_with_a_wrong_number(desk: Desk) -> None:
    desk.take(driver(RIGHT))
    assert desk.take(driver(WRONG)).counts["invalid"] == 1
    first, second = sorted(desk.rows(record), key=lambda row: row.current_version)
    assert (first.current_version, second.current_version) == (1, 1)
    assert desk.take(driver(RIGHT)).counts["unchanged"] == 1


@pytest.mark.parametrize("change", [{"姓名": "溪样四"}, {"考核周期起": "2024-11-03"}])
def test_another_name_or_another_key_is_another_record(desk: Desk, change: dict[str, str]) -> None:
    desk.take(driver(WRONG))
    end = {"考核周期止": "2025-11-02"} if "考核周期起" in change else {}
    assert desk.take(driver(RIGHT, **change, **end)).counts["new"] == 1


def test_rows_without_a_number_never_merge_but_are_known_again_word_for_word(desk: Desk) -> None:
    rows = [driver("", 证件号码=None, 累计计分=points) for points in (1, 2)]
    assert counts(desk.take(*rows)) == {"read": 2, "invalid": 2}
    assert len(desk.rows(record)) == 2
    assert {row.matching_key for row in desk.rows(record)} == {None}
    desk.take(*rows)
    assert len(desk.rows(record)) == 2
    assert desk.take(driver(RIGHT)).counts["new"] == 1


def test_a_row_without_a_number_is_completed_by_its_record_id(desk: Desk) -> None:
    first = desk.take(driver(RIGHT, 证件号码=None))
    second = desk.take_file(correct(first.findings_file, {CERTIFICATE: RIGHT}))
    assert counts(second) == {"read": 1, "changed": 1, "unclaimed": 1}
    assert desk.take(driver(RIGHT)).counts["unchanged"] == 1


def test_a_second_try_at_a_number_that_is_wrong_again_is_the_same_record(desk: Desk) -> None:
    desk.take(driver(WRONG))
    assert desk.take(driver(misspelled(WRONG))).counts["invalid"] == 1
    (kept,) = desk.rows(record)
    assert kept.current_version == 2
    assert desk.take(driver(RIGHT)).counts["changed"] == 1


def test_two_new_rows_of_one_name_and_one_doubtful_record_are_left_to_a_person(desk: Desk) -> None:
    desk.take(assessed(misspelled(FIRM)))
    told = desk.take(assessed(FIRM), assessed(OTHER_FIRM))
    assert told.counts["new"] == 2
    assert codes(told) == [(2, "perhaps_corrected"), (3, "perhaps_corrected")]
    assert len(desk.rows(record)) == 3


def test_a_row_that_is_a_record_of_its_own_does_not_stand_in_the_way(desk: Desk) -> None:
    """The whole register comes again: one of the name is known, the other was corrected."""
    desk.take(assessed(OTHER_FIRM))
    desk.take(assessed(misspelled(FIRM)))
    told = desk.take(assessed(OTHER_FIRM), assessed(FIRM))
    assert (told.counts["unchanged"], told.counts["changed"], codes(told)) == (1, 1, [])
    assert len(desk.rows(record)) == 2


def test_a_record_that_another_row_names_is_not_taken_a_second_time(desk: Desk) -> None:
    desk.take(assessed(misspelled(FIRM)))
    (kept,) = desk.rows(record)
    told = desk.take(
        {"记录标识": kept.id, **assessed(FIRM)}, {"记录标识": None, **assessed(OTHER_FIRM)}
    )
    assert (told.counts["changed"], told.counts["new"]) == (1, 1)


def test_the_right_and_the_wrong_number_of_one_person_in_one_file_are_both_errors(
    desk: Desk,
) -> None:
    told = desk.take(driver(RIGHT), driver(WRONG), driver(OTHER))
    assert told.counts["invalid"] == 2
    assert [one for one in codes(told) if one[1] == "key_conflict"] == [
        (2, "key_conflict"),
        (3, "key_conflict"),
    ]
    assert len(desk.rows(record)) == 1


def test_what_was_withdrawn_is_never_revived_by_a_correction(desk: Desk) -> None:
    desk.take(driver(WRONG))
    (kept,) = desk.rows(record)
    with desk.database.writing() as connection:
        connection.execute(
            sa.insert(withdrawal),
            {
                "record_id": kept.id,
                "reason": "误录",
                "decided_on": desk.clock.today(),
                "document": "",
                "actor": "张科员",
                "at": desk.clock.now(),
            },
        )
    assert desk.take(driver(RIGHT)).counts["new"] == 1


def test_many_people_of_one_name_and_one_cycle_are_told_apart(desk: Desk) -> None:
    numbers = [identity_number(number) for number in range(0, 900, 30)]
    wrong = [misspelled(number) for number in numbers[:10]]
    assert desk.take(*map(driver, numbers[10:])).counts["new"] == len(numbers) - 10
    desk.take(*map(driver, wrong))
    told = desk.take(*map(driver, numbers))
    kinds = {"changed": 10, "unchanged": len(numbers) - 10}
    assert {name: told.counts[name] for name in kinds} == kinds
    assert len(desk.rows(record)) == len(numbers)


def test_no_key_holds_a_number_or_a_name(desk: Desk) -> None:
    desk.take(driver(RIGHT), driver(WRONG), driver(OTHER))
    desk.take(driver("", 证件号码=None))
    for row in desk.rows(record):
        stored = f"{row.matching_key} {row.document_key} {row.subject_hash}"
        assert RIGHT[6:14] not in stored
        assert "溪样" not in stored


def test_the_code_column_of_a_firm_is_where_the_conflict_is_told(desk: Desk) -> None:
    told = desk.take(assessed(FIRM), assessed(FIRM, 考核等级="AA"))
    assert codes(told) == [(2, "key_conflict"), (3, "key_conflict")]
    assert {one.column for one in told.findings} == {"考核年度"}
    assert CODE not in {one.column for one in told.findings}
