"""An entry of a list names who answers for an organisation, and why it left the list."""

from collections.abc import Mapping

import pytest

from tests.records.remarks import errors, findings, remarks
from tests.records.whole import IDENTITY_NUMBER, PERSON_PARTY, TRADER_PARTY

NOBODY: Mapping[str, str | None] = {
    "responsible_name": None,
    "responsible_role": None,
    "responsible_certificate_number": None,
}


def test_an_organisation_on_the_serious_list_names_who_answers_for_it() -> None:
    expected = errors(("responsible_name", "required"), ("responsible_role", "required"))
    assert remarks("list_entry", NOBODY) == expected
    assert all("第三十一条" in one.message for one in findings("list_entry", NOBODY))
    without_role = {"responsible_role": None}
    assert remarks("list_entry", without_role) == errors(("responsible_role", "required"))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {**NOBODY, **PERSON_PARTY},
        {**NOBODY, **TRADER_PARTY},
        {**NOBODY, "list_kind": "黑名单"},
        {**NOBODY, "list_kind": "红名单"},
        {"removed_on": "2026-11-01", "removal_reason": "期满"},
        {"valid_until": "2099-12-31", "published_on": "2026-10-08"},
        # a certificate of another sort has no check digit to hold against it
        {"responsible_certificate_number": "E12345678"},
    ],
)
def test_whole_entries_have_no_remarks(changes: Mapping[str, str | None]) -> None:
    assert remarks("list_entry", changes) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"list_kind": "红名单"},
            errors(("responsible_certificate_number", "must_be_blank")),
        ),
        (
            {"responsible_certificate_number": IDENTITY_NUMBER[:-1] + "5"},
            errors(("responsible_certificate_number", "check_digit")),
        ),
        ({"responsible_name": "云*一"}, errors(("responsible_name", "masked"))),
        ({"removed_on": "2026-11-01"}, errors(("removal_reason", "required"))),
        ({"removal_reason": "期满"}, errors(("removed_on", "required"))),
        (
            {"removed_on": "2026-10-07", "removal_reason": "期满"},
            errors(("removed_on", "before_start")),
        ),
        ({"published_on": "2026-10-07"}, errors(("published_on", "before_start"))),
        ({"valid_until": "2026-10-07"}, errors(("valid_until", "before_start"))),
        ({"listed_on": "2026-11-21"}, errors(("listed_on", "in_future"))),
        ({"authority_code": "11420000MB15291768"}, errors(("authority_code", "check_digit"))),
        ({"list_kind": "灰名单"}, errors(("list_kind", "choice"))),
    ],
)
def test_contradictions_are_found_at_the_right_field(
    changes: Mapping[str, str | None], expected: set[tuple[str, str, str]]
) -> None:
    assert remarks("list_entry", changes) == expected
