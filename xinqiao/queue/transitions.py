"""The one function that changes the state of submissions, and audits every change with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Detail, Entry
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import submission
from xinqiao.queue.counts import Changes, change_counts
from xinqiao.queue.states import State, allowed


@dataclass(frozen=True, slots=True)
class Cause:
    """Who or what causes a change.

    Attributes:
        actor: Name of the person at the keyboard, or of the program's part.
        at: The instant, by the database's clock.
        reason: Why, in the person's words; empty when the program acts by rule.
    """

    actor: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """One submission's change of state.

    Attributes:
        submission_id: Which.
        before: The state it must be in now.
        after: The state it goes to.
        fence: The claim under which the change is made; a submission that was claimed again since
            is left alone.
        values: Further columns that change with it.
        details: Further facts for the audit entry.
    """

    submission_id: int
    before: State
    after: State
    fence: int
    values: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Detail] = field(default_factory=dict)


def advance(connection: Connection, moves: Sequence[Move], cause: Cause) -> list[Move]:
    """Make ``moves`` and audit them, in the caller's write transaction.

    Returns:
        The moves that were made. One is left out when its submission is no longer in the state or
        under the claim that the move names: somebody else was faster, and their result stands.

    Raises:
        ValueError: A move is not in the table of states; nothing was changed.
    """
    for move in moves:
        if not allowed(move.before, move.after):
            raise ValueError(f"{move.before} may not go to {move.after}")
    current = _lock(connection, [move.submission_id for move in moves])
    made = [
        move
        for move in moves
        if move.submission_id in current
        and (current[move.submission_id].state, current[move.submission_id].fence)
        == (move.before, move.fence)
    ]
    _update(connection, made, cause)
    changes: Changes = Changes()
    for move in made:
        platform = current[move.submission_id].platform
        changes[platform, move.before] -= 1
        changes[platform, move.after] += 1
    change_counts(connection, changes)
    append(
        connection,
        [_entry(move, current[move.submission_id], cause) for move in made],
        actor=cause.actor,
        at=cause.at,
    )
    return made


def create(connection: Connection, rows: Sequence[Mapping[str, Any]], cause: Cause) -> list[int]:
    """Insert submissions in state ready, audited; return their ids in order.

    A row holds holding_id, record_id, version, platform, kind, operation, idempotency_key, due_at.
    """
    if not rows:
        return []
    fresh = {
        "state": State.READY.value,
        "next_attempt_at": cause.at,
        "attempts": 0,
        "deaths": 0,
        "questions": 0,
        "fence": 0,
        "created_at": cause.at,
        "changed_at": cause.at,
    }
    connection.execute(sa.insert(submission), [{**row, **fresh} for row in rows])
    # asked for afterwards: with RETURNING in order, SQLite would insert them one by one
    made = _ids_by_key(connection, [row["idempotency_key"] for row in rows])
    ids = [made[row["idempotency_key"]] for row in rows]
    change_counts(connection, Changes((row["platform"], State.READY) for row in rows))
    entries = [
        Entry(
            action="submission.created",
            record_id=row["record_id"],
            submission_id=submission_id,
            platform=row["platform"],
            reason=cause.reason,
            details={"operation": row["operation"], "version": row["version"]},
        )
        for row, submission_id in zip(rows, ids, strict=True)
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)
    return ids


def _ids_by_key(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    """Return idempotency key → id of submissions."""
    found: dict[str, int] = {}
    for chunk in in_chunks(keys):
        statement = sa.select(submission.c.idempotency_key, submission.c.id).where(
            submission.c.idempotency_key.in_(chunk)
        )
        found.update((row[0], row[1]) for row in connection.execute(statement))
    return found


def _lock(connection: Connection, ids: Sequence[int]) -> dict[int, sa.Row[Any]]:
    rows: dict[int, sa.Row[Any]] = {}
    for chunk in in_chunks(ids):
        statement = (
            sa.select(
                submission.c.id,
                submission.c.state,
                submission.c.fence,
                submission.c.record_id,
                submission.c.platform,
                submission.c.version,
            )
            .where(submission.c.id.in_(chunk))
            .order_by(submission.c.id)
            .with_for_update()
        )
        rows.update({row.id: row for row in connection.execute(statement)})
    return rows


def _update(connection: Connection, moves: Sequence[Move], cause: Cause) -> None:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for move in moves:
        values = {**move.values, "state": move.after.value, "changed_at": cause.at}
        parameters = {"which": move.submission_id} | {
            f"new_{name}": value for name, value in values.items()
        }
        groups.setdefault(tuple(sorted(values)), []).append(parameters)
    for names, parameters_list in groups.items():
        statement = (
            sa.update(submission)
            .where(submission.c.id == sa.bindparam("which"))
            .values({name: sa.bindparam(f"new_{name}") for name in names})
        )
        connection.execute(statement, parameters_list)


def _entry(move: Move, row: sa.Row[Any], cause: Cause) -> Entry:
    return Entry(
        action=f"submission.{move.after}",
        record_id=row.record_id,
        submission_id=move.submission_id,
        platform=row.platform,
        reason=cause.reason,
        details={"before": move.before.value, "version": row.version, **move.details},
    )
