"""An entry of a list of the honest or the dishonest (红名单、黑名单、严重失信主体名单).

Source: 山东省社会信用条例 §31 (responsible persons); the fields are a design of this project.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.fields import IsoDate, YesNo, one_of
from xinqiao.records.findings import Finding
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import Party

SERIOUS = "严重失信主体名单"
LIST_KINDS = ("红名单", "黑名单", SERIOUS)
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


def list_entry_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:  # noqa: ARG001
    """Yield what is wrong with an entry beyond the form of its single fields."""
    yield from ()


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
