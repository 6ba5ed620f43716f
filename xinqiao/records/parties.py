"""Who the records of the transport sector are about (信用主体), beside 行政相对人 of 双公示.

Tables of operators, persons, and of either have other columns than the national format; each is a
form of its own. The number that identifies the subject is always one of
:data:`~xinqiao.records.keys.IDENTIFIER_PATHS`.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.fields import one_of
from xinqiao.records.subject import CATEGORIES, CertificateType

SAFETY_CATEGORIES = ("生产经营单位", "从业人员")
"""The words of 主体类别 in safety credit (交办安监〔2017〕193号, chapter 1)."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OperatorParty(_Part):
    """An operator (经营业户); one without a 统一社会信用代码 shows a certificate instead."""

    name: str = Field(title="业户名称")
    unified_social_credit_code: str | None = Field(None, title="统一社会信用代码")
    certificate_type: CertificateType | None = Field(None, title="经营者证件类型")
    certificate_number: str | None = Field(None, title="经营者证件号码")


class OrganisationParty(_Part):
    """An organisation known by its code alone."""

    name: str = Field(title="业户名称")
    unified_social_credit_code: str = Field(title="统一社会信用代码")


class PersonParty(_Part):
    """A natural person (从业人员)."""

    name: str = Field(title="姓名")
    certificate_type: CertificateType = Field(title="证件类型")
    certificate_number: str = Field(title="证件号码")


class SafetyParty(_Part):
    """The subject of safety credit: an operating unit or a person in a key post."""

    category: Annotated[str, one_of(SAFETY_CATEGORIES)] = Field(title="主体类别")
    name: str = Field(title="主体名称")
    unified_social_credit_code: str | None = Field(None, title="统一社会信用代码")
    certificate_type: CertificateType | None = Field(None, title="证件类型")
    certificate_number: str | None = Field(None, title="证件号码")


class Party(_Part):
    """A subject of any category whose number stands in one column, whatever number it is."""

    name: str = Field(title="主体名称")
    category: Annotated[str, one_of(CATEGORIES)] = Field(title="主体类别")
    identifier: str = Field(title="主体代码")


class PromisingParty(_Part):
    """Who gives a commitment (承诺人)."""

    name: str = Field(title="承诺人名称")
    category: Annotated[str, one_of(CATEGORIES)] = Field(title="承诺人类别")
    identifier: str = Field(title="承诺人代码")
