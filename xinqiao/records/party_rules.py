"""Which number a subject of the transport sector is known by, and whether it can be right.

One function for each form of :mod:`xinqiao.records.parties`. Sources of the numbers:
:mod:`xinqiao.records.identifiers`; which category has which: the public template of 信用承诺 (an
organisation and a sole trader have a 统一社会信用代码, a natural person an identity number).
"""

from collections.abc import Iterator, Mapping
from datetime import date

from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identifiers import check_credit_code, check_identity_number
from xinqiao.records.kind import CATEGORY, PERSON_WORDS
from xinqiao.records.parties import SAFETY_CATEGORIES
from xinqiao.records.subject import CATEGORIES, NATURAL_PERSON, certificate_rules, masked_names

_NAME = "subject.name"
_CODE = "subject.unified_social_credit_code"
_CERTIFICATE = "subject.certificate"
_TYPE = f"{_CERTIFICATE}_type"
_NUMBER = f"{_CERTIFICATE}_number"
_IDENTIFIER = "subject.identifier"


def party_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with a ``Party`` or ``PromisingParty``: one column for any number."""
    yield from masked_names(content, (_NAME,))
    category, number = content.get(CATEGORY, ""), content.get(_IDENTIFIER)
    if number is None or category not in CATEGORIES:
        return
    if category == NATURAL_PERSON:
        yield from check_identity_number(number, _IDENTIFIER, today)
    else:
        yield from check_credit_code(number, _IDENTIFIER)


def organisation_rules(content: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is wrong with an ``OrganisationParty``."""
    yield from masked_names(content, (_NAME,))
    if code := content.get(_CODE):
        yield from check_credit_code(code, _CODE)


def operator_party_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with an ``OperatorParty``: a code, or without one a certificate."""
    yield from organisation_rules(content)
    if _CODE not in content and _NUMBER not in content:
        message = "统一社会信用代码和经营者证件号码至少填写一项，请补填"
        yield Finding(_CODE, "required", Severity.ERROR, message)
    yield from _whole_certificate(content, today)


def person_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with a ``PersonParty``."""
    yield from masked_names(content, (_NAME,))
    yield from certificate_rules(content, _CERTIFICATE, today)


def safety_party_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with a ``SafetyParty``: a unit has a code, a person a certificate."""
    yield from organisation_rules(content)
    yield from certificate_rules(content, _CERTIFICATE, today)
    category = content.get(CATEGORY, "")
    if category not in SAFETY_CATEGORIES:
        return
    person = category in PERSON_WORDS
    asked, foreign = ((_TYPE, _NUMBER), (_CODE,)) if person else ((_CODE,), (_TYPE, _NUMBER))
    for field in asked:
        if field not in content:
            what = "证件类型和证件号码" if person else "统一社会信用代码"
            message = f"主体类别为{category}，必须填写{what}，请补填"
            yield Finding(field, "required", Severity.ERROR, message)
    for field in foreign:
        if field in content:
            what = "单位的统一社会信用代码" if person else "个人的证件"
            message = f"主体类别为{category}，不填{what}，请清空此项，或更正主体类别"
            yield Finding(field, "must_be_blank", Severity.ERROR, message)


def _whole_certificate(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    yield from certificate_rules(content, _CERTIFICATE, today)
    if (_TYPE in content) != (_NUMBER in content):
        missing = _NUMBER if _TYPE in content else _TYPE
        message = "证件类型和证件号码应同时填写，请补填或清空另一项"
        yield Finding(missing, "incomplete", Severity.ERROR, message)


def employer_rules(content: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is wrong with the code of the unit that a person works for (服务单位)."""
    if code := content.get("employer_code"):
        yield from check_credit_code(code, "employer_code")
