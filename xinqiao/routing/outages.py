"""Which time limits a platform's outage moves, and which working days it takes (平台停机顺延).

Read from ``outages.toml``. Nothing here knows which outages there were: spans of time go in, days
come out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from xinqiao.clock import SHANGHAI, local_date
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.rules import BUREAU, Confidence, Text, by_identifier, rules
from xinqiao.routing.tables import TableFile, shipped_table

_FILE = "outages.toml"
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which a platform stood still; ``ends`` is not part of it."""

    begins: datetime
    ends: datetime


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LostDay(_Part):
    """What makes a working day one on which nothing could be reported.

    Attributes:
        begins: When the office opens, in Asia/Shanghai.
        ends: When it closes.
        share: The platform stood still for at least this part of the time between the two.
        basis: Where that comes from, in Chinese.
        confidence: How well ``basis`` is known.
        note: Chinese remark, or empty.
    """

    begins: time
    ends: time
    share: float = Field(gt=0, le=1)
    basis: Text
    confidence: Confidence
    note: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> "LostDay":
        if self.begins.tzinfo or self.ends.tzinfo or self.begins >= self.ends:
            raise ValueError("办公时间应为 08:30 这样的钟点，begins 在前、ends 在后")
        return self

    def takes(self, day: date, stood_still: Iterable[Span]) -> bool:
        """Tell whether spans that do not overlap take the office hours of ``day``."""
        opens = datetime.combine(day, self.begins, SHANGHAI)
        closes = datetime.combine(day, self.ends, SHANGHAI)
        lost = sum(
            (
                max(min(one.ends, closes) - max(one.begins, opens), timedelta())
                for one in stood_still
            ),
            timedelta(),
        )
        return lost >= self.share * (closes - opens)


class Extension(_Part):
    """Whether outages move the limits of one deadline rule.

    Attributes:
        id: Identifier of the rule, as in ``rules.toml``.
        extends: Whether they do.
        basis: Why, in Chinese.
        confidence: How well ``basis`` is known.
        note: Chinese remark, or empty.
    """

    id: Text
    extends: StrictBool
    basis: Text
    confidence: Confidence
    note: str = ""


class _Table(_Part):
    status: Literal["reference", "confirmed"]
    lost_day: LostDay
    rule: tuple[Extension, ...] = Field(min_length=1)


class OutageRules:
    """The table.

    Attributes:
        confirmed: Whether it was taken from a document of the platforms' owner.
        lost_day: What makes a day a lost one.
        extensions: Rule → whether outages move it.
    """

    def __init__(self, file: TableFile) -> None:
        """Read the table.

        Raises:
            SettingsError: It is not TOML, a key is unknown or missing, or the rules are not exactly
                those about reporting to platforms; file and line are named.
        """
        table = file.read(_Table)
        self.confirmed = table.status == "confirmed"
        self.lost_day = table.lost_day
        self.extensions: Mapping[str, Extension] = by_identifier(
            table.rule, "rule", "规则编号", file
        )
        about_platforms = {one.id for one in rules().values() if BUREAU not in one.platforms}
        for number, one in enumerate(table.rule):
            if one.id not in about_platforms:
                raise file.fault(f"没有报送平台的时限规则 {one.id}", "rule", number, "id")
        missing = sorted(about_platforms - self.extensions.keys())
        if missing:
            raise file.fault(f"缺少时限规则 {'、'.join(missing)} 的一行", "rule", 0)

    def extends(self, rule: str) -> bool:
        """Tell whether outages move limits of ``rule``; never what the bureau owes itself."""
        found = self.extensions.get(rule)
        return found is not None and found.extends

    def lost_days(self, spans: Iterable[Span], calendar: WorkingCalendar) -> frozenset[date]:
        """Return the working days that outages of one platform take; overlaps count once."""
        still = merged(spans)
        return frozenset(
            day
            for one in still
            for day in _days(one)
            if calendar.status(day).working and self.lost_day.takes(day, still)
        )


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same time as spans that neither overlap nor touch, in order."""
    found: list[Span] = []
    for one in sorted(spans, key=lambda span: (span.begins, span.ends)):
        if found and one.begins <= found[-1].ends:
            found[-1] = Span(found[-1].begins, max(found[-1].ends, one.ends))
        else:
            found.append(one)
    return found


def _days(span: Span) -> Iterator[date]:
    day, last = local_date(span.begins), local_date(span.ends)
    while day <= last:
        yield day
        day += _ONE_DAY


@cache
def outage_rules() -> OutageRules:
    """Return the table that xinqiao ships."""
    return OutageRules(shipped_table(_FILE))
