"""Trying again on a person's word: what waits comes forward, what was given up goes out anew."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import holding, submission
from xinqiao.queue.holdings import Holding, needed, read_holdings, submission_values
from xinqiao.queue.states import OPEN, State
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.transitions import Cause, create
from xinqiao.queue.verbs import Obstacle, audit_each

WAITING = frozenset({State.READY, State.IN_DOUBT})
"""States in which a submission is only brought forward."""

GIVEN_UP = frozenset({State.REJECTED, State.CANCELLED})
"""States in which the same version is sent anew."""

BY_HAND = "by_hand"
"""Waits for nothing: a person brought it forward."""


def hinder(connection: Connection, tickets: Sequence[Ticket]) -> dict[int, Obstacle]:
    """Return submission → why its version cannot be sent anew."""
    anew = [one for one in tickets if one.state in GIVEN_UP]
    wanted = _holdings(connection, anew)
    busy = _busy(connection, anew)
    last = {one.holding_id: one.id for one in sorted(anew, key=lambda one: one.id)}
    return {
        one.id: obstacle
        for one in anew
        if (obstacle := _obstacle(one, wanted[one.holding_id], busy, last[one.holding_id]))
    }


def act(connection: Connection, tickets: Sequence[Ticket], cause: Cause) -> set[int]:
    """Bring forward what waits and create anew what was given up; return whom it was done to."""
    waiting = [one for one in tickets if one.state in WAITING]
    forward = _bring_forward(connection, [one.id for one in waiting], cause)
    brought = [one for one in waiting if one.id in forward]
    audit_each(connection, "submission.brought_forward", brought, cause, {})
    anew = [one for one in tickets if one.state in GIVEN_UP]
    wanted = _holdings(connection, anew)
    tries = _tries(connection, anew)
    rows = [
        submission_values(wanted[one.holding_id], cause, again=tries[_attempted(one)])
        for one in anew
    ]
    create(connection, rows, cause)
    return forward | {one.id for one in anew}


def _obstacle(ticket: Ticket, row: Holding, busy: set[int], last: int) -> Obstacle | None:
    if needed(row) != (Operation(ticket.operation), ticket.version):
        return Obstacle(
            "not_needed",
            f"报送件 {ticket.id} 的记录已有更新的版本、已撤回或尚有错误，不再重试；"
            "请看同一记录的新报送件",
        )
    # of several tries of one version only the last is tried again
    if ticket.holding_id in busy or ticket.id != last:
        return Obstacle("busy", f"报送件 {ticket.id} 的记录已有进行中的报送件，不能重试")
    return None


def _bring_forward(connection: Connection, ids: Sequence[int], cause: Cause) -> set[int]:
    done: set[int] = set()
    for chunk in in_chunks(ids):
        statement = (
            sa.update(submission)
            .where(submission.c.id.in_(chunk), submission.c.state.in_(sorted(WAITING)))
            .values(next_attempt_at=cause.at, waits_for=BY_HAND)
            .returning(submission.c.id)
        )
        done.update(connection.execute(statement).scalars())
    return done


def _holdings(connection: Connection, tickets: Sequence[Ticket]) -> dict[int, Holding]:
    return {
        row.id: row
        for chunk in _holding_ids(tickets)
        for row in read_holdings(connection, holding.c.id.in_(chunk))
    }


def _busy(connection: Connection, tickets: Sequence[Ticket]) -> set[int]:
    """Return the holdings of ``tickets`` that have a submission under way."""
    found: set[int] = set()
    for chunk in _holding_ids(tickets):
        statement = sa.select(submission.c.holding_id).where(
            submission.c.holding_id.in_(chunk), submission.c.state.in_(sorted(OPEN))
        )
        found.update(connection.execute(statement).scalars())
    return found


def _tries(connection: Connection, tickets: Sequence[Ticket]) -> dict[tuple[int, str, int], int]:
    """Return holding, operation and version → how often it was tried."""
    tries: dict[tuple[int, str, int], int] = {}
    for chunk in in_chunks(sorted({one.record_id for one in tickets})):
        key = (submission.c.holding_id, submission.c.operation, submission.c.version)
        statement = (
            # by record, which has an index of its own; finished ones of a holding have none
            sa.select(*key, sa.func.count()).where(submission.c.record_id.in_(chunk)).group_by(*key)
        )
        tries.update({(row[0], row[1], row[2]): row[3] for row in connection.execute(statement)})
    return tries


def _attempted(ticket: Ticket) -> tuple[int, str, int]:
    return ticket.holding_id, ticket.operation, ticket.version


def _holding_ids(tickets: Sequence[Ticket]) -> Iterator[list[int]]:
    return in_chunks(sorted({one.holding_id for one in tickets}))
