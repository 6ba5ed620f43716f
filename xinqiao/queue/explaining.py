"""Why a record goes where it goes (去向说明): rules, due dates, publication, what keeps it back.

Nothing is decided here: the tables are asked what they say of the present version, and the database
what followed from it. No value of the record is told but its number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.clock import local_date
from xinqiao.database.record_store import load_present_contents
from xinqiao.database.tables import (
    PRESENT_VERSION,
    duty,
    holding,
    record,
    record_version,
    withdrawal,
)
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.publishing import CHINESE, Facts, Standing, facts_of, standing
from xinqiao.queue.reviewing import CODES as REVIEW_CODES
from xinqiao.routing.exemptions import exemption_of
from xinqiao.routing.information import Classification, information_of
from xinqiao.routing.platforms import platform_name
from xinqiao.routing.publication import Publication, publication_of
from xinqiao.routing.reasons import Reason, Way, ways
from xinqiao.routing.routes import Route
from xinqiao.routing.rules import BUREAU, rule

_BEFORE_START = (
    "早于启用日期（xinqiao.toml 的 [start]），由原来的办法报送，这里不补报；"
    "平台上已有的用 xinqiao adopt 接管，以后更正、撤回才会报送"
)


@dataclass(frozen=True, slots=True)
class DutyFact:
    """One duty of the record, open or closed (报送义务).

    Attributes:
        rule: Identifier of the time limit.
        title: Its Chinese title.
        starts_on: What it was counted from.
        due_on: The last day in time.
        counting: Whether the starting day counts: ``exclusive`` or ``inclusive``.
        provisional: Whether the date may still move.
        legal: Whether law sets it; False is an 内部时限.
        basis: Law and article or document, and how the days were counted.
        closed_by: ``accepted``, ``handled``, ``waived``, ``adopted``; None while it is open.
    """

    rule: str
    title: str
    starts_on: date
    due_on: date
    counting: str
    provisional: bool
    legal: bool
    basis: str
    closed_by: str | None


@dataclass(frozen=True, slots=True)
class AtPlatform:
    """What holds for the record at one platform.

    Attributes:
        platform: Identifier.
        name: Chinese name.
        goes: Whether the platform is owed the present version.
        reasons: Why it is not; or, where it is, what keeps the version from being sent.
        route: The row of the table of routes that holds; None where none does.
        duties: What is or was owed there.
        held_version: The version that it is believed to hold; None for nothing.
    """

    platform: str
    name: str
    goes: bool
    reasons: tuple[Reason, ...]
    route: Route | None
    duties: tuple[DutyFact, ...]
    held_version: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that decides where a record goes.

    Attributes:
        record: 记录标识.
        kind: Its kind.
        version: Number of the present version.
        publication: Who may see it, and by what law.
        shown_until: Last day on which it may be shown to the public; None where nothing sets one,
            and where no platform shows it.
        information: Its class of public credit information.
        platforms: What holds at each platform.
        handling: What the bureau owes itself: answering objections, deciding on repairs.
    """

    record: str
    kind: str
    version: int
    publication: Publication
    shown_until: date | None
    information: Classification
    platforms: tuple[AtPlatform, ...]
    handling: tuple[DutyFact, ...]


def explain(
    connection: Connection, planner: Planner, keys: KeyRing, record_id: str, today: date
) -> Explanation:
    """Return why a record goes where it goes.

    Args:
        connection: A reading connection.
        planner: Knows the platforms, rules and switches of now.
        keys: Of the workspace.
        record_id: A record that exists.
        today: Legal date in Asia/Shanghai.
    """
    row = _present(connection, record_id)
    content = load_present_contents(connection, [(record_id, row.version)], keys)
    plain = content[record_id, row.version]
    facts = facts_of(connection, [record_id]).get(record_id, Facts())
    now = standing(row.kind, plain, row.decided_on, facts, today)
    found = ways(
        row.kind,
        plain,
        planner.platforms,
        planner.switches.get(row.kind, {}),
        exemption_of(row.kind, plain, planner.exemptions),
    )
    duties, holdings = _duties(connection, record_id), _holdings(connection, record_id)
    withdrawn = _withdrawn(connection, record_id)
    platforms = tuple(
        _at_platform(way, now, withdrawn, holdings.get(way.platform), duties, valid=row.valid)
        for way in found
    )
    return Explanation(
        record=record_id,
        kind=row.kind,
        version=row.version,
        publication=publication_of(row.kind, plain),
        # only a record that may be public takes a route that publishes
        shown_until=now.until
        if any(one.route is not None and one.route.publishes for one in platforms)
        else None,
        information=information_of(row.kind, plain),
        platforms=platforms,
        handling=_told(duties, BUREAU),
    )


def _at_platform(
    way: Way,
    now: Standing,
    withdrawn: Reason | None,
    held: Any,
    duties: Sequence[Any],
    *,
    valid: bool,
) -> AtPlatform:
    reasons = list(way.reasons)
    if withdrawn is not None:
        reasons.insert(0, withdrawn)
    elif way.route is not None and way.route.publishes and now.stopped is not None:
        document = f"（{now.document}）" if now.document else ""
        reasons.append(Reason("taken_down", f"{CHINESE[now.stopped]}{document}，不再公开"))
    elif held is not None and held.before_start:
        reasons.append(Reason("before_start", _BEFORE_START))
    goes = not reasons
    if goes and not valid:
        reasons.append(Reason("invalid", "记录本身有错误，改正后重新导入才能报送"))
    elif goes and held is not None:
        reasons += [
            Reason(one["code"] if one["code"] in REVIEW_CODES else "findings", one["message"])
            for one in held.findings
        ]
    return AtPlatform(
        platform=way.platform,
        name=platform_name(way.platform),
        goes=goes,
        reasons=tuple(reasons),
        route=way.route if goes else None,
        duties=_told(duties, way.platform),
        held_version=None if held is None else held.held_version,
    )


def _present(connection: Connection, record_id: str) -> Any:
    statement = (
        sa.select(
            record.c.kind,
            record_version.c.version,
            record_version.c.valid,
            record_version.c.decided_on,
        )
        .join(record_version, PRESENT_VERSION)
        .where(record.c.id == record_id)
    )
    return connection.execute(statement).one()


def _holdings(connection: Connection, record_id: str) -> dict[str, Any]:
    statement = sa.select(
        holding.c.platform, holding.c.held_version, holding.c.findings, holding.c.before_start
    ).where(holding.c.record_id == record_id)
    return {row.platform: row for row in connection.execute(statement)}


def _duties(connection: Connection, record_id: str) -> list[Any]:
    statement = (
        sa.select(duty).where(duty.c.record_id == record_id).order_by(duty.c.opened_at, duty.c.id)
    )
    return list(connection.execute(statement))


def _told(duties: Sequence[Any], platform: str) -> tuple[DutyFact, ...]:
    return tuple(
        DutyFact(
            rule=row.rule,
            title=rule(row.rule).title,
            starts_on=row.starts_on,
            due_on=row.due_on,
            counting=row.counting,
            provisional=row.provisional,
            legal=row.legal,
            basis=row.basis,
            closed_by=row.closed_by,
        )
        for row in duties
        if row.platform == platform
    )


def _withdrawn(connection: Connection, record_id: str) -> Reason | None:
    row = connection.execute(
        sa.select(withdrawal).where(withdrawal.c.record_id == record_id)
    ).one_or_none()
    if row is None:
        return None
    return Reason(
        "withdrawn",
        f"{local_date(row.at)} 登记撤回：{row.decided_on} 撤销或变更（{row.document}）",
    )
