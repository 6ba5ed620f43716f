"""From changed records to duties, holdings and submissions (报送计划).

A duty opens at the decision date even for a record that cannot be sent yet. A submission exists
only for a version that is valid and fits the platform's format.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.clock import local_date
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import duty, holding, record
from xinqiao.mapping.identity import identified
from xinqiao.mapping.registry import format_for
from xinqiao.queue.duties import Owed, open_duties, reopen_waived
from xinqiao.queue.holdings import replan, write_holdings
from xinqiao.queue.transitions import Cause
from xinqiao.records.kinds import kind_of
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting
from xinqiao.routing.exemptions import Exemption, exemption_of
from xinqiao.routing.routes import Route, chosen_routes, default_routes, routes_for
from xinqiao.routing.rules import OpensOn, rule

Place = tuple[str, str]
"""A record and a platform."""


@dataclass(frozen=True, slots=True)
class Change:
    """A new version of a record.

    Attributes:
        record_id: Which record.
        kind: Its kind.
        version: Number of the new version.
        content: The plain content.
        valid: Whether the record itself has no errors.
        decided_on: Decision date, or None when it is missing or in error.
    """

    record_id: str
    kind: str
    version: int
    content: Mapping[str, str]
    valid: bool
    decided_on: date | None


@dataclass(slots=True)
class Unreported:
    """How many valid changes go to no platform.

    Attributes:
        not_owed: Nobody is owed them (不报送).
        unclaimed: They are owed, but to no platform that the workspace has (没有平台接收).
    """

    not_owed: int = 0
    unclaimed: int = 0


@dataclass(slots=True)
class _Plan:
    """What follows from a number of changes."""

    duties: list[Owed] = field(default_factory=list)
    holdings: list[dict[str, Any]] = field(default_factory=list)
    exempt: dict[str, str | None] = field(default_factory=dict)
    unreported: Unreported = field(default_factory=Unreported)


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans for one workspace.

    Attributes:
        platforms: Identifiers of the connected platforms.
        calendar: Working days.
        counting: Whether the decision day counts.
        exemptions: What is owed to nobody (不报送).
        replacing: (platform, kind) whose newer versions are taken only after the old one was
            withdrawn (先撤后报).
        switches: Kind → platform → whether it goes there, where that differs from the table.
    """

    platforms: frozenset[str]
    calendar: WorkingCalendar
    counting: Counting
    exemptions: tuple[Exemption, ...]
    replacing: frozenset[tuple[str, str]] = frozenset()
    switches: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)

    def plan(self, connection: Connection, changes: Sequence[Change], cause: Cause) -> Unreported:
        """Open duties, bring holdings up to date, create or replace submissions.

        Returns:
            How many of the valid ``changes`` go to no platform.
        """
        plan = _Plan()
        ids = [change.record_id for change in changes]
        held, owed = _held_versions(connection, ids), _owed(connection, ids)
        for change in changes:
            self._plan_one(plan, change, held, owed, cause)
        open_duties(connection, plan.duties, self.counting, self.calendar, cause)
        reopen_waived(connection, _note_exemptions(connection, plan.exempt), cause)
        write_holdings(connection, plan.holdings)
        places = [(row["record_id"], row["platform"]) for row in plan.holdings]
        replan(connection, places, cause)
        return plan.unreported

    def _plan_one(
        self,
        plan: _Plan,
        change: Change,
        held: Mapping[Place, int | None],
        owed: set[Place],
        cause: Cause,
    ) -> None:
        exemption = exemption_of(change.kind, change.content, self.exemptions)
        plan.exempt[change.record_id] = exemption.id if exemption is not None else None
        routes = self.routes(change.kind)
        taken = chosen_routes(routes, change.content) if exemption is None else {}
        # a row with errors is counted as one, whatever it would be owed
        if not taken and change.valid and not kind_of(change.kind).incoming:
            elsewhere = bool(chosen_routes(default_routes(change.kind), change.content))
            owed_here = exemption is None and elsewhere
            plan.unreported.unclaimed += owed_here
            plan.unreported.not_owed += not owed_here
        for platform, route in {one.platform: one for one in routes}.items():
            place = (change.record_id, platform)
            if platform in taken:
                plan.holdings.append(self.wanted_row(change, platform, cause))
            elif place in held:
                # it was owed before this version and is not any more
                plan.holdings.append(_unwanted(place, cause))
            else:
                continue
            today = local_date(cause.at)
            opened = None
            if platform in taken and place not in owed:
                opened = _first_report(taken[platform], change, today)
            if opened is None and held.get(place) is not None:
                # the platform holds it already: a correction has a time limit of its own
                opened = _Occasion(taken.get(platform, route).change_rule, today)
            if opened is not None and opened.rule is not None:
                plan.duties.append(Owed(*place, opened.rule, change.version, opened.starts_on))

    def routes(self, kind: str) -> tuple[Route, ...]:
        """Return the rows by which records of ``kind`` may go to the connected platforms."""
        return routes_for(kind, self.platforms, self.switches.get(kind))

    def wanted_row(self, change: Change, platform: str, cause: Cause) -> dict[str, Any]:
        """Return the values of the holding by which ``platform`` should hold a new version."""
        compiled = format_for(platform, change.kind)
        rendering = compiled.render(identified(change.record_id, change.content))
        fits = rendering.values is not None
        key = compiled.key_of(rendering.values) if rendering.values is not None else None
        stored = [] if fits else [asdict(finding) for finding in rendering.findings]
        if not change.valid:
            stored.insert(
                0, {"field": "", "code": "invalid", "severity": "error", "message": INVALID}
            )
        return {
            "record_id": change.record_id,
            "platform": platform,
            "wanted_version": change.version,
            "wanted_key": key,
            "findings": stored,
            "replaces": (platform, change.kind) in self.replacing,
            "updated_at": cause.at,
        }


@dataclass(frozen=True, slots=True)
class _Occasion:
    """What opens a duty: a rule, if there is a time limit, and the day its clock starts."""

    rule: str | None
    starts_on: date


def _first_report(route: Route, change: Change, today: date) -> _Occasion | None:
    if route.rule is not None and rule(route.rule).opens_on is OpensOn.RECORDED:
        return _Occasion(route.rule, today)
    return None if change.decided_on is None else _Occasion(route.rule, change.decided_on)


def _unwanted(place: Place, cause: Cause) -> dict[str, Any]:
    record_id, platform = place
    return {
        "record_id": record_id,
        "platform": platform,
        "wanted_version": None,
        "wanted_key": None,
        "findings": [],
        "replaces": False,
        "updated_at": cause.at,
    }


INVALID = "记录本身有错误，改正后重新导入才能报送"


def _held_versions(connection: Connection, ids: Sequence[str]) -> dict[Place, int | None]:
    held: dict[Place, int | None] = {}
    for chunk in in_chunks(ids):
        statement = sa.select(
            holding.c.record_id, holding.c.platform, holding.c.held_version
        ).where(holding.c.record_id.in_(chunk))
        held.update({(row[0], row[1]): row[2] for row in connection.execute(statement)})
    return held


def _owed(connection: Connection, ids: Sequence[str]) -> set[Place]:
    owed: set[Place] = set()
    for chunk in in_chunks(ids):
        statement = sa.select(duty.c.record_id, duty.c.platform).where(duty.c.record_id.in_(chunk))
        owed.update((row[0], row[1]) for row in connection.execute(statement))
    return owed


def _note_exemptions(connection: Connection, exempt: Mapping[str, str | None]) -> list[str]:
    """Keep with each record why nobody is owed it; return those that are owed from now on."""
    reasons: dict[str | None, list[str]] = {}
    for record_id, reason in exempt.items():
        reasons.setdefault(reason, []).append(record_id)
    owed: list[str] = []
    for reason, ids in reasons.items():
        for chunk in in_chunks(ids):
            changed = connection.execute(
                sa.update(record)
                .where(record.c.id.in_(chunk), record.c.exemption.is_distinct_from(reason))
                .values(exemption=reason)
                .returning(record.c.id)
            ).scalars()
            owed += list(changed) if reason is None else ()
    return owed
