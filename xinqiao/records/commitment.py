"""A credit commitment and how it was kept (信用承诺与履约践诺).

Source: the public template of 2022 as implemented in a county credit platform; 山东省社会信用条例 §32.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.fields import IsoDate, one_of
from xinqiao.records.findings import Finding
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import PromisingParty

TYPES = ("审批替代型", "容缺受理型", "证明事项型", "信用修复型", "行业自律型", "主动型")
"""The words of 承诺类型; 其他 is followed by - and the type."""

FULFILLED = "全部履行"
FULFILMENTS = (FULFILLED, "部分履行", "全部未履行")
PUBLICATIONS = ("可向社会公开", "特定范围内公开", "不可公开")


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


def commitment_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:  # noqa: ARG001
    """Yield what is wrong with a commitment beyond the form of its single fields."""
    yield from ()


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
