"""An administrative permit (行政许可) and the rules among its fields.

Source: 发改办财金〔2018〕424号, single-table edition with 行政相对人类别.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.decision import decision_rules
from xinqiao.records.fields import IsoDate, iso_date, one_of
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.subject import IDENTITY_FIELDS, Subject, subject_rules

PERMIT_CLASSES = ("普通", "特许", "认可", "核准", "登记", "其他")
"""The words of 许可类别, after 行政许可法 §12; 其他 may be followed by - and the kind."""

STATUSES = ("有效", "无效")
"""The words of 当前状态."""


class Permit(BaseModel):
    """One permit decision, in the order of the national format."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Subject
    document_name: str = Field(title="行政许可决定文书名称")
    document_number: str = Field(title="行政许可决定文书号")
    permit_class: Annotated[str, one_of(PERMIT_CLASSES, other="其他")] = Field(title="许可类别")
    licence_name: str | None = Field(None, title="许可证书名称")
    licence_number: str | None = Field(None, title="许可编号")
    content: str = Field(title="许可内容")
    decision_date: IsoDate = Field(title="许可决定日期")
    valid_from: IsoDate = Field(title="有效期自")
    valid_until: IsoDate = Field(title="有效期至")
    authority: str = Field(title="许可机关")
    authority_code: str = Field(title="许可机关统一社会信用代码")
    status: Annotated[str, one_of(STATUSES)] = Field(title="当前状态")
    source_unit: str = Field(title="数据来源单位")
    source_unit_code: str = Field(title="数据来源单位统一社会信用代码")
    remarks: str | None = Field(None, title="备注")


def permit_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with a permit beyond the form of its single fields."""
    yield from subject_rules(content, today)
    yield from decision_rules(content, today, "许可决定日期")
    yield from _period(content)


def _period(content: Mapping[str, str]) -> Iterator[Finding]:
    start = iso_date(content.get("valid_from"))
    end = iso_date(content.get("valid_until"))
    if start is not None and end is not None and end < start:
        message = f"有效期至 {end} 早于有效期自 {start}，请核对"
        yield Finding("valid_until", "before_start", Severity.ERROR, message)


PERMIT = define(
    "permit",
    "行政许可",
    Permit,
    permit_rules,
    about=About.CATEGORY,
    key=("authority_code", "document_number"),
    key_name="文书号",
    number_field="document_number",
    subject_in_key=SubjectInKey.NO,
    decided_on=("decision_date",),
    identity_fields=IDENTITY_FIELDS,
    free_text=("content", "remarks"),
)
