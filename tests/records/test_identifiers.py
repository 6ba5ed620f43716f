from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identifiers import (
    PLACEHOLDER_CREDIT_CODE,
    check_credit_code,
    check_identity_number,
    check_organisation_code,
    is_identity_number,
    organisation_check_character,
    upgrade_identity_number,
)

TODAY = date(2026, 11, 20)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

credit_bodies = st.builds(
    lambda first, second, region, unit: (
        first + second + region + unit + organisation_check_character(unit)
    ),
    st.sampled_from(ALPHABET),
    st.sampled_from(ALPHABET),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=8, max_size=8),
)
credit_codes = credit_bodies.map(lambda body: body + uscc.calc_check_digit(body))
identity_numbers = st.builds(
    lambda birth, order: f"370323{birth:%Y%m%d}{order:03d}",
    st.dates(date(1901, 1, 1), date(1909, 12, 31)),
    st.integers(0, 999),
).map(lambda body: body + ric.calc_check_digit(body + "0"))


def _codes(findings: tuple[Finding, ...]) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in findings]


@pytest.mark.parametrize(
    "code",
    [
        "91110000600037341L",
        "91350100M000100Y43",
        "121200004013590816",
        "92340621MA2PBN559X",
        "11420000MB15291767",
        "11230500001755309F",
        "91230500MA1B3N1N2M",
        "91320105780688132K",
    ],
)
def test_published_credit_codes_pass(code: str) -> None:
    assert check_credit_code(code, "f") == ()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("12345", "length"),
        ("A1110000600037341L", "check_digit"),
        ("9111000060003IOZSV", "format"),
        ("91110000600037341N", "check_digit"),
        ("91110105780688132K", "check_digit"),
        ("91110000600037341l", "format"),
        (" 91110000600037341L", "length"),
        ("91110000 60037341L", "format"),
        ("911A0000600037341L", "format"),
        ("９１１１００００６０００３７３４１Ｌ", "format"),
    ],
)
def test_published_wrong_credit_codes_and_unclean_spellings_are_errors(
    code: str, reason: str
) -> None:
    assert _codes(check_credit_code(code, "f")) == [(reason, Severity.ERROR)]


def test_placeholder_code_is_only_a_warning() -> None:
    assert PLACEHOLDER_CREDIT_CODE == "00000000000000000X"
    findings = check_credit_code(PLACEHOLDER_CREDIT_CODE, "authority_code")
    assert _codes(findings) == [("placeholder", Severity.WARNING)]
    assert findings[0].field == "authority_code"


@pytest.mark.parametrize("first", ["A", "N", "Y"])
def test_code_may_begin_with_a_letter_when_its_check_digit_is_right(first: str) -> None:
    body = first + "2370323" + "59467239" + "9"
    assert check_credit_code(body + uscc.calc_check_digit(body), "f") == ()


def test_wrong_inner_organisation_code_is_only_a_warning() -> None:
    body = "91370323" + "59467239" + "8"
    findings = check_credit_code(body + uscc.calc_check_digit(body), "f")
    assert _codes(findings) == [("inner_check_digit", Severity.WARNING)]


@given(credit_codes)
def test_generated_credit_codes_pass(code: str) -> None:
    assert check_credit_code(code, "f") == ()


@given(credit_codes, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_changed_character_of_a_credit_code_is_caught(
    code: str, position: int, character: str
) -> None:
    changed = code[:position] + character + code[position + 1 :]
    assume(changed != PLACEHOLDER_CREDIT_CODE)
    found = any(one.severity is Severity.ERROR for one in check_credit_code(changed, "f"))
    assert found == (changed != code)


@pytest.mark.parametrize(
    "code", ["594672399", "D2143569X", "600037341", "780688132", "MA1B3N1N2", "MB1529176"]
)
def test_published_organisation_codes_pass(code: str) -> None:
    assert check_organisation_code(code, "f") == ()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("594672398", "check_digit"),
        ("D21435691", "check_digit"),
        ("600037342", "check_digit"),
        ("004502963", "check_digit"),
        ("MA1B3N1N3", "check_digit"),
        ("59467239-9", "length"),
        ("d2143569X", "format"),
    ],
)
def test_wrong_organisation_codes_are_errors(code: str, reason: str) -> None:
    assert _codes(check_organisation_code(code, "f")) == [(reason, Severity.ERROR)]


@pytest.mark.parametrize(
    "number",
    [
        "11010519491231002X",
        "440524188001010014",
        "53010219200508011X",
        "360426199101010071",
        "44011320141005001X",
        "110102199101010078",
    ],
)
def test_published_identity_numbers_pass(number: str) -> None:
    assert check_identity_number(number, "f", TODAY) == ()
    assert is_identity_number(number)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("110105194912310021", "check_digit"),
        ("110105194902310026", "birth_date"),
        ("36042619910102009X", "check_digit"),
        ("360426199113010079", "birth_date"),
        ("T60426199101010078", "format"),
        ("11010519491231002x", "format"),
        ("11010519491231002", "length"),
        ("11010519491231002X ", "length"),
    ],
)
def test_wrong_identity_numbers_are_errors_that_hide_the_number(number: str, reason: str) -> None:
    findings = check_identity_number(number, "f", TODAY)
    assert _codes(findings) == [(reason, Severity.ERROR)]
    assert number[6:14] not in findings[0].message


def test_unknown_region_is_only_a_warning() -> None:
    findings = check_identity_number("990426199112010074", "f", TODAY)
    assert _codes(findings) == [("region", Severity.WARNING)]


def test_birth_after_today_is_an_error() -> None:
    number = "44011320141005001X"
    assert check_identity_number(number, "f", date(2014, 10, 5)) == ()
    findings = check_identity_number(number, "f", date(2014, 10, 4))
    assert _codes(findings) == [("birth_date", Severity.ERROR)]


@given(identity_numbers)
def test_generated_identity_numbers_pass(number: str) -> None:
    assert check_identity_number(number, "f", TODAY) == ()


@given(identity_numbers, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_changed_digit_of_an_identity_number_is_caught(
    number: str, position: int, character: str
) -> None:
    changed = number[:position] + character + number[position + 1 :]
    findings = check_identity_number(changed, "f", TODAY)
    assert any(one.severity is Severity.ERROR for one in findings) == (changed != number)


def test_fifteen_digit_number_is_upgraded() -> None:
    assert upgrade_identity_number("110105491231002") == "11010519491231002X"


@pytest.mark.parametrize("number", ["110105491331002", "11010549123100", "11010549123100X", ""])
def test_what_is_no_old_number_is_not_upgraded(number: str) -> None:
    assert upgrade_identity_number(number) is None
