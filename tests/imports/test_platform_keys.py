"""By what each platform knows a record: never by an identity number, and whatever is corrected."""

from dataclasses import replace

import pytest

from tests.imports.books import Desk, correct, counts
from tests.imports.rows import labelled
from tests.records.whole import (
    DRIVER_ASSESSMENT,
    IDENTITY_NUMBER,
    OPERATOR,
    OTHER_IDENTITY_NUMBER,
    SAFETY_INFO,
    SAFETY_PERSON,
    WHOLE,
)
from xinqiao.database.tables import holding, record, submission
from xinqiao.records.kinds import KINDS

REPORTED = [name for name in WHOLE if not KINDS[name].incoming]
BY_NUMBER = {("commitment", "credit_shandong"): "code"}


@pytest.fixture
def whole(desk: Desk) -> Desk:
    """Return a desk that is connected to every platform."""
    platforms = {"credit_shandong", "transport_credit", "safety_credit", "county_site"}
    return replace(desk, platforms=frozenset(platforms))


@pytest.mark.parametrize("kind", REPORTED)
def test_a_whole_record_fits_every_platform_that_it_goes_to(whole: Desk, kind: str) -> None:
    assert counts(whole.take(labelled(kind, WHOLE[kind]))) == {"read": 1, "new": 1}
    (stored,) = whole.rows(record)
    places = whole.rows(holding)
    assert places
    for place in places:
        assert place.findings == []
        number = BY_NUMBER.get((kind, place.platform))
        assert place.wanted_key == (stored.id if number is None else WHOLE[kind][number])


def test_a_person_is_known_to_no_platform_by_an_identity_number(whole: Desk) -> None:
    nobody = {"subject.unified_social_credit_code": ""}
    certificate = {
        "subject.certificate_type": "身份证",
        "subject.certificate_number": IDENTITY_NUMBER,
    }
    whole.take(labelled("driver_assessment", DRIVER_ASSESSMENT), name="一.xlsx")
    official = {**SAFETY_INFO, **SAFETY_PERSON, **nobody}
    whole.take(labelled("safety_info", official), name="二.xlsx")
    trader = {**OPERATOR, **certificate, **nobody}
    whole.take(labelled("operator", trader), name="三.xlsx")
    keys = {place.wanted_key for place in whole.rows(holding)}
    assert keys == {stored.id for stored in whole.rows(record)}
    assert IDENTITY_NUMBER not in repr([whole.rows(table) for table in (record, holding)])


def test_a_corrected_identity_number_is_an_update_at_the_platform(whole: Desk) -> None:
    wrong = IDENTITY_NUMBER[:-1] + "0"
    report = whole.take(
        labelled("driver_assessment", {**DRIVER_ASSESSMENT, "subject.certificate_number": wrong})
    )
    assert counts(report) == {"read": 1, "invalid": 1}
    (stored,) = whole.rows(record)
    whole.believe(stored.id, 1, stored.id)
    labels = KINDS["driver_assessment"].labels
    fixed = {labels["subject.certificate_number"]: OTHER_IDENTITY_NUMBER}
    assert counts(whole.take_file(correct(report.findings_file, fixed))) == {
        "read": 1,
        "changed": 1,
    }
    assert [row.id for row in whole.rows(record)] == [stored.id]
    (sent,) = whole.rows(submission)
    assert (sent.operation, sent.version) == ("update", 2)
