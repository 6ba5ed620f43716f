"""What operators do to submissions: each with a reason, each audited (人工处置)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation, Outcome
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.tables import OPEN, holding, submission
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue.claims import UNSENT
from xinqiao.queue.holdings import needed, read_holdings, replan, submission_values
from xinqiao.queue.settlement import Decision, settle
from xinqiao.queue.states import CHINESE, State
from xinqiao.queue.tickets import Ticket, tickets_by_id
from xinqiao.queue.transitions import Cause, Move, advance, create
from xinqiao.queue.verdicts import Verdict


class Resolution(StrEnum):
    """What a person found out about a submission whose fate was unknown."""

    ACCEPTED = "accepted"
    """The platform holds it (平台已入库)."""

    ABSENT = "absent"
    """The platform never got it; it may be sent again (平台没有)."""

    REJECTED = "rejected"
    """The platform refused it (平台已退回)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a resolution by hand rests on: the name and SHA-256 of a file that was shown."""

    file_name: str
    sha256: str


def retry(connection: Connection, ids: Sequence[int], cause: Cause) -> None:
    """Try again now: brings a waiting one forward, sends a refused or cancelled version anew."""
    for ticket in _tickets(connection, ids):
        if ticket.state in (State.READY, State.IN_DOUBT):
            _bring_forward(connection, ticket, cause)
        elif ticket.state in (State.REJECTED, State.CANCELLED):
            _send_anew(connection, ticket, cause)
        else:
            raise _refusal(ticket, "重试", "待报送、待核实、被退回或已取消")


def hold(connection: Connection, ids: Sequence[int], cause: Cause) -> None:
    """Keep ready submissions from being sent until they are released."""
    tickets = _tickets(connection, ids)
    _require(tickets, {State.READY, State.CONFLICT}, "挂起")
    _advance(connection, tickets, State.HELD, cause)


def release(connection: Connection, ids: Sequence[int], cause: Cause) -> None:
    """Let held submissions be sent; refused while it is unknown whether they arrived.

    One that was overtaken while it was held is replaced by what the platform should hold now.
    """
    tickets = _tickets(connection, ids)
    _require(tickets, {State.HELD}, "放行")
    _require_unsent(tickets, "放行")
    _advance(connection, tickets, State.READY, cause)
    _replan(connection, tickets, cause)


def cancel(connection: Connection, ids: Sequence[int], cause: Cause) -> None:
    """Give submissions up; refused for one that may have left. The duty stays open.

    A newer version that had to wait behind one of them is on its way from now on.
    """
    tickets = _tickets(connection, ids)
    _require(tickets, {State.READY, State.HELD, State.CONFLICT}, "取消")
    _require_unsent([one for one in tickets if one.state is State.HELD], "取消")
    _advance(connection, tickets, State.CANCELLED, cause)
    _replan(connection, tickets, cause)


def resolve(
    connection: Connection,
    ids: Sequence[int],
    cause: Cause,
    *,
    resolution: Resolution,
    evidence: Evidence,
) -> None:
    """Record what a person found at the platform about held, doubtful or conflicting ones."""
    tickets = _tickets(connection, ids)
    _require(tickets, {State.HELD, State.IN_DOUBT, State.CONFLICT}, "核实")
    after = {
        Resolution.ACCEPTED: State.ACCEPTED,
        Resolution.REJECTED: State.REJECTED,
        Resolution.ABSENT: State.READY,
    }[resolution]
    conflicting = [one for one in tickets if one.state is State.CONFLICT]
    if conflicting and after is not State.ACCEPTED:
        raise _refusal(conflicting[0], f"核实为 {resolution}", "已挂起或待核实")
    outcome = {
        State.ACCEPTED: Outcome.ACCEPTED,
        State.REJECTED: Outcome.REJECTED,
        State.READY: Outcome.RETRYABLE,
    }[after]
    # the lease of a worker that is asking at this moment ends here: the person's word stands
    verdict = Verdict(outcome, "by_hand", f"人工核实：{cause.reason}", named=False)
    values = {**UNSENT, "next_attempt_at": cause.at} if after is State.READY else {}
    decisions = [Decision(one, after, verdict, values) for one in tickets]
    _all_or_none(len(settle(connection, decisions, cause)), tickets)
    _audit(
        connection,
        "submission.resolved_by_hand",
        tickets,
        cause,
        {"as": resolution.value, "evidence": evidence.file_name, "sha256": evidence.sha256},
    )


def _bring_forward(connection: Connection, ticket: Ticket, cause: Cause) -> None:
    connection.execute(
        sa.update(submission)
        .where(submission.c.id == ticket.id, submission.c.fence == ticket.fence)
        .values(next_attempt_at=cause.at)
    )
    _audit(connection, "submission.brought_forward", [ticket], cause, {})


def _send_anew(connection: Connection, ticket: Ticket, cause: Cause) -> None:
    (row,) = read_holdings(connection, holding.c.id == ticket.holding_id)
    if needed(row) != (Operation(ticket.operation), ticket.version):
        raise RefusedError(
            f"报送件 {ticket.id} 的记录已有更新的版本、已撤回或尚有错误，不再重试；"
            "请看同一记录的新报送件"
        )
    made = sa.select(sa.func.count()).where(submission.c.holding_id == ticket.holding_id)
    tries = connection.execute(
        made.where(
            submission.c.version == ticket.version, submission.c.operation == ticket.operation
        )
    ).scalar_one()
    # another version on its way counts as well: one at a time at each holding
    if connection.execute(made.where(OPEN)).scalar_one():
        raise RefusedError(f"报送件 {ticket.id} 的记录已有进行中的报送件，不能重试")
    create(connection, [submission_values(row, cause, again=tries)], cause)


def _tickets(connection: Connection, ids: Sequence[int]) -> list[Ticket]:
    found = tickets_by_id(connection, ids)
    missing = [str(one) for one in ids if one not in found]
    if missing:
        raise InputError(f"没有编号为 {'、'.join(missing)} 的报送件；用 xinqiao queue list 查看")
    return list(found.values())


def _require(tickets: Sequence[Ticket], states: set[State], verb: str) -> None:
    for ticket in tickets:
        if ticket.state not in states:
            names = "、".join(CHINESE[state] for state in State if state in states)
            raise _refusal(ticket, verb, names)


def _require_unsent(tickets: Sequence[Ticket], verb: str) -> None:
    for ticket in tickets:
        if ticket.request_started_at is not None:
            raise RefusedError(
                f"报送件 {ticket.id} 是否到达平台尚不清楚，不能{verb}；"
                "请先到平台核实，再用 xinqiao queue resolve 登记结果"
            )


def _refusal(ticket: Ticket, verb: str, names: str) -> RefusedError:
    return RefusedError(
        f"报送件 {ticket.id} 现在是“{CHINESE[ticket.state]}”，不能{verb}；只有{names}的可以"
    )


def _advance(connection: Connection, tickets: Sequence[Ticket], after: State, cause: Cause) -> None:
    moves = [
        Move(one.id, one.state, after, one.fence, values={"next_attempt_at": cause.at})
        for one in tickets
    ]
    _all_or_none(len(advance(connection, moves, cause)), tickets)


def _replan(connection: Connection, tickets: Sequence[Ticket], cause: Cause) -> None:
    replan(connection, [(one.record_id, one.platform) for one in tickets], cause)


def _all_or_none(done: int, tickets: Sequence[Ticket]) -> None:
    if done < len(tickets):
        raise RefusedError("有报送件刚刚被别的程序改动，本次操作没有执行；请查看后再试")


def _audit(
    connection: Connection,
    action: str,
    tickets: Sequence[Ticket],
    cause: Cause,
    details: dict[str, str],
) -> None:
    entries = [
        Entry(action, one.record_id, one.id, one.platform, cause.reason, details) for one in tickets
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)


Verb = Callable[[Connection, Sequence[int], Cause], None]
"""An operator's action on submissions: all of them, or none."""
