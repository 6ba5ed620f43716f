"""Default routes (默认报送去向): which kind of record goes to which platform, under which rule.

Read from ``routes.toml``, which a clerk can review; another kind of record is more rows.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from xinqiao.errors import InputError, RefusedError
from xinqiao.records.conditions import Condition
from xinqiao.records.kinds import kind_of
from xinqiao.routing.publication import publication_of
from xinqiao.routing.rows import condition_test, covers
from xinqiao.routing.rules import DutyRule, OpensOn, Text, rules
from xinqiao.routing.tables import TableFile, shipped_table

_FILE = "routes.toml"


class Default(StrEnum):
    """Whether records take a route when nobody has said otherwise (默认是否报送)."""

    ON = "on"
    """They do; it can be switched off (默认报送)."""

    OFF = "off"
    """They do not; it can be switched on (默认不报送)."""

    NEVER = "never"
    """They do not, and it cannot be switched on (不报送)."""


class Obstacle(StrEnum):
    """Why a record does not take a row of its kind (不符合去向的原因)."""

    CONDITION = "condition"
    """It does not fulfil the row's conditions (不符合条件)."""

    NATURAL_PERSON = "natural_person"
    """It is about a natural person (自然人), and the row is not for them."""

    NOT_PUBLIC = "not_public"
    """The platform shows it to everybody, and it may not be shown (公开范围不是社会公开)."""


class Route(BaseModel):
    """One kind of record on its way to one platform (报送去向).

    Attributes:
        kind: Record kind, such as ``permit``.
        platform: Platform identifier, such as ``credit_shandong``.
        default: Whether records take it when nobody has said otherwise.
        rule: Identifier of the deadline rule for the first report; None where there is no deadline.
        change_rule: Identifier of the rule for a change or revocation after the platform accepted
            the record; None where there is no deadline.
        natural_persons: Whether records about natural persons (自然人) take it. They may be shared
            with platforms, not published (山东省社会信用条例 §20).
        publishes: Whether the platform shows the record to everybody: then only a record that may
            be published (社会公开) takes it.
        when: Conditions that together select the records the row is about; none for all. Of the
            rows of one kind and platform the first that takes a record holds.
        note: Chinese: source of the route, or why there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Text
    platform: Text
    default: Default
    rule: Text | None = None
    change_rule: Text | None = None
    natural_persons: StrictBool
    publishes: StrictBool = False
    when: tuple[Condition, ...] = ()
    note: Text

    def obstacle(self, content: Mapping[str, str]) -> Obstacle | None:
        """Return why a record of its kind does not take the row; None when it does."""
        if not condition_test(self.when)(content):
            return Obstacle.CONDITION
        if not self.natural_persons and kind_of(self.kind).is_about_person(content):
            return Obstacle.NATURAL_PERSON
        if self.publishes and not publication_of(self.kind, content).is_public:
            return Obstacle.NOT_PUBLIC
        return None

    def takes(self, content: Mapping[str, str]) -> bool:
        """Tell whether a record of its kind takes the row."""
        return self.obstacle(content) is None


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    route: tuple[Route, ...] = Field(min_length=1)


def read_routes(text: str, known: Mapping[str, DutyRule]) -> Mapping[str, tuple[Route, ...]]:
    """Return the routes of a TOML ``text`` by kind, in the order of the table.

    Args:
        text: The table.
        known: The deadline rules that rows may name.

    Raises:
        SettingsError: The text is not TOML, a key is unknown or missing, a value is not allowed, a
            kind does not exist or comes back to us, a condition asks for what the kind does not
            have, a row can never hold because one before it takes every record, rows of one kind
            and platform differ in their default, or a row names a rule that is unknown or made
            for another kind, platform or occasion; file and line are named.
    """
    table = TableFile(_FILE, text)
    found: dict[str, tuple[Route, ...]] = {}
    for number, row in enumerate(table.read(_Table).route):
        _check_row(table, number, row, known)
        earlier = found.get(row.kind, ())
        for route in earlier:
            if route.platform != row.platform:
                continue
            if covers(route, row):
                raise table.fault(
                    f"{row.kind} 到 {row.platform} 的去向重复，这一行永远用不到", "route", number
                )
            if route.default is not row.default:
                raise table.fault(
                    f"{row.kind} 到 {row.platform} 的几行去向 default 应相同",
                    "route",
                    number,
                    "default",
                )
        found[row.kind] = (*earlier, row)
    return MappingProxyType(found)


def routes_for(
    kind: str,
    enabled_platforms: Collection[str],
    switches: Mapping[str, bool] | None = None,
) -> tuple[Route, ...]:
    """Return the routes that records of ``kind`` take, in the order of the table.

    Args:
        kind: Record kind, such as ``permit``.
        enabled_platforms: Identifiers of the platforms that the workspace is connected to.
        switches: Platform → whether this kind goes there, where it differs from the default.

    Raises:
        InputError: The table has no row for the kind, or none for a platform of ``switches``.
        RefusedError: ``switches`` turns on a route that the table forbids.
    """
    return tuple(
        route for route in open_routes(kind, switches) if route.platform in enabled_platforms
    )


def open_routes(kind: str, switches: Mapping[str, bool] | None = None) -> tuple[Route, ...]:
    """Return the routes that records of ``kind`` would take, whatever is connected.

    Args:
        kind: Record kind, such as ``permit``.
        switches: Platform → whether this kind goes there, where it differs from the default.

    Raises:
        InputError: The table has no row for the kind, or none for a platform of ``switches``.
        RefusedError: ``switches`` turns on a route that the table forbids.
    """
    rows = routes_of(kind)
    for platform, switched_on in (switches or {}).items():
        row = next((one for one in rows if one.platform == platform), None)
        _check_switch(kind, platform, row, switched_on=switched_on)
    return tuple(row for row in rows if is_open(row, switches))


def is_open(route: Route, switches: Mapping[str, bool] | None = None) -> bool:
    """Tell whether records take ``route`` as its kind's ``switches`` say, or else by default."""
    return (switches or {}).get(route.platform, route.default is Default.ON)


def chosen_routes(routes: Iterable[Route], content: Mapping[str, str]) -> dict[str, Route]:
    """Return platform → the row that a record takes, of ``routes`` of its kind."""
    chosen: dict[str, Route] = {}
    for route in routes:
        if route.platform not in chosen and route.takes(content):
            chosen[route.platform] = route
    return chosen


def _check_row(table: TableFile, number: int, row: Route, known: Mapping[str, DutyRule]) -> None:
    place = ("route", number)
    table.check_kind(row.kind, *place, "kind")
    if kind_of(row.kind).incoming:
        raise table.fault(f"{row.kind} 由平台发回，不由本单位报送，不能有去向", *place, "kind")
    table.check_conditions(row.kind, row.when, *place)
    first = (OpensOn.DECISION, OpensOn.RECORDED)
    for key, identifier, occasions in (
        ("rule", row.rule, first),
        ("change_rule", row.change_rule, (OpensOn.CHANGE,)),
    ):
        if identifier is None:
            continue
        found = known.get(identifier)
        said = f"{row.kind} 到 {row.platform} 的去向"
        if found is None:
            raise table.fault(f"{said}用了不存在的规则 {identifier}", *place, key)
        if row.kind not in found.kinds or row.platform not in found.platforms:
            raise table.fault(f"{said}用了不适用的规则 {identifier}", *place, key)
        if found.opens_on not in occasions:
            raise table.fault(f"{said}用的规则 {identifier} 起算日不符", *place, key)


def _check_switch(kind: str, platform: str, row: Route | None, *, switched_on: bool) -> None:
    if row is None:
        raise InputError(
            f"去向表中没有记录类型 {kind} 到平台 {platform} 这一行，请核对平台名称",
            code="unknown_route",
        )
    if row.default is Default.NEVER and switched_on:
        raise RefusedError(
            f"记录类型 {kind} 不报送平台 {platform}，不能打开：{row.note}", code="route_forbidden"
        )


@cache
def _routes() -> Mapping[str, tuple[Route, ...]]:
    return read_routes(shipped_table(_FILE).text, rules())


def routes_of(kind: str) -> tuple[Route, ...]:
    """Return every row of the table for ``kind``, taken or not; none for what comes back to us.

    Raises:
        InputError: The table has no row for the kind.
    """
    if kind_of(kind).incoming:
        return ()
    if kind not in _routes():
        known = "、".join(_routes())
        raise InputError(f"去向表中没有记录类型“{kind}”，已有的是：{known}", code="unknown_kind")
    return _routes()[kind]
