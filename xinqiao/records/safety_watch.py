"""An entry of the watch list of safety credit (重点关注名单), as the provincial platform tells it.

Source: press on 鲁交发〔2020〕11号 (six situations, sectors); the situations' texts are not public,
so a situation is its number or whatever text the platform gives.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import in_order, not_in_future
from xinqiao.records.fields import IsoDate
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import SafetyParty
from xinqiao.records.party_rules import safety_party_rules

SITUATIONS = 6
"""How many situations (列入情形) there are, numbered from 1 (press on 鲁交发〔2020〕11号)."""


class SafetyWatch(BaseModel):
    """One subject on the watch list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: SafetyParty
    sector: str = Field(title="领域")
    situation: str = Field(title="列入情形")
    listed_on: IsoDate = Field(title="列入日期")
    delisted_on: IsoDate | None = Field(None, title="移出日期")
    remarks: str | None = Field(None, title="备注")


def safety_watch_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with an entry beyond the form of its single fields."""
    yield from safety_party_rules(content, today)
    yield from not_in_future(SafetyWatch, content, today, "listed_on", "delisted_on")
    yield from in_order(SafetyWatch, content, "listed_on", "delisted_on")
    situation = content.get("situation", "")
    if situation.isdecimal() and not 1 <= int(situation) <= SITUATIONS:
        message = f"列入情形写编号时应为 1 至 {SITUATIONS}，也可写文字，请核对"
        yield Finding("situation", "choice", Severity.ERROR, message)


SAFETY_WATCH = define(
    "safety_watch",
    "重点关注名单",
    SafetyWatch,
    safety_watch_rules,
    about=About.CATEGORY,
    key=("sector", "listed_on"),
    key_name="同一主体的领域和列入日期",
    subject_in_key=SubjectInKey.OWNER,
    decided_on=("listed_on",),
    identity_fields=("subject.certificate_number",),
    free_text=("situation", "remarks"),
    incoming=True,
)
