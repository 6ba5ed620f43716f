"""An administrative penalty (行政处罚) and the rules among its fields.

Source: 发改办财金〔2018〕424号, single-table edition with 行政相对人类别; kinds of penalty also
after 行政处罚法 (2021) §9.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.decision import decision_rules
from xinqiao.records.fields import Amount, IsoDate, iso_date, one_of, several_of, split_words
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.subject import IDENTITY_FIELDS, NATURAL_PERSON, Subject, subject_rules

FINE = "罚款"
CONFISCATIONS = ("没收违法所得、没收非法财物", "没收违法所得", "没收非法财物")
LICENCE_KINDS = ("暂扣或者吊销许可证、暂扣或者吊销执照", "暂扣许可证件", "吊销许可证件")

KINDS_2018 = (
    "警告",
    FINE,
    CONFISCATIONS[0],
    "责令停产停业",
    LICENCE_KINDS[0],
    "行政拘留",
    "其他",
)
"""The seven words of 处罚类别 in the edition of 2018; 其他 is followed by - and the kind."""

KINDS_2021 = (
    "通报批评",
    *CONFISCATIONS[1:],
    *LICENCE_KINDS[1:],
    "降低资质等级",
    "限制开展生产经营活动",
    "责令关闭",
    "限制从业",
)
"""The kinds of 行政处罚法 (2021) §9 that are not among the seven words."""

SIMPLIFIED = "简易程序"
PROCEDURES = ("普通程序", SIMPLIFIED)
"""The words of 案件程序: 行政处罚法 chapter 5, sections 3 and 2."""

SEVERITIES = ("轻微", "一般", "严重")
"""How grave the dishonesty is (失信程度): a person says so (《信用修复管理办法》, 2026-04-01)."""

_MOST_BY_SIMPLIFIED = {True: Decimal("0.02"), False: Decimal("0.3")}
"""Natural person or not → highest fine by simplified procedure in 万元 (行政处罚法 §51)."""

_UNLIKELY = Decimal(1000)  # 万元: more likely that 元 were entered
_FINE_IN_WORDS = re.compile(r"罚款(?:人民币)?\s*([0-9]+(?:\.[0-9]+)?)\s*(万?)元")
_YUAN = Decimal("0.0001")


class Penalty(BaseModel):
    """One penalty decision about one subject, in the order of the national format."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Subject
    document_number: str = Field(title="行政处罚决定书文号")
    violation_kind: str = Field(title="违法行为类型")
    violation_facts: str = Field(title="违法事实")
    legal_basis: str = Field(title="处罚依据")
    penalty_kinds: Annotated[str, several_of((*KINDS_2018, *KINDS_2021), other="其他")] = Field(
        title="处罚类别"
    )
    content: str = Field(title="处罚内容")
    fine_amount: Amount | None = Field(None, title="罚款金额（万元）")
    confiscated_amount: Amount | None = Field(
        None, title="没收违法所得、没收非法财物的金额（万元）"
    )
    licence_affected: str | None = Field(None, title="暂扣或吊销证照名称及编号")
    decision_date: IsoDate = Field(title="处罚决定日期")
    valid_until: IsoDate = Field(title="处罚有效期")
    publicity_until: IsoDate | None = Field(None, title="公示截止期")
    authority: str = Field(title="处罚机关")
    authority_code: str = Field(title="处罚机关统一社会信用代码")
    source_unit: str = Field(title="数据来源单位")
    source_unit_code: str = Field(title="数据来源单位统一社会信用代码")
    remarks: str | None = Field(None, title="备注")
    case_procedure: Annotated[str, one_of(PROCEDURES)] | None = Field(None, title="案件程序")
    severity: Annotated[str, one_of(SEVERITIES)] | None = Field(None, title="失信程度")


def penalty_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with a penalty beyond the form of its single fields."""
    yield from subject_rules(content, today)
    yield from decision_rules(content, today, "处罚决定日期")
    yield from _periods(content)
    yield from _asked_by_kind(content)
    yield from _amounts(content)
    yield from _procedure(content)


def _periods(content: Mapping[str, str]) -> Iterator[Finding]:
    decided = iso_date(content.get("decision_date"))
    if decided is None:
        return
    for field, label in (("valid_until", "处罚有效期"), ("publicity_until", "公示截止期")):
        end = iso_date(content.get(field))
        if end is not None and end < decided:
            message = f"{label} {end} 早于处罚决定日期 {decided}，请核对"
            yield Finding(field, "before_decision", Severity.ERROR, message)


_ASKED = (
    ("fine_amount", (FINE,), "罚款金额（万元）"),
    ("confiscated_amount", CONFISCATIONS, "没收金额（万元）"),
    ("licence_affected", LICENCE_KINDS, "暂扣或吊销证照名称及编号"),
)
"""Field, the kinds of penalty that ask for it, and its name."""


def _asked_by_kind(content: Mapping[str, str]) -> Iterator[Finding]:
    kinds = split_words(content.get("penalty_kinds", ""))
    if not kinds:
        return
    for field, asking, label in _ASKED:
        named = next((kind for kind in kinds if kind in asking), None)
        if named is not None and field not in content:
            message = f"处罚类别有“{named}”，必须填写{label}，请补填"
            yield Finding(field, "required", Severity.ERROR, message)
        elif named is None and field in content:
            message = f"填了{label}，而处罚类别没有相应的种类，请核对两处"
            yield Finding(field, "not_asked_for", Severity.WARNING, message)


def _amounts(content: Mapping[str, str]) -> Iterator[Finding]:
    for field in ("fine_amount", "confiscated_amount"):
        amount = _amount(content, field)
        if amount is not None and amount >= _UNLIKELY:
            message = f"金额为 {amount} 万元，数额很大：请核对单位是否为万元（1 元 = 0.0001 万元）"
            yield Finding(field, "unlikely", Severity.WARNING, message)
    fine = _amount(content, "fine_amount")
    written = {
        Decimal(number) * (1 if unit else _YUAN)
        for number, unit in _FINE_IN_WORDS.findall(content.get("content", ""))
    }
    # several fines in one text may be parts of the sum
    if fine is not None and len(written) == 1 and fine not in written:
        message = f"处罚内容写的罚款相当于 {_plain(written.pop())} 万元，与本栏不同，请核对"
        yield Finding("fine_amount", "differs_from_text", Severity.WARNING, message)


def _procedure(content: Mapping[str, str]) -> Iterator[Finding]:
    procedure = content.get("case_procedure")
    fine = _amount(content, "fine_amount")
    if procedure != SIMPLIFIED or fine is None:
        return
    most = _MOST_BY_SIMPLIFIED[content.get("subject.category") == NATURAL_PERSON]
    if fine > most:
        message = (
            f"简易程序的罚款不得超过 {_plain(most)} 万元"
            "（《行政处罚法》第五十一条），请核对案件程序"
        )
        yield Finding("case_procedure", "fine_too_high", Severity.WARNING, message)


def _amount(content: Mapping[str, str], field: str) -> Decimal | None:
    text = content.get(field, "")
    return Decimal(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else None


def _plain(amount: Decimal) -> str:
    return format(amount.normalize(), "f")


PENALTY = define(
    "penalty",
    "行政处罚",
    Penalty,
    penalty_rules,
    about=About.CATEGORY,
    key=("authority_code", "document_number"),
    key_name="文书号",
    number_field="document_number",
    # 共同违法: one document punishes several offenders, each a record of its own
    subject_in_key=SubjectInKey.JOINT,
    decided_on=("decision_date",),
    identity_fields=IDENTITY_FIELDS,
    free_text=("violation_kind", "violation_facts", "content", "remarks"),
)
