"""Why a record goes to a platform or does not (去向的理由), by the tables and switches alone."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from xinqiao.records.condition_words import in_words
from xinqiao.records.kinds import kind_of
from xinqiao.routing.exemptions import Exemption
from xinqiao.routing.platforms import platforms
from xinqiao.routing.publication import LEVELS, publication_of
from xinqiao.routing.routes import Default, Obstacle, Route, is_open, routes_of


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for which a record does not go to a platform.

    Attributes:
        code: Stable English word, for ``--json``.
        message: Chinese, for people; never holds a value of the record.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Way:
    """What the tables say of one record and one platform.

    Attributes:
        platform: Identifier.
        route: The row that the record takes; None where it takes none.
        reasons: Why it takes none; none where it takes one.
    """

    platform: str
    route: Route | None
    reasons: tuple[Reason, ...]


def ways(
    kind: str,
    content: Mapping[str, str],
    connected: Collection[str],
    switches: Mapping[str, bool],
    exemption: Exemption | None,
) -> list[Way]:
    """Return what the tables say of a record, for every platform that they or the workspace know.

    Args:
        kind: The record's kind.
        content: The record.
        connected: Identifiers of the platforms that the workspace is connected to.
        switches: Platform → whether the kind goes there, where that differs from the table.
        exemption: Why nobody is owed the record; None when somebody may be.
    """
    known = dict.fromkeys((*platforms(), *(row.platform for row in routes_of(kind))))
    names = (*known, *sorted(set(connected) - set(known)))
    return [_way(kind, platform, content, connected, switches, exemption) for platform in names]


def _way(
    kind: str,
    platform: str,
    content: Mapping[str, str],
    connected: Collection[str],
    switches: Mapping[str, bool],
    exemption: Exemption | None,
) -> Way:
    rows = [row for row in routes_of(kind) if row.platform == platform]
    reasons = tuple(_reasons(kind, rows, content, switches, exemption))
    if not reasons and platform not in connected:
        file = f"platforms/{platform}.toml"
        reasons = (Reason("not_connected", f"工作区还没有接入这个平台（{file}）"),)
    taken = None if reasons else next(row for row in rows if row.takes(content))
    return Way(platform, taken, reasons)


def _reasons(
    kind: str,
    rows: list[Route],
    content: Mapping[str, str],
    switches: Mapping[str, bool],
    exemption: Exemption | None,
) -> Iterator[Reason]:
    if kind_of(kind).incoming:
        yield Reason("incoming", f"{kind_of(kind).name}由平台发回，只核对，不报送")
        return
    if not rows:
        yield Reason("no_route", "去向表里没有这类记录到这个平台的一行")
        return
    closed = _closed(rows[0], switches)
    if closed is not None:
        yield closed
    if rows[0].default is not Default.NEVER and not any(row.takes(content) for row in rows):
        yield from _obstacles(rows, content)
    if exemption is not None:
        yield Reason("exempt", f"不报送规则“{exemption.title}”：{exemption.basis}")


def _closed(row: Route, switches: Mapping[str, bool]) -> Reason | None:
    """Return why the route is not open, if it is not."""
    if is_open(row, switches):
        return None
    if row.default is Default.NEVER:
        return Reason("never", f"去向表写明不报送：{row.note}")
    place = f"xinqiao.toml 的 [routes.{row.kind}] {row.platform}"
    if row.default is Default.ON or row.platform in switches:
        return Reason("switched_off", f"{place} = false 关闭了这个去向")
    return Reason("off", f"默认不报送，{place} = true 可以打开：{row.note}")


def _obstacles(rows: list[Route], content: Mapping[str, str]) -> Iterator[Reason]:
    """Yield why none of the rows takes the record; what more than one says is said once."""
    said: set[Obstacle] = set()
    for row in rows:
        obstacle = row.obstacle(content)
        # a condition is a reason only where no row is left that asks for none
        if obstacle is None or obstacle in said:
            continue
        if obstacle is Obstacle.CONDITION and any(not other.when for other in rows):
            continue
        said.add(obstacle)
        yield _obstacle(row, obstacle, content)


def _obstacle(row: Route, obstacle: Obstacle, content: Mapping[str, str]) -> Reason:
    if obstacle is Obstacle.NATURAL_PERSON:
        return Reason("natural_person", f"关于自然人的记录不去这个平台：{row.note}")
    if obstacle is Obstacle.NOT_PUBLIC:
        shown = publication_of(row.kind, content)
        return Reason(
            "not_public", f"这个平台向社会公开，而记录是{LEVELS[shown.level]}：{shown.basis}"
        )
    asked = in_words(row.when, kind_of(row.kind).labels)
    return Reason("condition", f"只收{asked}的：{row.note}")
