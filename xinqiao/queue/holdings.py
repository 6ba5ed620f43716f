"""Holdings (持有): what each platform should hold of a record, and the submission that follows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import REMOVALS, Operation
from xinqiao.audit.holdings import noted
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import (
    OPEN,
    duty,
    holding,
    record,
    submission,
    take_down,
    withdrawal,
)
from xinqiao.queue.duties import waive
from xinqiao.queue.states import OPEN as OPEN_STATES
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket, read_tickets, select_tickets
from xinqiao.queue.transitions import Cause, Move, advance, create

SUPERSEDED = "superseded"
"""Code of a submission that was cancelled because something else is to be held now."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one platform should hold of one record, and what we believe it holds.

    Attributes:
        id: Of the row.
        record_id: The record.
        platform: The platform.
        kind: The record's kind.
        wanted_version: Version it should hold; None for nothing.
        wanted_key: Key under which it should hold it, or should have held what is wanted no more
            and was never held; None while that is unknown.
        held_version: Version we believe it holds; None for nothing.
        held_key: Key under which it holds it.
        findings: Why the wanted version cannot be sent; empty when it can.
        replaces: Whether the platform takes a newer version only after it let go of the old one.
        removal: How it lets go of the record when it should hold nothing.
        due_at: When the earliest open duty ends, if one is open.
        differs: Whether the platform is known to show something else under the key than the version
            we believe it holds: our version goes there again.
    """

    id: int
    record_id: str
    platform: str
    kind: str
    wanted_version: int | None
    wanted_key: str | None
    held_version: int | None
    held_key: str | None
    findings: tuple[Any, ...]
    replaces: bool
    removal: Operation
    due_at: datetime | None
    differs: bool = False


def replan(
    connection: Connection,
    places: Sequence[tuple[str, str]],
    cause: Cause,
    decided: Collection[tuple[str, str]] = (),
) -> None:
    """Create the submission that each (record, platform) of ``places`` now needs, if any.

    A submission of an older version that has not left is cancelled; one that may have left stays,
    and this is called again once it is settled. What a person keeps back stays too, but for a
    removal that is not wanted any more.

    Args:
        connection: The transaction.
        places: Which.
        cause: Who, and when.
        decided: Those of them about which a person has just decided otherwise than before: what a
            platform refused until now does not count there.
    """
    rows = _holdings(connection, places)
    occupied = _open_tickets(connection, [row.id for row in rows])
    overtaken = [
        Move(
            ticket.id,
            ticket.state,
            State.CANCELLED,
            ticket.fence,
            values={"code": SUPERSEDED},
            details={"why": SUPERSEDED},
        )
        for row in rows
        if (ticket := occupied.get(row.id)) is not None
        and (ticket.state is State.READY or _kept_removal(ticket, row))
        and (Operation(ticket.operation), ticket.version) != needed(row)
    ]
    gone = {move.submission_id for move in advance(connection, overtaken, cause)}
    free = [row for row in rows if row.id not in occupied or occupied[row.id].id in gone]
    _create_missing(connection, free, cause, decided)
    _waive_moot(connection, free, cause)


def _kept_removal(ticket: Ticket, row: Holding) -> bool:
    """Tell whether a person is to let the platform let go of a record, and has not done so yet."""
    return (
        ticket.state is State.HELD
        and ticket.operation in REMOVALS
        and ticket.request_started_at is None
        # of one that was done and is doubted since, nothing is believed to be held
        and ticket.version == row.held_version
    )


def needed(row: Holding) -> tuple[Operation, int] | None:
    """Return what is to be asked of the platform next, and for which version; None for nothing.

    A record whose key at the platform changed is withdrawn under the old key first, and one of a
    platform that replaces is withdrawn too, but only once the newer version can be sent.
    """
    if row.wanted_version is None:
        return None if row.held_version is None else (row.removal, row.held_version)
    if row.findings or (row.wanted_version == row.held_version and not row.differs):
        return None
    if row.held_version is None:
        return (Operation.INSERT, row.wanted_version)
    if row.replaces or (row.held_key is not None and row.held_key != row.wanted_key):
        return (Operation.WITHDRAW, row.held_version)
    return (Operation.UPDATE, row.wanted_version)


def _create_missing(
    connection: Connection,
    rows: Sequence[Holding],
    cause: Cause,
    decided: Collection[tuple[str, str]],
) -> None:
    needy = [row for row in rows if needed(row) is not None]
    tries = _tries(connection, sorted({row.record_id for row in needy}))
    going = sorted({row.record_id for row in needy if row.wanted_version is None})
    decisions = _removals_decided(connection, going)
    fresh = []
    for row in needy:
        earlier = tries.get((row.id, needed(row)), [])
        since = decisions.get((row.record_id, row.removal)) if row.wanted_version is None else None
        # refused or given up: only a person has it tried again, or a decision made since
        if (
            not earlier
            or earlier[-1].over
            or (row.record_id, row.platform) in decided
            or (since is not None and earlier[-1].created_at < since)
        ):
            fresh.append(submission_values(row, cause, again=len(earlier)))
    create(connection, fresh, cause)


def _removals_decided(
    connection: Connection, record_ids: Sequence[str]
) -> dict[tuple[str, Operation], datetime]:
    """Return record and way of removal → when it was decided that no platform holds or shows it."""
    found: dict[tuple[str, Operation], datetime] = {}
    for table, operation in (
        (withdrawal, Operation.WITHDRAW),
        (take_down, Operation.TAKE_DOWN),
    ):
        for chunk in in_chunks(record_ids):
            statement = sa.select(table.c.record_id, table.c.at).where(table.c.record_id.in_(chunk))
            for row in connection.execute(statement):
                found[row.record_id, operation] = row.at
    return found


def _waive_moot(connection: Connection, rows: Sequence[Holding], cause: Cause) -> None:
    """Close what is owed of records that no platform should hold and none holds."""
    for row in rows:
        if row.wanted_version is None and row.held_version is None:
            waive(connection, row.record_id, row.platform, "nothing_to_report", cause)


def submission_values(row: Holding, cause: Cause, *, again: int = 0) -> dict[str, Any]:
    """Return the values of the submission that a holding needs.

    Args:
        row: The holding; it must need one.
        cause: Used for the due time of a record that nothing is owed for.
        again: How often the same was tried before.

    Raises:
        ValueError: The holding needs nothing.
    """
    need = needed(row)
    if need is None:
        raise ValueError(f"holding {row.id} needs no submission")
    operation, version = need
    key = f"{row.platform}:{row.kind}:{row.record_id}:{operation}:v{version}"
    return {
        "holding_id": row.id,
        "record_id": row.record_id,
        "version": version,
        "platform": row.platform,
        "kind": row.kind,
        "operation": operation.value,
        "idempotency_key": f"{key}:again{again}" if again else key,
        "due_at": row.due_at or cause.at,
    }


def may_hold(connection: Connection, record_ids: Sequence[str]) -> set[tuple[str, str]]:
    """Return the (record, platform) where the platform holds the record or may come to hold it."""
    # by record, which has an index of its own; finished ones of a holding have none
    under_way = sa.exists().where(
        submission.c.record_id == holding.c.record_id,
        submission.c.holding_id == holding.c.id,
        submission.c.state.in_(sorted(OPEN_STATES - {State.READY})),
    )
    # a row that a person or the claim rule holds back never left, unless its request had begun
    never_left = sa.exists().where(
        submission.c.record_id == holding.c.record_id,
        submission.c.holding_id == holding.c.id,
        submission.c.state == State.HELD.value,
        submission.c.request_started_at.is_(None),
    )
    found: set[tuple[str, str]] = set()
    for chunk in in_chunks(sorted(set(record_ids))):
        statement = sa.select(holding.c.record_id, holding.c.platform).where(
            holding.c.record_id.in_(chunk),
            sa.or_(holding.c.held_version.is_not(None), sa.and_(under_way, sa.not_(never_left))),
        )
        found.update((row[0], row[1]) for row in connection.execute(statement))
    return found


def unwanted_holdings(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Return those of the holdings ``ids`` that should hold nothing."""
    found: set[int] = set()
    for chunk in in_chunks(ids):
        statement = sa.select(holding.c.id).where(
            holding.c.id.in_(chunk), holding.c.wanted_version.is_(None)
        )
        found.update(connection.execute(statement).scalars())
    return found


def write_holdings(
    connection: Connection, wanted: Sequence[dict[str, Any]], cause: Cause
) -> set[tuple[str, str]]:
    """Insert holdings, or change what existing ones should hold.

    Args:
        connection: The transaction.
        wanted: The rows.
        cause: Who or what has them written, and when.

    Returns:
        The (record, platform) that should hold nothing from now on and should something before, or
        the other way round.
    """
    records = sorted({row["record_id"] for row in wanted})
    with noted(connection, [holding.c.record_id.in_(chunk) for chunk in in_chunks(records)], cause):
        return _write_holdings(connection, wanted)


def _write_holdings(
    connection: Connection, wanted: Sequence[dict[str, Any]]
) -> set[tuple[str, str]]:
    existing = {
        (row.record_id, row.platform): row
        for row in _holdings(connection, [(row["record_id"], row["platform"]) for row in wanted])
    }
    fresh = [row for row in wanted if (row["record_id"], row["platform"]) not in existing]
    if fresh:
        connection.execute(sa.insert(holding), [_whole(row) for row in fresh])
    changed = [
        {**row, "which": one.id, "wanted_key": _key_kept(row, one)}
        for row in wanted
        if (one := existing.get((row["record_id"], row["platform"]))) is not None
    ]
    if changed:
        names = (
            "wanted_version",
            "wanted_key",
            "findings",
            "replaces",
            "removal",
            "shown_until",
            "leaves_key",
            "format_digest",
            "before_start",
            "updated_at",
        )
        connection.execute(
            sa.update(holding)
            .where(holding.c.id == sa.bindparam("which"))
            .values(
                {name: sa.bindparam(f"new_{name}") for name in names}
                # what is wanted no more stays known as it was when it was
                | {
                    "leaves_key": sa.func.coalesce(
                        sa.bindparam("new_leaves_key"), holding.c.leaves_key
                    )
                }
            ),
            [
                {"which": row["which"]} | {f"new_{name}": row[name] for name in names}
                for row in changed
            ],
        )
    return {
        place
        for row in wanted
        if (before := existing.get(place := (row["record_id"], row["platform"]))) is not None
        and (before.wanted_version is None) != (row["wanted_version"] is None)
    }


def _key_kept(row: Mapping[str, Any], before: Holding) -> str | None:
    """Return the platform's key to note: of what is wanted no more and was never held, its last.

    By it the place is found, should the platform turn out to hold the record all the same.
    """
    if row["wanted_version"] is not None or before.held_version is not None:
        key: str | None = row["wanted_key"]
        return key
    return row["wanted_key"] or before.wanted_key


def _whole(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "leaves_key": bool(row["leaves_key"])}


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
            wanted_key=row.wanted_key,
            held_version=row.held_version,
            held_key=row.held_key,
            findings=tuple(row.findings),
            replaces=row.replaces,
            removal=Operation(row.removal),
            due_at=due.get((row.record_id, row.platform)),
            differs=row.differs,
        )
        for row in rows
    ]


def _open_tickets(connection: Connection, holding_ids: Sequence[int]) -> dict[int, Ticket]:
    found: dict[int, Ticket] = {}
    for chunk in in_chunks(holding_ids):
        statement = select_tickets().where(submission.c.holding_id.in_(chunk), OPEN)
        found.update({one.holding_id: one for one in read_tickets(connection, statement)})
    return found


@dataclass(slots=True)
class _Try:
    """A submission that was made for a need.

    Attributes:
        created_at: When.
        over: Whether the same may be tried again: it was cancelled for something else that was to
            be held then, or the platform has done something else with the record since.
    """

    created_at: datetime
    over: bool


def _tries(
    connection: Connection, record_ids: Sequence[str]
) -> dict[tuple[int, tuple[Operation, int] | None], list[_Try]]:
    """Return holding and need → the submissions made for it, oldest first.

    What a platform was asked and did counts no more once it has done something else since: a record
    that was taken down may be put up again, and taken down again after that.
    """
    tries: dict[tuple[int, tuple[Operation, int] | None], list[_Try]] = {}
    for chunk in in_chunks(record_ids):
        statement = (
            sa.select(
                submission.c.holding_id,
                submission.c.operation,
                submission.c.version,
                submission.c.state,
                submission.c.code,
                submission.c.created_at,
            )
            .where(submission.c.record_id.in_(chunk))
            .order_by(submission.c.id)
        )
        for row in connection.execute(statement):
            need = (Operation(row.operation), row.version)
            if row.state == State.ACCEPTED.value:
                for (holding_id, other), earlier in tries.items():
                    if holding_id == row.holding_id and other != need:
                        for one in earlier:
                            one.over = True
            overtaken = row.state == State.CANCELLED.value and row.code == SUPERSEDED
            made = _Try(row.created_at, overtaken)
            tries.setdefault((row.holding_id, need), []).append(made)
    return tries
