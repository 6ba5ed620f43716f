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
from xinqiao.queue.listing import listing
from xinqiao.queue.selection import Selection
from xinqiao.records.keys import plain_number
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


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("driver_assessment", {DRIVER_ASSESSMENT["cycle_from"]}),
        (
            "quality_assessment",
            {"{assessed_object} {year}".format_map(WHOLE["quality_assessment"])},
        ),
        ("repair", {plain_number(WHOLE["repair"]["application_number"])}),
        ("commitment", {WHOLE["commitment"]["code"]}),
        ("operator", {WHOLE["operator"]["licence_number"]}),
    ],
)
def test_lists_show_what_people_call_a_record_and_find_it_by_that(
    whole: Desk, kind: str, shown: set[str]
) -> None:
    whole.take(labelled(kind, WHOLE[kind]))
    with whole.database.reading() as connection:
        listed = listing(connection, Selection(), 10)
        (number,) = shown
        found = listing(connection, Selection(document=number.split(" ")[0]), 10)
    assert {row["document_number"] for row in listed} == shown
    assert len(found) == len(listed)
    assert set(listed[0]) & {"document_key", "id"} == {"id"}
