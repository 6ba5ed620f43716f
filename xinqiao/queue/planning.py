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

from xinqiao.adapters.base import Operation
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import end_of, local_date
from xinqiao.database.tables import duty, holding, record, submission
from xinqiao.mapping.registry import format_for
from xinqiao.queue.states import OPEN, State
from xinqiao.queue.tickets import read_tickets, select_tickets
from xinqiao.queue.transitions import Cause, Move, advance, create
from xinqiao.records.findings import Finding
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting, due
from xinqiao.routing.routes import routes_for

_CHUNK = 400


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
class Plan:
    """What came of planning.

    Attributes:
        not_routed: How many changes are owed to no platform.
        misfits: Record id → why a valid version does not fit a platform's format.
    """

    not_routed: int
    misfits: Mapping[str, tuple[Finding, ...]]


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

    def plan(self, connection: Connection, changes: Sequence[Change], cause: Cause) -> "Plan":
        """Open duties, bring holdings up to date, create or replace submissions."""
        routed = 0
        misfits: dict[str, tuple[Finding, ...]] = {}
        duties: list[dict[str, Any]] = []
        wanted: list[dict[str, Any]] = []
        ids = [change.record_id for change in changes]
        held = _held_versions(connection, ids)
        owed = _owed(connection, ids)
        for change in changes:
            routes = [
                route
                for route in routes_for(change.kind, self.platforms)
                if route.natural_persons or change.content.get("subject.category") != "自然人"
            ]
            routed += bool(routes)
            for route in routes:
                place = (change.record_id, route.platform)
                row, findings = _wanted(change, route.platform, cause)
                wanted.append(row)
                if change.valid and findings:
                    misfits[change.record_id] = misfits.get(change.record_id, ()) + findings
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
        _write_holdings(connection, wanted)
        replan(connection, [(row["record_id"], row["platform"]) for row in wanted], cause)
        return Plan(len(changes) - routed, misfits)

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


def replan(connection: Connection, places: Sequence[tuple[str, str]], cause: Cause) -> None:
    """Create the submission that each (record, platform) of ``places`` now needs, if any.

    A submission of an older version that has not left is cancelled; one that may have left stays,
    and this is called again once it is settled.
    """
    rows = _holdings(connection, places)
    occupied = _open_tickets(connection, [row.id for row in rows])
    overtaken = [
        Move(ticket.id, State.READY, State.CANCELLED, ticket.fence, details={"why": "superseded"})
        for row in rows
        if (ticket := occupied.get(row.id)) is not None
        and ticket.state is State.READY
        and ticket.version != row.wanted_version
    ]
    gone = {move.submission_id for move in advance(connection, overtaken, cause)}
    free = [row for row in rows if row.id not in occupied or occupied[row.id].id in gone]
    _create_missing(connection, free, cause)


def _create_missing(connection: Connection, rows: Sequence[sa.Row[Any]], cause: Cause) -> None:
    needed = [
        submission_values(row, cause)
        for row in rows
        if not row.findings
        and row.wanted_version is not None
        and row.wanted_version != row.held_version
    ]
    known = _known_keys(connection, [row["idempotency_key"] for row in needed])
    fresh = [row for row in needed if row["idempotency_key"] not in known]
    create(connection, fresh, cause)


def submission_values(row: sa.Row[Any], cause: Cause, *, again: int = 0) -> dict[str, Any]:
    """Return the values of the submission that a holding's row needs.

    Args:
        row: A row of the holdings query, with kind and due time.
        cause: Used for the due time of a record that nothing is owed for.
        again: How often the same version was tried before on a person's word.
    """
    operation = Operation.INSERT if row.held_version is None else Operation.UPDATE
    key = f"{row.platform}:{row.kind}:{row.record_id}:{operation}:v{row.wanted_version}"
    return {
        "holding_id": row.id,
        "record_id": row.record_id,
        "version": row.wanted_version,
        "platform": row.platform,
        "kind": row.kind,
        "operation": operation.value,
        "idempotency_key": f"{key}:again{again}" if again else key,
        "due_at": row.due_at or cause.at,
    }


def _wanted(
    change: Change, platform: str, cause: Cause
) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    findings: tuple[Finding, ...] = ()
    key = None
    compiled = format_for(platform, change.kind)
    rendering = compiled.render(change.content)
    if rendering.values is not None:
        key = compiled.key_of(rendering.values)
    else:
        findings = rendering.findings
    stored = [asdict(finding) for finding in findings]
    if not change.valid:
        stored.insert(0, {"field": "", "code": "invalid", "severity": "error", "message": INVALID})
    row = {
        "record_id": change.record_id,
        "platform": platform,
        "wanted_version": change.version,
        "wanted_key": key,
        "findings": stored,
        "updated_at": cause.at,
    }
    return row, findings


INVALID = "记录本身有错误，改正后重新导入才能报送"

KEY_CHANGED = "平台据以识别的文书号已改变：须先撤回平台上的旧记录，再作为新记录报送"


def _write_holdings(connection: Connection, wanted: Sequence[dict[str, Any]]) -> None:
    existing = {
        (row.record_id, row.platform): row
        for row in _holdings(connection, [(row["record_id"], row["platform"]) for row in wanted])
    }
    fresh = [row for row in wanted if (row["record_id"], row["platform"]) not in existing]
    if fresh:
        connection.execute(sa.insert(holding), fresh)
    changed = []
    for row in wanted:
        present = existing.get((row["record_id"], row["platform"]))
        if present is None:
            continue
        moved = present.held_key is not None and row["wanted_key"] not in (None, present.held_key)
        finding = {"field": "", "code": "key_changed", "severity": "error", "message": KEY_CHANGED}
        findings = [*row["findings"], finding] if moved else row["findings"]
        changed.append({**row, "findings": findings, "which": present.id})
    if changed:
        names = ("wanted_version", "wanted_key", "findings", "updated_at")
        connection.execute(
            sa.update(holding)
            .where(holding.c.id == sa.bindparam("which"))
            .values({name: sa.bindparam(f"new_{name}") for name in names}),
            [
                {"which": row["which"]} | {f"new_{name}": row[name] for name in names}
                for row in changed
            ],
        )


def _holdings(connection: Connection, places: Sequence[tuple[str, str]]) -> list[sa.Row[Any]]:
    wanted = set(places)
    rows: list[sa.Row[Any]] = []
    for chunk in _chunks(sorted({record_id for record_id, _ in places})):
        statement = holdings_query().where(holding.c.record_id.in_(chunk))
        rows += [
            row for row in connection.execute(statement) if (row.record_id, row.platform) in wanted
        ]
    return rows


def holdings_query() -> sa.Select[Any]:
    """Return a SELECT of holdings with the record's kind and the earliest open due time."""
    due_at = (
        sa.select(sa.func.min(duty.c.due_at))
        .where(
            duty.c.record_id == holding.c.record_id,
            duty.c.platform == holding.c.platform,
            duty.c.closed_at.is_(None),
        )
        .scalar_subquery()
    )
    return sa.select(holding, record.c.kind, due_at.label("due_at")).join(record)


def _open_tickets(connection: Connection, holding_ids: Sequence[int]) -> dict[int, Any]:
    found = {}
    for chunk in _chunks(holding_ids):
        statement = select_tickets().where(
            submission.c.holding_id.in_(chunk), submission.c.state.in_(sorted(OPEN))
        )
        found.update({one.holding_id: one for one in read_tickets(connection, statement)})
    return found


def _known_keys(connection: Connection, keys: Sequence[str]) -> set[str]:
    column = submission.c.idempotency_key
    known: set[str] = set()
    for chunk in _chunks(keys):
        known.update(connection.execute(sa.select(column).where(column.in_(chunk))).scalars())
    return known


def _held_versions(connection: Connection, ids: Sequence[str]) -> dict[tuple[str, str], int | None]:
    held: dict[tuple[str, str], int | None] = {}
    for chunk in _chunks(ids):
        statement = sa.select(
            holding.c.record_id, holding.c.platform, holding.c.held_version
        ).where(holding.c.record_id.in_(chunk))
        held.update({(row[0], row[1]): row[2] for row in connection.execute(statement)})
    return held


def _owed(connection: Connection, ids: Sequence[str]) -> set[tuple[str, str]]:
    owed: set[tuple[str, str]] = set()
    for chunk in _chunks(ids):
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


def _chunks(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK)]
