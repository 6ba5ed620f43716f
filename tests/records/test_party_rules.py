"""A subject is known by the number of its category, and by no other."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.remarks import TODAY, findings
from tests.records.whole import (
    FIRM_CODE,
    FIRM_PARTY,
    IDENTITY_NUMBER,
    PERSON_PARTY,
    SAFETY_PERSON,
    SAFETY_UNIT,
    TRADER_PARTY,
)
from xinqiao.records.findings import Finding
from xinqiao.records.party_rules import (
    operator_party_rules,
    organisation_rules,
    party_rules,
    person_rules,
    safety_party_rules,
)

Rules = Callable[[Mapping[str, str], date], Iterable[Finding]]
CODE = "subject.unified_social_credit_code"
TYPE, NUMBER = "subject.certificate_type", "subject.certificate_number"
IDENTIFIER = "subject.identifier"


def told(rules: Rules, content: Mapping[str, str | None]) -> list[tuple[str, str]]:
    filled = {path: text for path, text in content.items() if text is not None}
    return [(one.field, one.code) for one in rules(filled, TODAY)]


def organisation(content: Mapping[str, str], today: date) -> Iterable[Finding]:
    del today
    return organisation_rules(content)


@pytest.mark.parametrize("party", [FIRM_PARTY, TRADER_PARTY, PERSON_PARTY])
def test_each_category_is_known_by_its_own_number(party: Mapping[str, str]) -> None:
    assert told(party_rules, party) == []


@pytest.mark.parametrize(
    ("party", "number", "code"),
    [
        (FIRM_PARTY, IDENTITY_NUMBER, "check_digit"),
        (FIRM_PARTY, FIRM_CODE[:-1] + "D", "check_digit"),
        (FIRM_PARTY, FIRM_CODE[:-1], "length"),
        (TRADER_PARTY, IDENTITY_NUMBER, "check_digit"),
        (PERSON_PARTY, FIRM_CODE, "format"),
        (PERSON_PARTY, IDENTITY_NUMBER[:-1] + "5", "check_digit"),
        (PERSON_PARTY, IDENTITY_NUMBER[:15], "length"),
    ],
)
def test_a_wrong_number_is_found_by_the_rules_of_its_category(
    party: Mapping[str, str], number: str, code: str
) -> None:
    assert told(party_rules, {**party, IDENTIFIER: number}) == [(IDENTIFIER, code)]


def test_a_masked_name_is_refused_for_every_form_of_party() -> None:
    masked = {"subject.name": "溪**"}
    for rules in (party_rules, person_rules, safety_party_rules, organisation):
        assert ("subject.name", "masked") in told(rules, masked)


def test_an_operator_has_a_code_or_a_certificate() -> None:
    assert told(operator_party_rules, {"subject.name": "溪样三"}) == [(CODE, "required")]
    assert told(operator_party_rules, {CODE: FIRM_CODE}) == []
    assert told(operator_party_rules, {TYPE: "身份证", NUMBER: IDENTITY_NUMBER}) == []
    assert told(operator_party_rules, {CODE: FIRM_CODE, TYPE: "身份证"}) == [(NUMBER, "incomplete")]
    assert told(operator_party_rules, {NUMBER: IDENTITY_NUMBER}) == [(TYPE, "incomplete")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({CODE: None}, [(CODE, "required")]),
        ({NUMBER: IDENTITY_NUMBER}, [(NUMBER, "must_be_blank")]),
        ({TYPE: "身份证"}, [(TYPE, "must_be_blank")]),
    ],
)
def test_a_unit_of_safety_credit_has_a_code_and_no_certificate(
    changes: Mapping[str, str | None], expected: list[tuple[str, str]]
) -> None:
    assert told(safety_party_rules, {**SAFETY_UNIT, **changes}) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({NUMBER: None}, [(NUMBER, "required")]),
        ({TYPE: None}, [(TYPE, "required")]),
        # the code of the employer would make the record one about the employer
        ({CODE: FIRM_CODE}, [(CODE, "must_be_blank")]),
        ({NUMBER: "37032319071111876X"}, [(NUMBER, "check_digit")]),
    ],
)
def test_a_person_of_safety_credit_has_a_certificate_and_no_code(
    changes: Mapping[str, str | None], expected: list[tuple[str, str]]
) -> None:
    assert told(safety_party_rules, {**SAFETY_PERSON, **changes}) == expected


@given(
    st.sampled_from([FIRM_PARTY, TRADER_PARTY, PERSON_PARTY]),
    st.text("0123456789X", min_size=10, max_size=20) | st.just(IDENTITY_NUMBER),
)
def test_no_message_holds_the_number(party: Mapping[str, str], number: str) -> None:
    told_of = findings("repair_notice", {**party, IDENTIFIER: number})
    assert not [one for one in told_of if number in one.message]
