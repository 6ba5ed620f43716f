import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from xinqiao.errors import InputError
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kinds import KINDS, kind_of
from xinqiao.records.validation import MESSAGES, validate

TODAY = date(2026, 11, 20)
NUMBER = "370323190711118764"
Content = dict[str, str]


def _errors(content: Content) -> set[tuple[str, str]]:
    return _of(content, Severity.ERROR)


def _of(content: Content, severity: Severity) -> set[tuple[str, str]]:
    findings = validate("permit", content, TODAY)
    return {(one.field, one.code) for one in findings if one.severity is severity}


def _only(content: Content) -> Finding:
    findings = validate("permit", content, TODAY)
    assert len(findings) == 1
    return findings[0]


def test_whole_permits_have_no_findings(company: Content, person: Content) -> None:
    assert validate("permit", company, TODAY) == ()
    assert validate("permit", person, TODAY) == ()


def test_unknown_kind_is_told(company: Content) -> None:
    with pytest.raises(InputError):
        validate("parking", company, TODAY)


@pytest.mark.parametrize("path", sorted(kind_of("permit").required))
def test_each_required_field_is_missed(company: Content, path: str) -> None:
    del company[path]
    assert (path, "required") in _errors(company)


def test_blank_text_counts_as_absent(company: Content) -> None:
    company["content"] = " "
    assert _errors(company) == {("content", "required")}


def test_an_empty_record_misses_exactly_the_required_fields() -> None:
    assert _errors({}) == {(path, "required") for path in kind_of("permit").required}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("subject.category", "法人"),
        ("permit_class", "批准"),
        ("permit_class", "其他-"),
        ("permit_class", "其他备案"),
        ("status", "1"),
        ("subject.legal_representative_certificate_type", "港澳居民往来内地通行证"),
    ],
)
def test_words_outside_an_enumeration_are_errors(company: Content, path: str, text: str) -> None:
    company[path] = text
    assert (path, "choice") in _errors(company)


@pytest.mark.parametrize("word", ["普通", "特许", "认可", "核准", "登记", "其他", "其他-备案"])
def test_words_of_the_permit_class_pass(company: Content, word: str) -> None:
    company["permit_class"] = word
    assert validate("permit", company, TODAY) == ()


def test_message_of_a_wrong_word_quotes_it_and_names_what_is_allowed(company: Content) -> None:
    company["permit_class"] = "批准"
    assert "“批准”" in _only(company).message
    assert "核准、登记" in _only(company).message


@pytest.mark.parametrize("text", ["2026/11/03", "20261103", "2026-02-30", "1793664000", "长期"])
@pytest.mark.parametrize("path", ["decision_date", "valid_from", "valid_until"])
def test_only_existing_iso_dates_are_dates(company: Content, path: str, text: str) -> None:
    company[path] = text
    assert _errors(company) == {(path, "date")}


def test_decision_may_be_made_today_but_not_tomorrow(company: Content) -> None:
    company["decision_date"] = "2026-11-20"
    assert validate("permit", company, TODAY) == ()
    company["decision_date"] = "2026-11-21"
    assert _errors(company) == {("decision_date", "in_future")}


def test_validity_may_end_on_its_first_day_but_not_before(company: Content) -> None:
    company["valid_until"] = company["valid_from"]
    assert validate("permit", company, TODAY) == ()
    company["valid_until"] = "2026-11-02"
    assert _errors(company) == {("valid_until", "before_start")}


def test_natural_person_needs_type_and_number_of_a_certificate(person: Content) -> None:
    del person["subject.certificate_type"], person["subject.certificate_number"]
    assert _errors(person) == {
        ("subject.certificate_type", "required"),
        ("subject.certificate_number", "required"),
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("subject.unified_social_credit_code", "91110000600037341L"),
        ("subject.business_registration_number", "370323200000001"),
        ("subject.organisation_code", "594672399"),
        ("subject.tax_registration_number", "370323600037341"),
        ("subject.public_institution_certificate_number", "137032300001"),
        ("subject.social_organisation_certificate_number", "X1"),
        ("subject.legal_representative", "云试一"),
        ("subject.legal_representative_certificate_type", "身份证"),
        ("subject.legal_representative_certificate_number", NUMBER),
    ],
)
def test_natural_person_has_no_codes_and_no_representative(
    person: Content, path: str, text: str
) -> None:
    person[path] = text
    assert _errors(person) == {(path, "must_be_blank")}


@pytest.mark.parametrize("category", ["法人及非法人组织", "个体工商户"])
def test_others_leave_the_certificate_of_persons_blank(company: Content, category: str) -> None:
    company["subject.category"] = category
    company["subject.certificate_type"] = "身份证"
    company["subject.certificate_number"] = NUMBER
    assert _errors(company) == {
        ("subject.certificate_type", "must_be_blank"),
        ("subject.certificate_number", "must_be_blank"),
    }


def test_others_need_at_least_one_code(company: Content) -> None:
    del company["subject.unified_social_credit_code"]
    assert _errors(company) == {("subject.unified_social_credit_code", "required")}
    company["subject.business_registration_number"] = "370323200000001"
    assert validate("permit", company, TODAY) == ()


def test_half_a_certificate_of_the_representative_is_a_warning(company: Content) -> None:
    del company["subject.legal_representative_certificate_number"]
    finding = _only(company)
    assert finding.severity is Severity.WARNING
    assert finding.field == "subject.legal_representative_certificate_number"


def test_codes_are_checked_wherever_they_stand(company: Content) -> None:
    for path in ("authority_code", "source_unit_code", "subject.unified_social_credit_code"):
        company[path] = "91110000600037341N"
    company["subject.organisation_code"] = "594672398"
    assert _errors(company) == {
        ("authority_code", "check_digit"),
        ("source_unit_code", "check_digit"),
        ("subject.unified_social_credit_code", "check_digit"),
        ("subject.organisation_code", "check_digit"),
    }


def test_identity_cards_are_checked_and_other_certificates_only_for_length(
    person: Content,
) -> None:
    person["subject.certificate_number"] = "370323190711118765"
    assert _errors(person) == {("subject.certificate_number", "check_digit")}
    person["subject.certificate_type"] = "护照号"
    assert validate("permit", person, TODAY) == ()
    person["subject.certificate_number"] = "E" * 64
    assert validate("permit", person, TODAY) == ()
    person["subject.certificate_number"] = "E" * 65
    assert _errors(person) == {("subject.certificate_number", "length")}


def test_other_certificates_are_named_after_a_hyphen(person: Content) -> None:
    person["subject.certificate_type"] = "其他-军官证"
    person["subject.certificate_number"] = "南字第1号"
    assert validate("permit", person, TODAY) == ()


@pytest.mark.parametrize("name", ["张*", "张＊三"])
def test_masked_names_cannot_be_reported(person: Content, name: str) -> None:
    person["subject.name"] = name
    assert _errors(person) == {("subject.name", "masked")}


@pytest.mark.parametrize("path", ["content", "remarks"])
def test_identity_number_in_free_text_is_a_warning_that_hides_it(
    company: Content, path: str
) -> None:
    company[path] = f"经办人证件号{NUMBER}"
    finding = _only(company)
    assert (finding.field, finding.code) == (path, "identity_number")
    assert finding.severity is Severity.WARNING
    assert NUMBER not in finding.message


def test_unknown_field_is_an_error(company: Content) -> None:
    company["subject.shoe_size"] = "43"
    company["colour"] = "红"
    assert _errors(company) == {
        ("subject.shoe_size", "unknown_field"),
        ("colour", "unknown_field"),
    }


def test_every_error_of_the_models_has_a_chinese_message() -> None:
    wrong = {
        "subject": {"category": "?", "shoe_size": "43", "certificate_type": "?"},
        "decision_date": "?",
        "permit_class": "?",
        "status": "?",
    }
    for kind in KINDS.values():
        with pytest.raises(ValidationError) as raised:
            kind.model.model_validate(wrong)
        assert {error["type"] for error in raised.value.errors()} <= set(MESSAGES)


@given(
    st.dictionaries(
        st.sampled_from(sorted(kind_of("permit").labels)),
        st.sampled_from([NUMBER, f"甲{NUMBER}", "110105491231002", f"其他-{NUMBER}", "自然人"]),
    )
)
def test_messages_are_chinese_and_never_hold_an_identity_number(content: Content) -> None:
    for finding in validate("permit", content, TODAY):
        assert NUMBER not in finding.message
        assert "110105491231002" not in finding.message
        assert re.search(r"[\u4e00-\u9fff]", finding.message)
        assert not re.search(r"[A-Za-z]{3}", finding.message)
