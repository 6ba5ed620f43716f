"""An entry of a list of the honest or the dishonest (红名单、黑名单、严重失信主体名单).

Source: 山东省社会信用条例 §31 (who answers for an organisation on the list of serious dishonesty);
the fields are a design of this project.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import in_order, not_in_future
from xinqiao.records.fields import IsoDate, YesNo, one_of
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identifiers import (
    IDENTITY_NUMBER_LENGTH,
    check_credit_code,
    check_identity_number,
)
from xinqiao.records.kind import CATEGORY, About, SubjectInKey, define
from xinqiao.records.parties import Party
from xinqiao.records.party_rules import party_rules
from xinqiao.records.subject import ORGANISATION, masked_names

SERIOUS = "严重失信主体名单"
HONOUR = "红名单"
LIST_KINDS = (HONOUR, "黑名单", SERIOUS)
ROLES = ("法定代表人", "主要负责人", "实际控制人")
"""Who answers for an organisation on the list of serious dishonesty (条例 §31)."""


class ListEntry(BaseModel):
    """One subject on one list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Party
    list_kind: Annotated[str, one_of(LIST_KINDS)] = Field(title="名单类型")
    document_number: str = Field(title="认定文号")
    basis: str = Field(title="认定依据")
    reason: str = Field(title="列入事由")
    authority: str = Field(title="认定机构")
    authority_code: str = Field(title="认定机构统一社会信用代码")
    listed_on: IsoDate = Field(title="列入日期")
    published_on: IsoDate | None = Field(None, title="公布日期")
    valid_until: IsoDate | None = Field(None, title="有效期止")
    removed_on: IsoDate | None = Field(None, title="移出日期")
    removal_reason: str | None = Field(None, title="移出原因")
    responsible_name: str | None = Field(None, title="责任人姓名")
    responsible_role: Annotated[str, one_of(ROLES)] | None = Field(None, title="责任人身份")
    responsible_certificate_number: str | None = Field(None, title="责任人证件号码")
    safety_related: YesNo | None = Field(None, title="涉及安全生产")
    remarks: str | None = Field(None, title="备注")


def list_entry_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with an entry beyond the form of its single fields."""
    yield from party_rules(content, today)
    if code := content.get("authority_code"):
        yield from check_credit_code(code, "authority_code")
    yield from _responsible(content, today)
    yield from not_in_future(ListEntry, content, today, "listed_on", "published_on", "removed_on")
    for later in ("published_on", "valid_until", "removed_on"):
        yield from in_order(ListEntry, content, "listed_on", later)
    yield from _removal(content)


def _responsible(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    yield from masked_names(content, ("responsible_name",))
    kind = content.get("list_kind")
    if kind == SERIOUS and content.get(CATEGORY) == ORGANISATION:
        for field in ("responsible_name", "responsible_role"):
            if field not in content:
                message = (
                    "单位列入严重失信主体名单，必须写明法定代表人、主要负责人或实际控制人"
                    "（《山东省社会信用条例》第三十一条），请补填"
                )
                yield Finding(field, "required", Severity.ERROR, message)
    number = content.get("responsible_certificate_number")
    if number is None:
        return
    if kind == HONOUR:
        message = "红名单不填责任人证件号码，请清空此项，或更正名单类型"
        yield Finding("responsible_certificate_number", "must_be_blank", Severity.ERROR, message)
    # there is no column for the type: what is as long as an identity number is taken for one
    elif len(number) == IDENTITY_NUMBER_LENGTH:
        yield from check_identity_number(number, "responsible_certificate_number", today)


def _removal(content: Mapping[str, str]) -> Iterator[Finding]:
    for field, other in (("removal_reason", "removed_on"), ("removed_on", "removal_reason")):
        if field not in content and other in content:
            label = ListEntry.model_fields[field].title
            message = f"填了{ListEntry.model_fields[other].title}，必须填写{label}，请补填"
            yield Finding(field, "required", Severity.ERROR, message)


LIST_ENTRY = define(
    "list_entry",
    "红黑名单",
    ListEntry,
    list_entry_rules,
    about=About.CATEGORY,
    key=("list_kind", "document_number"),
    key_name="认定文号",
    number_field="document_number",
    subject_in_key=SubjectInKey.JOINT,
    decided_on=("listed_on",),
    identity_fields=("subject.identifier", "responsible_certificate_number"),
    free_text=("reason", "removal_reason", "remarks"),
)
