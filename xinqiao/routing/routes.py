"""Default routes (默认报送去向): which kind of record goes to which platform, under which rule.

Read from ``routes.toml``, which a clerk can review; another kind of record is more rows.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from xinqiao.errors import InputError, RefusedError
from xinqiao.records.conditions import Condition, Test, always, compile_conditions
from xinqiao.records.kinds import kind_of
from xinqiao.routing.publication import publication_of
from xinqiao.routing.rules import DutyRule, OpensOn, Text, rules


class Default(StrEnum):
    """Whether records take a route when nobody has said otherwise (默认是否报送)."""

    ON = "on"
    """They do; it can be switched off (默认报送)."""

    OFF = "off"
    """They do not; it can be switched on (默认不报送)."""

    NEVER = "never"
    """They do not, and it cannot be switched on (不报送)."""


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

    def takes(self, content: Mapping[str, str]) -> bool:
        """Tell whether a record of its kind takes the row."""
        if not self.natural_persons and kind_of(self.kind).is_about_person(content):
            return False
        if self.publishes and not publication_of(self.kind, content).is_public:
            return False
        return _test(self.when)(content)


@cache
def _test(conditions: tuple[Condition, ...]) -> Test:
    return compile_conditions(conditions) if conditions else always


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    route: tuple[Route, ...] = Field(min_length=1)


def read_routes(text: str, known: Mapping[str, DutyRule]) -> Mapping[str, tuple[Route, ...]]:
    """Return the routes of a TOML ``text`` by kind, in the order of the table.

    Args:
        text: The table.
        known: The deadline rules that rows may name.

    Raises:
        ValueError: The text is not TOML, a key is unknown or missing, a value is not allowed, a
            row can never hold because one before it takes every record, rows of one kind and
            platform differ in their default, or a row names a rule that is unknown or made for
            another kind, platform or occasion (pydantic's and tomllib's errors are subclasses).
    """
    found: dict[str, tuple[Route, ...]] = {}
    for row in _Table.model_validate(tomllib.loads(text)).route:
        _check_rule(row, row.rule, (OpensOn.DECISION, OpensOn.RECORDED), known)
        _check_rule(row, row.change_rule, (OpensOn.CHANGE,), known)
        earlier = found.get(row.kind, ())
        for route in earlier:
            if route.platform != row.platform:
                continue
            if not route.when or route.when == row.when:
                raise ValueError(f"{row.kind} 到 {row.platform} 的去向重复")
            if route.default is not row.default:
                raise ValueError(f"{row.kind} 到 {row.platform} 的几行去向 default 应相同")
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
    rows = routes_of(kind)
    taken = {route.platform: route.default is Default.ON for route in rows}
    for platform, switched_on in (switches or {}).items():
        row = next((one for one in rows if one.platform == platform), None)
        _check_switch(kind, platform, row, switched_on=switched_on)
    taken.update(switches or {})
    return tuple(
        route for route in rows if taken[route.platform] and route.platform in enabled_platforms
    )


def chosen_routes(routes: Iterable[Route], content: Mapping[str, str]) -> dict[str, Route]:
    """Return platform → the row that a record takes, of ``routes`` of its kind."""
    chosen: dict[str, Route] = {}
    for route in routes:
        if route.platform not in chosen and route.takes(content):
            chosen[route.platform] = route
    return chosen


def default_routes(kind: str) -> tuple[Route, ...]:
    """Return the routes that records of ``kind`` take by default, whatever is connected.

    Raises:
        InputError: The table has no row for the kind.
    """
    return tuple(route for route in routes_of(kind) if route.default is Default.ON)


def _check_rule(
    row: Route,
    identifier: str | None,
    occasions: tuple[OpensOn, ...],
    known: Mapping[str, DutyRule],
) -> None:
    if identifier is None:
        return
    place = f"{row.kind} 到 {row.platform} 的去向"
    found = known.get(identifier)
    if found is None:
        raise ValueError(f"{place}用了不存在的规则 {identifier}")
    if row.kind not in found.kinds or row.platform not in found.platforms:
        raise ValueError(f"{place}用了不适用的规则 {identifier}")
    if found.opens_on not in occasions:
        raise ValueError(f"{place}用的规则 {identifier} 起算日不符")


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
    table = files("xinqiao.routing") / "routes.toml"
    return read_routes(table.read_text(encoding="utf-8"), rules())


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
