"""A credit commitment and how it was kept (信用承诺与履约践诺).

Source: the public template of 2022 as implemented in a county credit platform; whether Shandong
uses exactly this one is not known. 山东省社会信用条例 §32: how a commitment was kept goes into the
credit record; §20: what concerns natural persons is not open to the public.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import in_order, not_in_future
from xinqiao.records.fields import IsoDate, iso_date, one_of
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identifiers import check_credit_code
from xinqiao.records.kind import CATEGORY, About, SubjectInKey, define
from xinqiao.records.parties import PromisingParty
from xinqiao.records.party_rules import party_rules
from xinqiao.records.subject import NATURAL_PERSON

TYPES = ("审批替代型", "容缺受理型", "证明事项型", "信用修复型", "行业自律型", "主动型")
"""The words of 承诺类型; 其他 is followed by - and the type."""

FULFILLED = "全部履行"
FULFILMENTS = (FULFILLED, "部分履行", "全部未履行")
OPEN_TO_ALL = "可向社会公开"
PUBLICATIONS = (OPEN_TO_ALL, "特定范围内公开", "不可公开")

_CODE = re.compile(r"[0-9]{6}([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{6}")
_CODE_LENGTH = 20
_CODE_FORM = "6 位受理地行政区划代码 + 8 位承诺作出日期 + 6 位流水号"


class Commitment(BaseModel):
    """One commitment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: PromisingParty
    code: str = Field(title="承诺编码")
    commitment_type: Annotated[str, one_of(TYPES, other="其他")] = Field(title="承诺类型")
    reason: str = Field(title="承诺事由")
    content: str = Field(title="承诺内容")
    liability: str = Field(title="违诺责任")
    made_on: IsoDate = Field(title="承诺作出日期")
    valid_until: IsoDate | None = Field(None, title="承诺有效期")
    fulfilment: Annotated[str, one_of(FULFILMENTS)] = Field(title="承诺履行状态")
    unfulfilled: str | None = Field(None, title="未履行的承诺内容")
    accountability: str | None = Field(None, title="违诺责任追究内容")
    fulfilment_decided_on: IsoDate | None = Field(None, title="履行状态认定日期")
    fulfilment_authority: str | None = Field(None, title="履行状态认定单位")
    fulfilment_authority_code: str | None = Field(None, title="履行状态认定单位代码")
    authority: str = Field(title="承诺受理单位")
    authority_code: str = Field(title="承诺受理单位代码")
    publication: Annotated[str, one_of(PUBLICATIONS)] = Field(title="公开类型")
    remarks: str | None = Field(None, title="备注")


def commitment_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with a commitment beyond the form of its single fields."""
    yield from party_rules(content, today)
    yield from _code(content)
    yield from _fulfilment(content)
    yield from not_in_future(Commitment, content, today, "made_on", "fulfilment_decided_on")
    for later in ("valid_until", "fulfilment_decided_on"):
        yield from in_order(Commitment, content, "made_on", later)
    for field in ("authority_code", "fulfilment_authority_code"):
        if code := content.get(field):
            yield from check_credit_code(code, field)
    if content.get(CATEGORY) == NATURAL_PERSON and content.get("publication") == OPEN_TO_ALL:
        message = "自然人的信息不向社会公开（《山东省社会信用条例》第二十条），请核对公开类型"
        yield Finding("publication", "person_not_public", Severity.WARNING, message)


def _code(content: Mapping[str, str]) -> Iterator[Finding]:
    code, made_on = content.get("code"), iso_date(content.get("made_on"))
    if code is None:
        return
    if len(code) != _CODE_LENGTH:
        message = f"承诺编码应为 {_CODE_LENGTH} 位（{_CODE_FORM}），现为 {len(code)} 位，请核对"
        yield Finding("code", "length", Severity.ERROR, message)
        return
    parts = _CODE.fullmatch(code)
    if parts is None:
        message = f"承诺编码只能由数字组成（{_CODE_FORM}），请核对"
        yield Finding("code", "format", Severity.ERROR, message)
    elif made_on is not None and iso_date("-".join(parts.groups())) != made_on:
        message = f"承诺编码第 7 至 14 位应为承诺作出日期 {made_on:%Y%m%d}，请核对编码和日期"
        yield Finding("code", "date_differs", Severity.ERROR, message)


def _fulfilment(content: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what contradicts the status: what was not kept is told unless all was kept."""
    status = content.get("fulfilment")
    if status not in FULFILMENTS:
        return
    for field in ("unfulfilled", "accountability"):
        label = Commitment.model_fields[field].title
        if status == FULFILLED and field in content:
            message = f"承诺履行状态为{status}，{label}应留空，请核对两处"
            yield Finding(field, "must_be_blank", Severity.ERROR, message)
        elif status != FULFILLED and field not in content:
            message = f"承诺履行状态为{status}，必须填写{label}，请补填"
            yield Finding(field, "required", Severity.ERROR, message)


COMMITMENT = define(
    "commitment",
    "信用承诺",
    Commitment,
    commitment_rules,
    about=About.CATEGORY,
    key=("code",),
    key_name="承诺编码",
    number_field="code",
    subject_in_key=SubjectInKey.NO,
    decided_on=("made_on",),
    identity_fields=("subject.identifier",),
    free_text=("reason", "content", "liability", "unfulfilled", "accountability", "remarks"),
)
