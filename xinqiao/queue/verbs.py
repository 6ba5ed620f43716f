"""What a verb of the operators is made of, and how it is carried out on numbers (人工处置).

A verb says which submissions it fits and what it does to many of them at once. On numbers that a
person names it is done to all or to none; :mod:`xinqiao.queue.bulk` does it to all that fit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Detail, Entry
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue.selection import NUMBERS
from xinqiao.queue.states import CHINESE, State
from xinqiao.queue.tickets import Ticket, tickets_by_id
from xinqiao.queue.transitions import Cause, Move, advance

CHANGED = "changed"
"""Code of a submission that somebody else changed, or has under way, at this very moment."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a verb does not fit one submission.

    Attributes:
        code: Stable English word, by which many are counted: a state, or what stands in the way.
        message: For the person who named this very submission; Chinese.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing that operators do to submissions.

    Attributes:
        name: English word of the command.
        title: What operators read.
        states: States that it fits.
        hinder: Returns submission → what else stands in the way, of those in a fitting state.
        act: Does it, and returns the numbers of those that it was done to.
        details: Facts for the audit entry of a bulk run.
    """

    name: str
    title: str
    states: frozenset[State]
    hinder: Callable[[Connection, Sequence[Ticket]], Mapping[int, Obstacle]]
    act: Callable[[Connection, Sequence[Ticket], Cause], set[int]]
    details: Mapping[str, Detail]

    def obstacles(self, connection: Connection, tickets: Sequence[Ticket]) -> dict[int, Obstacle]:
        """Return submission → why the verb does not fit it; those that it fits are left out."""
        found = {one.id: self._unfit(one) for one in tickets if one.state not in self.states}
        fitting = [one for one in tickets if one.id not in found]
        return {**found, **self.hinder(connection, fitting)}

    def _unfit(self, ticket: Ticket) -> Obstacle:
        names = "、".join(CHINESE[state] for state in State if state in self.states)
        return Obstacle(
            ticket.state.value,
            f"报送件 {ticket.id} 现在是“{CHINESE[ticket.state]}”，不能{self.title}；"
            f"只有{names}的可以",
        )


def carry_out(connection: Connection, verb: Verb, ids: Sequence[int], cause: Cause) -> int:
    """Do ``verb`` to all submissions of ``ids`` or to none; return how many they are.

    Raises:
        InputError: One of them does not exist.
        RefusedError: It does not fit one of them; the message names the first and says why.
    """
    found = tickets_by_id(connection, [one for one in ids if one in NUMBERS])
    missing = [str(one) for one in ids if one not in found]
    if missing:
        raise InputError(f"没有编号为 {'、'.join(missing)} 的报送件；用 xinqiao queue list 查看")
    tickets = [found[one] for one in sorted(found)]
    obstacles = verb.obstacles(connection, tickets)
    for ticket in tickets:
        if ticket.id in obstacles:
            raise RefusedError(obstacles[ticket.id].message)
    if len(verb.act(connection, tickets, cause)) < len(tickets):
        raise RefusedError("有报送件刚刚被别的程序改动或正在核实，没有执行；请稍后查看再试")
    return len(tickets)


def nothing_else(_connection: Connection, _tickets: Sequence[Ticket]) -> dict[int, Obstacle]:
    """Return no obstacle: the state alone decides."""
    return {}


def move(
    connection: Connection,
    tickets: Sequence[Ticket],
    after: State,
    cause: Cause,
    values: Mapping[int, Mapping[str, object]],
) -> set[int]:
    """Move ``tickets`` to ``after``; return those that were still as they had been read.

    A worker that is asking about one of them loses its claim: its result is dropped.

    Args:
        connection: The write transaction in which they were read.
        tickets: The submissions.
        after: The state they go to.
        cause: Who does it, when and why.
        values: Submission → further columns that change.
    """
    moves = [
        Move(
            one.id,
            one.state,
            after,
            one.fence,
            values={
                "fence": one.fence + 1,
                "lease_owner": None,
                "lease_until": None,
                "waits_for": "",
                **values[one.id],
            },
        )
        for one in tickets
    ]
    return {one.submission_id for one in advance(connection, moves, cause)}


def audit_each(
    connection: Connection,
    action: str,
    tickets: Sequence[Ticket],
    cause: Cause,
    details: Mapping[str, Detail],
) -> None:
    """Append one entry per submission, for what is no change of state."""
    entries = [
        Entry(action, one.record_id, one.id, one.platform, cause.reason, details) for one in tickets
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)
