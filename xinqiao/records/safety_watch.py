"""An entry of the watch list of safety credit (重点关注名单), as the provincial platform tells it.

Source: press on 鲁交发〔2020〕11号 (six situations, sectors); the situations' texts are not public.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.fields import IsoDate
from xinqiao.records.findings import Finding
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.parties import SafetyParty


class SafetyWatch(BaseModel):
    """One subject on the watch list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: SafetyParty
    sector: str = Field(title="领域")
    situation: str = Field(title="列入情形")
    listed_on: IsoDate = Field(title="列入日期")
    delisted_on: IsoDate | None = Field(None, title="移出日期")
    remarks: str | None = Field(None, title="备注")


def safety_watch_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:  # noqa: ARG001
    """Yield what is wrong with an entry beyond the form of its single fields."""
    yield from ()


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
