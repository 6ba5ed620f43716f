"""The deadline rules (报送时限规则): read from ``rules.toml``, which a clerk can review."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Annotated, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, model_validator

from xinqiao.errors import InputError
from xinqiao.records.conditions import Condition, compile_conditions
from xinqiao.routing.tables import TableFile, shipped_table

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""Text that must not be blank."""

_FILE = "rules.toml"

BUREAU = "bureau"
"""Stands for a platform in rules about what the bureau must do itself (本单位办理)."""


class Identified(Protocol):
    """A row with an identifier."""

    @property
    def id(self) -> str:
        """The identifier."""


Row = TypeVar("Row", bound=Identified)


class OpensOn(StrEnum):
    """What the clock starts at (起算日)."""

    DECISION = "decision"
    """The day on which the decision was made (作出决定之日), not the day of service."""

    RECORDED = "recorded"
    """The day on which the hub learned of it (入库之日): nothing was decided that could be late."""

    RECEIVED = "received"
    """The day on which the bureau received an application (收到申请之日)."""

    CHANGE = "change"
    """The day on which the document was changed, revoked or held void (变更、撤销之日)."""


class Unit(StrEnum):
    """What a period is counted in (期限单位)."""

    WORKING_DAY = "working_day"
    """Days that the working calendar calls working (工作日)."""


class Confidence(StrEnum):
    """How well the source of a rule is known (依据可信程度)."""

    LAW_TEXT = "law_text"
    """The law's own text was read (法条原文)."""

    DOCUMENT = "document"
    """The text of an official document was read (文件原文)."""

    WEB = "web"
    """Only a page that reprints or quotes it was read (网页转载)."""

    PROPOSAL = "proposal"
    """This project's own suggestion, without a source (建议)."""


class DutyRule(BaseModel):
    """One deadline rule (时限规则).

    Attributes:
        id: Identifier, such as ``D1``.
        title: Chinese title.
        kinds: Record kinds to which it applies.
        platforms: Platforms to which it applies; :data:`BUREAU` for what the bureau owes itself.
        opens_on: What the clock starts at.
        days: Length of the period, in ``unit``.
        unit: What the period is counted in.
        starts_from: Path of the field that holds the day the clock starts at, of rules about what
            the bureau does itself; empty for all others.
        when: Conditions that together select the records that such a rule is about; none for all.
            The first rule of a kind that is about a record holds.
        closes_when: Conditions under which such a duty is fulfilled (办结条件): the record says so.
        basis: Law and article, or document, in Chinese.
        legal: Whether law or an official document sets the period. False is an 内部时限: it is
            shown, and never called overdue (逾期).
        confidence: How well ``basis`` is known.
        note: Chinese remark, or empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Text
    title: Text
    kinds: frozenset[Text] = Field(min_length=1)
    platforms: frozenset[Text] = Field(min_length=1)
    opens_on: OpensOn
    days: int = Field(ge=1, le=366)
    unit: Unit
    starts_from: str = ""
    when: tuple[Condition, ...] = ()
    closes_when: tuple[Condition, ...] = ()
    basis: Text
    legal: StrictBool
    confidence: Confidence
    note: str = ""

    @model_validator(mode="after")
    def _a_proposal_is_not_law(self) -> "DutyRule":
        if self.legal and self.confidence is Confidence.PROPOSAL:
            raise ValueError(f"规则 {self.id} 没有依据，不能标为法定时限")
        return self

    @model_validator(mode="after")
    def _the_bureau_closes_by_the_record(self) -> "DutyRule":
        own = BUREAU in self.platforms
        if own and len(self.platforms) > 1:
            raise ValueError(f"规则 {self.id} 是本单位办理的时限，不能同时适用于平台")
        if own != bool(self.starts_from and self.closes_when):
            raise ValueError(
                f"规则 {self.id}：starts_from、closes_when 是本单位办理的时限必填的，其他规则不填"
            )
        if own != (self.opens_on is OpensOn.RECEIVED):
            raise ValueError(f"规则 {self.id}：opens_on = received 与本单位办理的时限互为条件")
        return self

    def covers(self, content: Mapping[str, str]) -> bool:
        """Tell whether the rule is about a record of its kind."""
        return not self.when or compile_conditions(self.when)(content)

    def is_closed_by(self, content: Mapping[str, str]) -> bool:
        """Tell whether a record says that the bureau has done what the rule asks of it."""
        return compile_conditions(self.closes_when)(content)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: tuple[DutyRule, ...] = Field(min_length=1)


def by_identifier(rows: Iterable[Row], key: str, name: str, table: TableFile) -> Mapping[str, Row]:
    """Return the rows of a table by identifier, in order.

    Args:
        rows: The rows.
        key: The key under which they stand in the table.
        name: What an identifier is called in Chinese.
        table: Where they were read.

    Raises:
        SettingsError: An identifier stands twice.
    """
    found: dict[str, Row] = {}
    for number, row in enumerate(rows):
        if row.id in found:
            raise table.fault(f"{name} {row.id} 重复", key, number, "id")
        found[row.id] = row
    return MappingProxyType(found)


def read_rules(text: str) -> Mapping[str, DutyRule]:
    """Return the rules of a TOML ``text``, by identifier, in the order of the table.

    Raises:
        SettingsError: The text is not TOML, a key is unknown or missing, a value is not allowed, a
            kind or a field does not exist, or an identifier stands twice; file and line are named.
    """
    table = TableFile(_FILE, text)
    rows = table.read(_Table).rule
    for number, row in enumerate(rows):
        for kind in sorted(row.kinds):
            table.check_kind(kind, "rule", number, "kinds")
            table.check_conditions(kind, row.when, "rule", number)
            closing = [one.field for one in row.closes_when]
            for path in (*closing, *filter(None, (row.starts_from,))):
                table.check_field(kind, path, "rule", number)
    return by_identifier(rows, "rule", "规则编号", table)


@cache
def rules() -> Mapping[str, DutyRule]:
    """Return the rules that xinqiao ships, by identifier."""
    return read_rules(shipped_table(_FILE).text)


def handling_rule(kind: str, content: Mapping[str, str]) -> DutyRule | None:
    """Return the rule on how soon the bureau must handle a record itself, if there is one."""
    return next(
        (
            row
            for row in rules().values()
            if BUREAU in row.platforms and kind in row.kinds and row.covers(content)
        ),
        None,
    )


def must_report_by_law(kind: str, platform: str | None = None) -> bool:
    """Tell whether a legal limit is set on first reports of ``kind``, to ``platform`` or to any."""
    return any(
        row.legal
        and row.opens_on is OpensOn.DECISION
        and kind in row.kinds
        and (platform is None or platform in row.platforms)
        for row in rules().values()
    )


def rule(identifier: str) -> DutyRule:
    """Return the rule called ``identifier``, such as ``D1``.

    Raises:
        InputError: No such rule; the message lists those there are.
    """
    found = rules().get(identifier)
    if found is None:
        known = "、".join(f"{row.id}（{row.title}）" for row in rules().values())
        raise InputError(
            f"没有编号为“{identifier}”的时限规则，可用的有：{known}", code="unknown_rule"
        )
    return found
