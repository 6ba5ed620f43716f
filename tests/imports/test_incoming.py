"""What comes back from platforms is kept by version, and owed to nobody."""

from collections.abc import Mapping

import pytest

from tests.imports.books import Desk, Row, codes, counts, write_book
from tests.imports.rows import labelled
from tests.records.whole import REPAIR_NOTICE, SAFETY_GRADE, SAFETY_PERSON, WHOLE
from xinqiao.database.tables import duty, holding, record, record_version, submission
from xinqiao.records.kinds import KINDS

INCOMING = [name for name in WHOLE if KINDS[name].incoming]


@pytest.mark.parametrize("kind", INCOMING)
def test_a_returned_record_is_stored_and_owed_to_nobody(desk: Desk, kind: str) -> None:
    report = desk.take(labelled(kind, WHOLE[kind]))
    assert report.kind == kind
    assert counts(report) == {"read": 1, "new": 1}
    # a notice of a repair tells that what it names is not here
    assert codes(report) == ([(2, "no_such_record")] if kind == "repair_notice" else [])
    (stored,) = desk.rows(record)
    assert stored.kind == kind
    assert stored.subject_hash is not None
    for table in (duty, holding, submission):
        assert desk.rows(table) == []


def test_a_changed_grade_is_a_new_version_of_its_day_and_another_day_another_record(
    desk: Desk,
) -> None:
    desk.take(labelled("safety_grade", SAFETY_GRADE))
    again = desk.take(labelled("safety_grade", SAFETY_GRADE))
    assert counts(again) == {"read": 1, "unchanged": 1}
    changed = desk.take(labelled("safety_grade", {**SAFETY_GRADE, "grade": "C", "score": "700"}))
    assert counts(changed) == {"read": 1, "changed": 1}
    later = desk.take(labelled("safety_grade", {**SAFETY_GRADE, "valid_from": "2026-11-01"}))
    assert counts(later) == {"read": 1, "new": 1}
    assert len(desk.rows(record)) == 2
    assert len(desk.rows(record_version)) == 3


def test_one_notice_about_two_subjects_is_two_records(desk: Desk) -> None:
    other = {**REPAIR_NOTICE, "subject.name": "沂源县示例二号有限公司"}
    other["subject.identifier"] = "91370323MA0TE5T247"
    book = write_book(
        desk.folder / "通知.xlsx",
        labelled("repair_notice", REPAIR_NOTICE),
        labelled("repair_notice", other),
    )
    assert counts(desk.take_file(book)) == {"read": 2, "new": 2}


def test_the_number_of_a_person_is_encrypted_and_in_no_key(desk: Desk) -> None:
    content = {**SAFETY_GRADE, **SAFETY_PERSON}
    del content["subject.unified_social_credit_code"]
    desk.take(labelled("safety_grade", content))
    number = SAFETY_PERSON["subject.certificate_number"]
    (stored,) = desk.rows(record)
    (version,) = desk.rows(record_version)
    assert number not in repr(stored)
    assert number not in repr(version)
    assert version.content["subject.certificate_number"].startswith("enc:1:")


def test_a_contradicted_threshold_is_told_and_the_record_stays_valid(desk: Desk) -> None:
    report = desk.take(labelled("safety_grade", {**SAFETY_GRADE, "score": "1300"}))
    assert codes(report) == [(2, "score_differs")]
    assert (report.invalid, report.new) == (0, 1)


_EVERY_DAY: Mapping[str, str] = {"made_on": "2026-10-04", "code": "37032320261004000007"}


def test_a_code_whose_digits_look_like_an_identity_number_is_a_key_like_any_other(
    desk: Desk,
) -> None:
    row: Row = labelled("commitment", {**WHOLE["commitment"], **_EVERY_DAY})
    report = desk.take(row)
    assert codes(report) == []
    (stored,) = desk.rows(record)
    assert stored.matching_key == "commitment|37032320261004000007"
    (version,) = desk.rows(record_version)
    assert version.content["code"] == "37032320261004000007"
