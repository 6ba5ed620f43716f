"""Doing one thing to every submission that a filter names, in portions (批量处置).

Each portion is a transaction of its own: what is interrupted has done whole portions, and the same
command does the rest. What does not fit is left as it is and counted with the reason.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.tables import submission
from xinqiao.errors import XinqiaoError
from xinqiao.queue.acting import Acting
from xinqiao.queue.selection import Selection, conditions
from xinqiao.queue.tickets import Ticket, read_tickets, select_tickets
from xinqiao.queue.transitions import Cause
from xinqiao.queue.verbs import CHANGED, Verb

log = structlog.get_logger()

PORTION = 500
"""Submissions in one transaction."""


@dataclass(slots=True)
class Plan:
    """What a verb would do to the submissions of a selection.

    Attributes:
        ids: Whom it would be done to, the most urgent first.
        groups: (platform, state) → how many of them.
        skipped: Reason → how many it does not fit.
    """

    ids: list[int] = field(default_factory=list)
    groups: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Done:
    """What a verb did.

    Attributes:
        done: To how many.
        skipped: Reason → how many it did not fit.
    """

    done: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


def plan(connection: Connection, verb: Verb, selection: Selection, limit: int | None) -> Plan:
    """Return what ``verb`` would do now, and change nothing.

    Args:
        connection: A reading connection.
        verb: What is to be done.
        selection: To which submissions.
        limit: Most of those that it fits; None for all.
    """
    made = Plan(skipped=_unfit(connection, verb, selection))
    fitting = (
        sa.select(submission.c.id)
        .where(*conditions(selection), submission.c.state.in_(sorted(verb.states)))
        .order_by(submission.c.due_at, submission.c.id)
    )
    for portion in _portions(connection.execute(fitting).scalars().all()):
        tickets = _read(connection, selection, portion)
        obstacles = verb.obstacles(connection, tickets)
        for ticket in tickets:
            if limit is not None and len(made.ids) >= limit:
                return made
            if ticket.id in obstacles:
                made.skipped[obstacles[ticket.id].code] += 1
            else:
                made.ids.append(ticket.id)
                made.groups[ticket.platform, ticket.state.value] += 1
    return made


def carry_out_all(
    acting: Acting, verb: Verb, selection: Selection, planned: Plan, done: Done
) -> None:
    """Do ``verb`` to what was planned and still fits; each is audited, and the run as a whole.

    Whatever stops it on the way is raised after the run so far has been audited.

    Args:
        acting: Opens the transaction of one portion.
        verb: What is done.
        selection: What was asked for; one that fits it no longer is skipped.
        planned: From :func:`plan`.
        done: Counts what is done, portion by portion: who called knows it when the run is stopped.
    """
    done.skipped += planned.skipped
    try:
        for portion in _portions(planned.ids):
            with acting() as (connection, cause):
                counts = _carry_out(connection, verb, selection, portion, cause)
            done.done += counts.done
            done.skipped += counts.skipped
    except BaseException:
        try:
            _summarise(acting, verb, selection, done, complete=False)
        except XinqiaoError as error:
            # what stopped the run may keep its entry from being written too, and is what to tell
            log.warning("bulk_not_summarised", verb=verb.name, done=done.done, code=error.code)
        raise
    _summarise(acting, verb, selection, done, complete=True)


def _carry_out(
    connection: Connection, verb: Verb, selection: Selection, ids: Sequence[int], cause: Cause
) -> Done:
    tickets = _read(connection, selection, ids)
    obstacles = verb.obstacles(connection, tickets)
    fitting = [one for one in tickets if one.id not in obstacles]
    count = len(verb.act(connection, fitting, cause)) if fitting else 0
    skipped = Counter(one.code for one in obstacles.values())
    skipped[CHANGED] += len(ids) - len(obstacles) - count
    return Done(count, +skipped)


def _unfit(connection: Connection, verb: Verb, selection: Selection) -> Counter[str]:
    """Count those in a state that ``verb`` does not fit; there may be very many of them."""
    statement = (
        sa.select(submission.c.state, sa.func.count())
        .where(*conditions(selection), submission.c.state.not_in(sorted(verb.states)))
        .group_by(submission.c.state)
    )
    return Counter({row[0]: row[1] for row in connection.execute(statement)})


def _read(connection: Connection, selection: Selection, ids: Sequence[int]) -> list[Ticket]:
    """Return those of ``ids`` that the selection still names, the most urgent first."""
    statement = (
        select_tickets()
        .where(submission.c.id.in_(ids), *conditions(selection))
        .order_by(submission.c.due_at, submission.c.id)
    )
    return read_tickets(connection, statement)


def _portions(ids: Sequence[int]) -> Iterator[list[int]]:
    remaining = iter(ids)
    while portion := list(islice(remaining, PORTION)):
        yield portion


def _summarise(
    acting: Acting, verb: Verb, selection: Selection, done: Done, *, complete: bool
) -> None:
    skipped = " ".join(f"{code}={count}" for code, count in sorted(done.skipped.items()))
    with acting() as (connection, cause):
        entry = Entry(
            "queue.bulk",
            platform=selection.only_platform,
            reason=cause.reason,
            details={
                "verb": verb.name,
                "filter": selection.described(),
                "done": done.done,
                "skipped": skipped,
                "complete": complete,
                **verb.details,
            },
        )
        append(connection, [entry], actor=cause.actor, at=cause.at)
