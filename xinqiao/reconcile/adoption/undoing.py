"""Undoing an adoption that was a mistake, as far as nothing was built on it since (撤销接管)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.audit.holdings import noted
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import (
    adopted_entry,
    adoption,
    duty,
    holding,
    record,
    submission,
    withdrawal,
)
from xinqiao.errors import InputError, RefusedError
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.acting import ActingFor
from xinqiao.queue.adoptable import never_left, open_tickets
from xinqiao.queue.holdings import SUPERSEDED, replan, write_holdings
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.present import present_changes
from xinqiao.queue.states import State
from xinqiao.queue.transitions import Cause, Move, advance
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.adoption.lines import PORTION

_LISTED = 20

_NEVER_LEFT = (State.READY, State.HELD, State.CANCELLED)


@dataclass(slots=True)
class Undone:
    """What undoing an adoption came to.

    Attributes:
        undone: Records that count as not held again; what is owed of them is owed again.
        forgotten: Entries without a record that are known no more.
        kept: Records that stay held, since something was sent for them since: 记录标识 of the
            first ones.
        kept_count: How many those are.
        to_send: How many of those undone wait to be sent now, or would.
    """

    undone: int = 0
    forgotten: int = 0
    kept: list[str] = field(default_factory=list)
    kept_count: int = 0
    to_send: int = 0


def undo(
    worker: Worker,
    planner: Planner,
    acting: ActingFor,
    number: int,
    reason: str,
    *,
    dry_run: bool = False,
) -> Undone:
    """Undo the adoption ``number``: its records are believed to be held no more.

    In portions, each in a transaction of its own: an interrupted run is simply run again. One for
    which something left since stays as it is, and is named. With ``dry_run``, nothing is kept.

    Raises:
        InputError: There is no such adoption.
        RefusedError: It was undone already.
    """
    done = Undone()
    with acting(reason) as (connection, cause):
        refusal = _refusal(connection, number)
        if refusal is not None:
            entry = Entry(
                "adoption.undo_refused",
                reason=cause.reason,
                details={"adoption": number, "code": refusal.code},
            )
            append(connection, [entry], actor=cause.actor, at=cause.at)
    if refusal is not None:
        raise refusal
    after: tuple[str, ...] = ("", "", "")
    while True:
        with acting(reason) as (connection, cause):
            rows = _portion(connection, number, after)
            if not rows:
                if not dry_run:
                    _finish(connection, number, done, cause)
                return done
            after = (rows[-1].platform, rows[-1].kind, rows[-1].key_hash)
            _undo_portion(connection, worker, planner, rows, done, cause)
            if dry_run:
                connection.rollback()


def _refusal(connection: Connection, number: int) -> InputError | RefusedError | None:
    row = connection.execute(
        sa.select(adoption.c.id, adoption.c.undone_at).where(adoption.c.id == number)
    ).one_or_none()
    if row is None:
        return InputError(
            f"没有编号为 {number} 的接管：用 xinqiao adopt list 查看", code="unknown_adoption"
        )
    if row.undone_at is not None:
        return RefusedError(f"接管 {number} 已经撤销，不必再撤", code="already_undone")
    return None


def _portion(connection: Connection, number: int, after: tuple[str, ...]) -> list[sa.Row[Any]]:
    order = (adopted_entry.c.platform, adopted_entry.c.kind, adopted_entry.c.key_hash)
    statement = (
        sa.select(*order, adopted_entry.c.record_id)
        .where(
            adopted_entry.c.adoption_id == number,
            sa.tuple_(*order) > sa.tuple_(*map(sa.literal, after)),
        )
        .order_by(*order)
        .limit(PORTION)
    )
    return list(connection.execute(statement))


def _undo_portion(
    connection: Connection,
    worker: Worker,
    planner: Planner,
    rows: Sequence[sa.Row[Any]],
    done: Undone,
    cause: Cause,
) -> None:
    platform = rows[0].platform
    of_one = [row for row in rows if row.platform == platform]
    places = _places(connection, platform, [row.record_id for row in of_one if row.record_id])
    built_on = _built_on(connection, places)
    free = {record_id: one for record_id, one in places.items() if one.id not in built_on}
    kept = sorted(set(places) - set(free))
    done.kept_count += len(kept)
    done.kept += kept[: _LISTED - len(done.kept)]
    _believe_nothing(connection, platform, free, worker, planner, cause)
    gone = [row for row in of_one if row.record_id is None or row.record_id in free]
    for row in gone:
        _forget(connection, row)
    done.undone += len(free)
    waiting = open_tickets(connection, [one.id for one in free.values()])
    done.to_send += sum(one.state is State.READY for one in waiting)
    done.forgotten += sum(row.record_id is None for row in gone)


def _forget(connection: Connection, row: sa.Row[Any]) -> None:
    """Forget an entry; one that an earlier adoption told, which stands, only loses its record."""
    which = (
        adopted_entry.c.platform == row.platform,
        adopted_entry.c.kind == row.kind,
        adopted_entry.c.key_hash == row.key_hash,
    )
    told_before = (
        adopted_entry.c.first_adoption_id != adopted_entry.c.adoption_id,
        sa.exists().where(
            adoption.c.id == adopted_entry.c.first_adoption_id, adoption.c.undone_at.is_(None)
        ),
    )
    still_known = connection.execute(
        sa.update(adopted_entry)
        .where(*which, *told_before)
        .values(record_id=None, adoption_id=adopted_entry.c.first_adoption_id)
    )
    if not still_known.rowcount:
        connection.execute(sa.delete(adopted_entry).where(*which))


def _places(
    connection: Connection, platform: str, record_ids: Collection[str]
) -> dict[str, sa.Row[Any]]:
    found: dict[str, sa.Row[Any]] = {}
    for chunk in in_chunks(record_ids):
        statement = sa.select(
            holding.c.id,
            holding.c.record_id,
            holding.c.held_version,
            holding.c.adopted_at,
            holding.c.adopted_version,
        ).where(
            holding.c.record_id.in_(chunk),
            holding.c.platform == platform,
            holding.c.adopted_at.is_not(None),
        )
        found.update((row.record_id, row) for row in connection.execute(statement))
    return found


def _built_on(connection: Connection, places: dict[str, sa.Row[Any]]) -> set[int]:
    """Return the holdings for which something may have left since they were taken over."""
    found = {one.id for one in places.values() if one.held_version != one.adopted_version}
    for chunk in in_chunks(places):
        statement = (
            sa.select(submission.c.holding_id)
            .join(holding, holding.c.id == submission.c.holding_id)
            .where(
                submission.c.record_id.in_(chunk),
                submission.c.created_at >= holding.c.adopted_at,
                sa.or_(
                    submission.c.state.not_in([state.value for state in _NEVER_LEFT]),
                    submission.c.request_started_at.is_not(None),
                ),
            )
        )
        found.update(connection.execute(statement).scalars())
    return found


def _believe_nothing(
    connection: Connection,
    platform: str,
    free: dict[str, sa.Row[Any]],
    worker: Worker,
    planner: Planner,
    cause: Cause,
) -> None:
    ids = [one.id for one in free.values()]
    moves = [
        Move(
            one.id,
            one.state,
            State.CANCELLED,
            one.fence,
            values={"code": SUPERSEDED},
            details={"why": "adoption_undone"},
        )
        for one in open_tickets(connection, ids)
        if never_left(one)
    ]
    advance(connection, moves, cause)
    for chunk in in_chunks(ids):
        these = holding.c.id.in_(chunk)
        with noted(connection, [these], cause):
            connection.execute(
                sa.update(holding)
                .where(these)
                .values(
                    held_version=None,
                    # what was withdrawn here is found under it once more
                    wanted_key=sa.func.coalesce(holding.c.wanted_key, holding.c.adopted_key),
                    held_key=None,
                    reference="",
                    adopted_at=None,
                    adopted_version=None,
                    adopted_key=None,
                    differs=False,
                    taken_in_at=None,
                    updated_at=cause.at,
                )
            )
    _reopen(connection, platform, list(free), cause)
    entries = [
        Entry("holding.adoption_undone", record_id=one, platform=platform, reason=cause.reason)
        for one in free
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)
    standing = ~sa.exists().where(withdrawal.c.record_id == record.c.id)
    changes = present_changes(connection, free, worker.keys, standing)
    rows = [
        row for change in changes for row in planner.rows_at(connection, change, [platform], cause)
    ]
    write_holdings(connection, rows, cause)
    wanted = {row["record_id"] for row in rows if row["wanted_version"] is not None}
    owed = [change for change in changes if change.record_id in wanted]
    planner.owe_first(connection, platform, owed, cause)
    replan(connection, [(record_id, platform) for record_id in free], cause)


def _reopen(connection: Connection, platform: str, record_ids: Sequence[str], cause: Cause) -> None:
    """Owe again what the adoption had closed; due times stay."""
    for chunk in in_chunks(record_ids):
        reopened = connection.execute(
            sa.update(duty)
            .where(
                duty.c.record_id.in_(chunk),
                duty.c.platform == platform,
                duty.c.closed_by == "adopted",
            )
            .values(closed_at=None, closed_by=None, reported_at=None, reported_by=None)
            .returning(duty.c.record_id, duty.c.rule)
        )
        entries = [
            Entry(
                "duty.reopened",
                record_id=row.record_id,
                platform=platform,
                reason=cause.reason,
                details={"rule": row.rule, "why": "adoption_undone"},
            )
            for row in reopened
        ]
        append(connection, entries, actor=cause.actor, at=cause.at)


def _finish(connection: Connection, number: int, done: Undone, cause: Cause) -> None:
    connection.execute(
        sa.update(adoption)
        .where(adoption.c.id == number)
        .values(
            # what stays held keeps it from being undone whole
            undone_at=None if done.kept_count else cause.at,
            undone_reason=mask_identity_numbers(cause.reason),
        )
    )
    entry = Entry(
        "adoption.undone",
        reason=cause.reason,
        details={
            "adoption": number,
            "undone": done.undone,
            "forgotten": done.forgotten,
            "kept": done.kept_count,
        },
    )
    append(connection, [entry], actor=cause.actor, at=cause.at)
