"""The subject of a record (行政相对人): who it is about, and which of its fields belong together.

Source: 发改办财金〔2018〕424号, the public-notice data standards, subject part.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.fields import one_of
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identifiers import (
    check_credit_code,
    check_identity_number,
    check_organisation_code,
)

ORGANISATION = "法人及非法人组织"
NATURAL_PERSON = "自然人"
SOLE_TRADER = "个体工商户"
CATEGORIES = (ORGANISATION, NATURAL_PERSON, SOLE_TRADER)
"""The three words of 行政相对人类别."""

IDENTITY_CARD = "身份证"
CERTIFICATE_TYPES = (
    IDENTITY_CARD,
    "护照号",
    "港澳居民来往内地通行证",
    "台湾居民来往大陆通行证",
    "外国人永久居留身份证",
)
"""The words of 证件类型; any other certificate is written 其他- followed by its name."""

CODE_FIELDS = (
    "subject.unified_social_credit_code",
    "subject.business_registration_number",
    "subject.organisation_code",
    "subject.tax_registration_number",
    "subject.public_institution_certificate_number",
    "subject.social_organisation_certificate_number",
)
"""行政相对人代码_1 to _6, of which an organisation has at least one."""

IDENTITY_FIELDS = ("subject.legal_representative_certificate_number", "subject.certificate_number")
"""Fields that hold identity numbers."""

_REPRESENTATIVE_FIELDS = (
    "subject.legal_representative",
    "subject.legal_representative_certificate_type",
    "subject.legal_representative_certificate_number",
)
_CERTIFICATE_FIELDS = ("subject.certificate_type", "subject.certificate_number")
_LONGEST_CERTIFICATE_NUMBER = 64

CertificateType = Annotated[str, one_of(CERTIFICATE_TYPES, other="其他")]


class Subject(BaseModel):
    """The person or body that a decision is about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(title="行政相对人名称")
    category: Annotated[str, one_of(CATEGORIES)] = Field(title="行政相对人类别")
    unified_social_credit_code: str | None = Field(None, title="统一社会信用代码")
    business_registration_number: str | None = Field(None, title="工商注册号")
    organisation_code: str | None = Field(None, title="组织机构代码")
    tax_registration_number: str | None = Field(None, title="税务登记号")
    public_institution_certificate_number: str | None = Field(None, title="事业单位证书号")
    social_organisation_certificate_number: str | None = Field(None, title="社会组织登记证号")
    legal_representative: str | None = Field(None, title="法定代表人")
    legal_representative_certificate_type: CertificateType | None = Field(
        None, title="法定代表人证件类型"
    )
    legal_representative_certificate_number: str | None = Field(None, title="法定代表人证件号码")
    certificate_type: CertificateType | None = Field(None, title="证件类型")
    certificate_number: str | None = Field(None, title="证件号码")


def subject_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong among the subject's fields taken together."""
    yield from masked_names(content, ("subject.name", "subject.legal_representative"))
    category = content.get("subject.category")
    if category == NATURAL_PERSON:
        yield from _natural_person(content)
    elif category in CATEGORIES:
        yield from _organisation(content)
    if code := content.get("subject.unified_social_credit_code"):
        yield from check_credit_code(code, "subject.unified_social_credit_code")
    if code := content.get("subject.organisation_code"):
        yield from check_organisation_code(code, "subject.organisation_code")
    yield from certificate_rules(content, "subject.legal_representative_certificate", today)
    yield from certificate_rules(content, "subject.certificate", today)


def masked_names(content: Mapping[str, str], fields: Iterable[str]) -> Iterator[Finding]:
    """Yield an error for each name in which somebody put asterisks (脱敏)."""
    for field in fields:
        if "*" in content.get(field, "") or "＊" in content.get(field, ""):
            message = "名称已作脱敏处理（含 * 号），不能这样报送，请填写完整名称"
            yield Finding(field, "masked", Severity.ERROR, message)


def _natural_person(content: Mapping[str, str]) -> Iterator[Finding]:
    for field in _CERTIFICATE_FIELDS:
        if field not in content:
            message = "自然人必须填写证件类型和证件号码，请补填"
            yield Finding(field, "required", Severity.ERROR, message)
    for field in (*CODE_FIELDS, *_REPRESENTATIVE_FIELDS):
        if field in content:
            message = "自然人不填代码和法定代表人信息，请清空此项，或更正行政相对人类别"
            yield Finding(field, "must_be_blank", Severity.ERROR, message)


def _organisation(content: Mapping[str, str]) -> Iterator[Finding]:
    for field in _CERTIFICATE_FIELDS:
        if field in content:
            message = "证件类型、证件号码只由自然人填写，请清空此项，或更正行政相对人类别"
            yield Finding(field, "must_be_blank", Severity.ERROR, message)
    if not any(field in content for field in CODE_FIELDS):
        message = "法人、非法人组织和个体工商户至少填写一个代码，请补填统一社会信用代码"
        yield Finding(CODE_FIELDS[0], "required", Severity.ERROR, message)
    kind = _REPRESENTATIVE_FIELDS[1]
    number = _REPRESENTATIVE_FIELDS[2]
    if (kind in content) != (number in content):
        missing = number if kind in content else kind
        message = "法定代表人证件类型和证件号码应同时填写，请补填或清空另一项"
        yield Finding(missing, "incomplete", Severity.WARNING, message)


def certificate_rules(content: Mapping[str, str], prefix: str, today: date) -> Iterator[Finding]:
    """Yield what is wrong with the number of a certificate (证件号码).

    Args:
        content: The record.
        prefix: Path of the fields, without ``_type`` and ``_number``.
        today: Legal date in Asia/Shanghai.
    """
    field = f"{prefix}_number"
    number = content.get(field)
    if number is None:
        return
    if content.get(f"{prefix}_type") == IDENTITY_CARD:
        yield from check_identity_number(number, field, today)
    elif len(number) > _LONGEST_CERTIFICATE_NUMBER:
        message = f"证件号码不能超过 {_LONGEST_CERTIFICATE_NUMBER} 个字符，请核对"
        yield Finding(field, "length", Severity.ERROR, message)
