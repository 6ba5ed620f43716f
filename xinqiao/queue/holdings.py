"""Holdings (持有): what each platform should hold of a record, and the submission that follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import duty, holding, record, submission
from xinqiao.queue.states import OPEN, State
from xinqiao.queue.tickets import Ticket, read_tickets, select_tickets
from xinqiao.queue.transitions import Cause, Move, advance, create

KEY_CHANGED = "平台据以识别的文书号已改变：须先撤回平台上的旧记录，再作为新记录报送"


@dataclass(frozen=True, slots=True)
class Holding:
    """What one platform should hold of one record, and what we believe it holds.

    Attributes:
        id: Of the row.
        record_id: The record.
        platform: The platform.
        kind: The record's kind.
        wanted_version: Version it should hold; None for nothing.
        held_version: Version we believe it holds; None for nothing.
        held_key: Key under which it holds it.
        findings: Why the wanted version cannot be sent; empty when it can.
        due_at: When the earliest open duty ends, if one is open.
    """

    id: int
    record_id: str
    platform: str
    kind: str
    wanted_version: int | None
    held_version: int | None
    held_key: str | None
    findings: tuple[Any, ...]
    due_at: datetime | None


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


def _create_missing(connection: Connection, rows: Sequence[Holding], cause: Cause) -> None:
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


def submission_values(row: Holding, cause: Cause, *, again: int = 0) -> dict[str, Any]:
    """Return the values of the submission that a holding's row needs.

    Args:
        row: The holding.
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


def write_holdings(connection: Connection, wanted: Sequence[dict[str, Any]]) -> None:
    """Insert or update holdings; one whose key at the platform changed gains a finding."""
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


def _holdings(connection: Connection, places: Sequence[tuple[str, str]]) -> list[Holding]:
    wanted = set(places)
    found: list[Holding] = []
    for chunk in in_chunks(sorted({record_id for record_id, _ in places})):
        found += read_holdings(connection, holding.c.record_id.in_(chunk))
    chosen = [one for one in found if (one.record_id, one.platform) in wanted]
    # in order of import: among equally urgent ones the first to come goes first
    return sorted(chosen, key=lambda one: one.id)


def read_holdings(connection: Connection, where: sa.ColumnElement[bool]) -> list[Holding]:
    """Return the holdings that ``where`` selects, with kind and earliest open due time."""
    statement = sa.select(holding, record.c.kind).join(record).where(where)
    rows = connection.execute(statement).all()
    # asked for by record alone: with the platform in it, SQLite would walk every open duty
    open_duties = (
        sa.select(duty.c.record_id, duty.c.platform, sa.func.min(duty.c.due_at))
        .where(duty.c.record_id.in_({row.record_id for row in rows}), duty.c.closed_at.is_(None))
        .group_by(duty.c.record_id, duty.c.platform)
    )
    due = {(row[0], row[1]): row[2] for row in connection.execute(open_duties)}
    return [
        Holding(
            id=row.id,
            record_id=row.record_id,
            platform=row.platform,
            kind=row.kind,
            wanted_version=row.wanted_version,
            held_version=row.held_version,
            held_key=row.held_key,
            findings=tuple(row.findings),
            due_at=due.get((row.record_id, row.platform)),
        )
        for row in rows
    ]


def _open_tickets(connection: Connection, holding_ids: Sequence[int]) -> dict[int, Ticket]:
    found: dict[int, Ticket] = {}
    for chunk in in_chunks(holding_ids):
        statement = select_tickets().where(
            submission.c.holding_id.in_(chunk), submission.c.state.in_(sorted(OPEN))
        )
        found.update({one.holding_id: one for one in read_tickets(connection, statement)})
    return found


def _known_keys(connection: Connection, keys: Sequence[str]) -> set[str]:
    column = submission.c.idempotency_key
    known: set[str] = set()
    for chunk in in_chunks(keys):
        known.update(connection.execute(sa.select(column).where(column.in_(chunk))).scalars())
    return known
