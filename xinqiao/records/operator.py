"""An operator of road transport (经营业户): licensed or filed, with what its trade adds.

Source: JT/T 1049 as implemented in public code (names of the fields); 道路运输条例 (2023) for
许可 and 备案; 交办安监〔2017〕193号 for the six sectors.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import in_order, not_in_future
from xinqiao.records.fields import IsoDate, WholeNumber, one_of, several_of
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.operator_trades import LICENCE_MODES, LICENSED, trade_rules
from xinqiao.records.parties import OperatorParty
from xinqiao.records.party_rules import operator_party_rules

STATUSES = ("营业", "停业", "整改", "停业整顿", "歇业", "注销", "其他")
"""The words of 经营状态 (a public implementation of the provincial register)."""

COUNTY = "370323"
"""沂源县 (GB/T 2260)."""

_TELEPHONE = (
    r"(?:1[3-9][0-9]{9}|(?:0[0-9]{2,3}-?)?[0-9]{7,8}(?:[-转][0-9]{1,6})?|400-?[0-9]{3}-?[0-9]{4})"
)
_TELEPHONES = re.compile(rf"{_TELEPHONE}(?:\s*[、，,;；/ ]\s*{_TELEPHONE})*")

REPAIR = "机动车维修"
DRIVING_SCHOOL = "机动车驾驶员培训"
BUS = "城市公共汽车客运"
TAXI = "出租汽车客运"

BUSINESS_CATEGORIES = (
    "道路旅客运输",
    "班车客运",
    "包车客运",
    "定线旅游客运",
    "非定线旅游客运",
    "道路货物运输",
    "道路普通货物运输",
    "道路货物专用运输",
    "大型物件运输",
    "道路危险货物运输",
    "经营性危险货物运输",
    "非经营性危险货物运输",
    REPAIR,
    "汽车维修",
    "危险货物运输车辆维修",
    "摩托车维修",
    "其他机动车维修",
    DRIVING_SCHOOL,
    "普通机动车驾驶员培训",
    "道路运输驾驶员从业资格培训",
    "机动车驾驶员培训教练场经营",
    "道路运输站场",
    "道路旅客运输站",
    "道路货物运输站",
    "国际道路运输",
    "国际道路旅客运输",
    "国际道路货物运输",
    BUS,
    "出租汽车运输",
    TAXI,
    "出租汽车货运",
    "汽车租赁",
    "客车租赁",
    "货车租赁",
)
"""The words of 业务类别 (JT/T 415; the set of the 2006 edition as seen in public code)."""

SAFETY_SECTORS = (
    "道路运输",
    "水路运输",
    "港口营运",
    "交通工程建设",
    "交通设施养护工程",
    "其他",
)
"""The six types of enterprises of safety credit (交办安监〔2017〕193号)."""

SCALES = ("重点领域", "规模散小")
REPAIR_CATEGORIES = ("一类", "二类", "三类")
SCHOOL_LEVELS = ("一级", "二级", "三级")
TAXI_SERVICES = ("巡游", "网约", "巡游和网约")


class Operator(BaseModel):
    """One operator under one licence or filing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: OperatorParty
    address: str = Field(title="业户地址")
    area_code: str = Field(title="行政区划代码")
    principal: str = Field(title="负责人姓名")
    telephone: str = Field(title="联系电话")
    status: Annotated[str, one_of(STATUSES)] = Field(title="经营状态")
    business_categories: Annotated[str, several_of(BUSINESS_CATEGORIES)] = Field(title="业务类别")
    licence_word: str | None = Field(None, title="经营许可证字")
    licence_number: str | None = Field(None, title="经营许可证号")
    business_scope: str | None = Field(None, title="经营范围")
    valid_from: IsoDate | None = Field(None, title="有效期起")
    valid_until: IsoDate | None = Field(None, title="有效期止")
    licence_mode: Annotated[str, one_of(LICENCE_MODES)] = Field(title="许可方式")
    licence_issuer: str | None = Field(None, title="发证机构")
    licence_issued_on: IsoDate | None = Field(None, title="发证日期")
    economic_type: str | None = Field(None, title="经济类型")
    parent_operator: str | None = Field(None, title="上级企业")
    provincial_id: str | None = Field(None, title="省级系统经营业户ID")
    safety_sector: Annotated[str, one_of(SAFETY_SECTORS)] | None = Field(
        None, title="安全信用领域类型"
    )
    scale: Annotated[str, one_of(SCALES)] | None = Field(None, title="规模")
    repair_category: Annotated[str, one_of(REPAIR_CATEGORIES)] | None = Field(
        None, title="维修类别"
    )
    repair_object: str | None = Field(None, title="维修对象")
    repair_staff: WholeNumber | None = Field(None, title="维修从业人员数")
    school_number: str | None = Field(None, title="驾培机构全国统一编号")
    school_level: Annotated[str, one_of(SCHOOL_LEVELS)] | None = Field(None, title="驾培机构等级")
    school_coaches: WholeNumber | None = Field(None, title="教练员数")
    school_vehicles: WholeNumber | None = Field(None, title="教练车数")
    taxi_service: Annotated[str, one_of(TAXI_SERVICES)] | None = Field(
        None, title="出租汽车服务类型"
    )
    taxi_vehicles: WholeNumber | None = Field(None, title="出租汽车车辆数")
    bus_routes: str | None = Field(None, title="公交经营线路")
    bus_vehicles: WholeNumber | None = Field(None, title="公交车辆数")


def operator_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with an operator beyond the form of its single fields."""
    yield from operator_party_rules(content, today)
    yield from _place(content)
    yield from in_order(Operator, content, "valid_from", "valid_until")
    yield from not_in_future(Operator, content, today, "licence_issued_on")
    yield from _licence(content)
    yield from trade_rules(Operator, content)
    if (telephone := content.get("telephone")) and not _TELEPHONES.fullmatch(telephone):
        message = "联系电话不像电话号码，请核对，如 0533-3241234 或 11 位手机号"
        yield Finding("telephone", "format", Severity.WARNING, message)


def _place(content: Mapping[str, str]) -> Iterator[Finding]:
    code = content.get("area_code")
    if code is None:
        return
    if not re.fullmatch(r"[0-9]{6}", code):
        message = f"行政区划代码应为 6 位数字，如沂源县为 {COUNTY}，请核对"
        yield Finding("area_code", "format", Severity.ERROR, message)
    elif code != COUNTY:
        message = f"行政区划代码不是沂源县的 {COUNTY}，请核对是否由本县报送"
        yield Finding("area_code", "another_county", Severity.WARNING, message)


def _licence(content: Mapping[str, str]) -> Iterator[Finding]:
    if content.get("licence_mode") != LICENSED:
        return
    if "valid_until" not in content:
        message = "许可方式为许可，有效期止不能为空；没有期限的写“长期”，属于备案的请更正许可方式"
        yield Finding("valid_until", "required", Severity.ERROR, message)
    if "licence_number" not in content:
        message = "许可方式为许可，没有填经营许可证号，请补填"
        yield Finding("licence_number", "asked_for", Severity.WARNING, message)


OPERATOR = define(
    "operator",
    "经营业户",
    Operator,
    operator_rules,
    about=About.ORGANISATIONS,
    # several licences of one operator are several rows; a filed one may have no number
    key=("licence_word", "licence_number"),
    optional_key=("licence_word", "licence_number"),
    key_name="同一业户的许可证号",
    number_field="licence_number",
    subject_in_key=SubjectInKey.OWNER,
    # the register tells what is, not what was decided: the clock starts when the hub learns of it
    decided_on=(),
    identity_fields=("subject.certificate_number",),
    free_text=("business_scope", "bus_routes"),
)
