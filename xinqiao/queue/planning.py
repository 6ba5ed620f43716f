"""From changed records to duties, holdings and submissions (报送计划).

A duty opens at the decision date even for a record that cannot be sent yet. A submission exists
only for a version that is valid and fits the platform's format.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import end_of, local_date
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import duty, holding
from xinqiao.mapping.registry import format_for
from xinqiao.queue.holdings import replan, write_holdings
from xinqiao.queue.transitions import Cause
from xinqiao.records.subject import NATURAL_PERSON
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting, due
from xinqiao.routing.routes import routes_for


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


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans for one workspace.

    Attributes:
        platforms: Identifiers of the connected platforms.
        calendar: Working days.
        counting: Whether the decision day counts.
    """

    platforms: frozenset[str]
    calendar: WorkingCalendar
    counting: Counting

    def plan(self, connection: Connection, changes: Sequence[Change], cause: Cause) -> int:
        """Open duties, bring holdings up to date, create or replace submissions.

        Returns:
            How many of ``changes`` are owed to no platform.
        """
        routed = 0
        duties: list[dict[str, Any]] = []
        wanted: list[dict[str, Any]] = []
        ids = [change.record_id for change in changes]
        held = _held_versions(connection, ids)
        owed = _owed(connection, ids)
        for change in changes:
            routes = [
                route
                for route in routes_for(change.kind, self.platforms)
                if route.natural_persons or change.content.get("subject.category") != NATURAL_PERSON
            ]
            routed += bool(routes)
            for route in routes:
                place = (change.record_id, route.platform)
                wanted.append(_wanted(change, route.platform, cause))
                if place not in owed and change.decided_on is not None:
                    starts_on, rule = change.decided_on, route.rule
                elif held.get(place) is not None:
                    # the platform holds it already: a correction has a time limit of its own
                    starts_on, rule = local_date(cause.at), route.change_rule
                else:
                    continue
                if rule is not None:
                    duties.append(self._duty(change, route.platform, rule, starts_on, cause))
        _open_duties(connection, duties, cause)
        write_holdings(connection, wanted)
        replan(connection, [(row["record_id"], row["platform"]) for row in wanted], cause)
        return len(changes) - routed

    def _duty(
        self, change: Change, platform: str, rule: str, starts_on: date, cause: Cause
    ) -> dict[str, Any]:
        deadline = due(rule, starts_on, self.counting, self.calendar)
        return {
            "record_id": change.record_id,
            "platform": platform,
            "rule": rule,
            "version": change.version,
            "basis": deadline.basis,
            "starts_on": starts_on,
            "due_on": deadline.due_on,
            "due_at": end_of(deadline.due_on),
            "counting": deadline.counting.value,
            "calendar": deadline.calendar,
            "provisional": deadline.provisional,
            "legal": deadline.legal,
            "opened_at": cause.at,
        }


def _wanted(change: Change, platform: str, cause: Cause) -> dict[str, Any]:
    compiled = format_for(platform, change.kind)
    rendering = compiled.render(change.content)
    fits = rendering.values is not None
    key = compiled.key_of(rendering.values) if rendering.values is not None else None
    stored = [] if fits else [asdict(finding) for finding in rendering.findings]
    if not change.valid:
        stored.insert(0, {"field": "", "code": "invalid", "severity": "error", "message": INVALID})
    return {
        "record_id": change.record_id,
        "platform": platform,
        "wanted_version": change.version,
        "wanted_key": key,
        "findings": stored,
        "updated_at": cause.at,
    }


INVALID = "记录本身有错误，改正后重新导入才能报送"


def _held_versions(connection: Connection, ids: Sequence[str]) -> dict[tuple[str, str], int | None]:
    held: dict[tuple[str, str], int | None] = {}
    for chunk in in_chunks(ids):
        statement = sa.select(
            holding.c.record_id, holding.c.platform, holding.c.held_version
        ).where(holding.c.record_id.in_(chunk))
        held.update({(row[0], row[1]): row[2] for row in connection.execute(statement)})
    return held


def _owed(connection: Connection, ids: Sequence[str]) -> set[tuple[str, str]]:
    owed: set[tuple[str, str]] = set()
    for chunk in in_chunks(ids):
        statement = sa.select(duty.c.record_id, duty.c.platform).where(duty.c.record_id.in_(chunk))
        owed.update((row[0], row[1]) for row in connection.execute(statement))
    return owed


def _open_duties(connection: Connection, duties: Sequence[dict[str, Any]], cause: Cause) -> None:
    if not duties:
        return
    connection.execute(sa.insert(duty), duties)
    entries = [
        Entry(
            action="duty.opened",
            record_id=row["record_id"],
            platform=row["platform"],
            details={
                "rule": row["rule"],
                "due_on": row["due_on"].isoformat(),
                "provisional": row["provisional"],
            },
        )
        for row in duties
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)
