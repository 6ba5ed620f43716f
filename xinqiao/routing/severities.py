"""How long dishonesty is shown, by how grave a person says it is (失信程度与公示期).

Read from ``severities.toml``. The severity is never worked out here: 《信用修复管理办法》 (in force
2026-04-01) leaves the classes to each ministry, and a person applies them.
"""

import calendar
from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from xinqiao.records.fields import iso_date
from xinqiao.records.penalty import SEVERITIES
from xinqiao.routing.rules import Confidence, Text
from xinqiao.routing.tables import TableFile, shipped_table

SEVERITY = "severity"
"""Path of the field in which an imported record tells its severity (失信程度)."""

PUBLICITY_UNTIL = "publicity_until"
"""Path of the field in which a person entered the last day of publicity (公示截止期)."""

_MONTHS_A_YEAR = 12
_FILE = "severities.toml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeverityClass(_Part):
    """One class of severity (失信程度).

    Attributes:
        word: Chinese name, as records tell it.
        published: Whether records of the class are shown to the public at all.
        shortest_months: Months that must be over before a repair; 0 for none.
        longest_months: Months after which the public is shown it no more.
        basis: Law, in Chinese.
        confidence: How well ``basis`` is known.
        note: Chinese remark, or empty.
    """

    word: Text
    published: StrictBool
    shortest_months: int = Field(ge=0, le=120)
    longest_months: int = Field(ge=1, le=120)
    basis: Text
    confidence: Confidence
    note: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> "SeverityClass":
        if self.shortest_months > self.longest_months:
            raise ValueError(f"失信程度 {self.word} 的最短公示期长于最长公示期")
        return self

    def repairable_from(self, decided_on: date) -> date:
        """Return the first day on which a record decided on ``decided_on`` may be repaired."""
        return months_after(decided_on, self.shortest_months)

    def last_day(self, decided_on: date) -> date:
        """Return the last day on which a record decided on ``decided_on`` may be shown."""
        return months_after(decided_on, self.longest_months)


class OuterBound(_Part):
    """How long dishonesty may be disclosed at most (披露期限), whatever its class.

    Attributes:
        years: Calendar years.
        basis: Law and article, in Chinese.
        confidence: How well ``basis`` is known.
        note: Chinese remark, or empty.
    """

    years: int = Field(ge=1, le=20)
    basis: Text
    confidence: Confidence
    note: str = ""

    def passed(self, decided_on: date, today: date) -> bool:
        """Tell whether it is certainly over for what was decided on ``decided_on``."""
        return months_after(decided_on, self.months) < today

    @property
    def months(self) -> int:
        """The same in months."""
        return self.years * _MONTHS_A_YEAR


class _Table(_Part):
    kinds: frozenset[Text] = Field(min_length=1)
    outer_bound: OuterBound
    severity: tuple[SeverityClass, ...] = Field(min_length=1)


class Severities:
    """The table: classes by their word, and the kinds of record they are about."""

    def __init__(self, file: TableFile) -> None:
        """Read the table.

        Raises:
            SettingsError: It is not TOML, a key is unknown or missing, a kind does not exist, or
                the words are not exactly those of 失信程度; file and line are named.
        """
        table = file.read(_Table)
        for kind in sorted(table.kinds):
            file.check_kind(kind, "kinds")
        if sorted(one.word for one in table.severity) != sorted(SEVERITIES):
            raise file.fault(f"应有且只有{'、'.join(SEVERITIES)}各一行", "severity", 0)
        self.kinds = table.kinds
        self.outer_bound = table.outer_bound
        self.classes: Mapping[str, SeverityClass] = MappingProxyType(
            {one.word: one for one in table.severity}
        )

    def of(self, kind: str, word: str | None) -> SeverityClass | None:
        """Return the class called ``word``, where records of ``kind`` have one."""
        return self.classes.get(word or "") if kind in self.kinds else None

    def shown_until(
        self, kind: str, content: Mapping[str, str], severity: str | None, decided_on: date | None
    ) -> date | None:
        """Return the last day on which a record may be shown; None where nothing sets one.

        It is the earlier one of what the class allows and of what a person entered (公示截止期).

        Args:
            kind: Record kind.
            content: The record.
            severity: The class that a person gave it, or None.
            decided_on: Date of the document; None when it cannot be read.
        """
        if kind not in self.kinds:
            return None
        found = self.of(kind, severity)
        ends = [iso_date(content.get(PUBLICITY_UNTIL))]
        if found is not None and decided_on is not None:
            ends.append(found.last_day(decided_on))
        return min((one for one in ends if one is not None), default=None)


def months_after(day: date, months: int) -> date:
    """Return the day of the same number ``months`` later, or the last of that month without one.

    ``months`` may be negative.
    """
    years, month = divmod(day.month - 1 + months, _MONTHS_A_YEAR)
    year = day.year + years
    if year > date.max.year:
        return date.max
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def read_severities(text: str) -> Severities:
    """Return the table of a TOML ``text``.

    Raises:
        SettingsError: As :class:`Severities`.
    """
    return Severities(TableFile(_FILE, text))


@cache
def severities() -> Severities:
    """Return the table that xinqiao ships."""
    return Severities(shipped_table(_FILE))
