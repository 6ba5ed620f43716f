"""Taking over as held what a platform shows of our records, without sending anything (接管).

What is owed of them is closed, what waits to be sent is given up, and from then on a change goes
out like any other. Each step is audited in the same transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.audit.holdings import noted
from xinqiao.clock import start_of
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import duty, holding
from xinqiao.queue.adoptable import Candidate, Judged, Verdict, never_left, open_tickets
from xinqiao.queue.adopted import HOW_TO_CORRECT
from xinqiao.queue.duties import Owed, open_duties
from xinqiao.queue.holdings import SUPERSEDED, replan
from xinqiao.queue.moments import MomentRule
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.states import State
from xinqiao.queue.transitions import Cause, Move, advance

DIFFERS_THERE = "differs_there"
"""Code of a submission that is kept back since the platform held something else before us."""

_PLATFORM_TIME = "platform_time"
"""Which moment counts as reported: the platform's own of its taking in."""

_KEPT_BACK = (
    "平台原有的一条与本条不一致（{fields}），没有报送：平台对的，更正本地记录后重新导入；"
    f"本条对的，{HOW_TO_CORRECT}"
)


def hold(
    connection: Connection,
    planner: Planner,
    platform: str,
    judged: Sequence[Judged],
    adoption_id: int,
    cause: Cause,
) -> list[Judged]:
    """Take over as held what ``judged`` says; return what was.

    Left out is what somebody else began to send in the meantime.

    Args:
        connection: The write transaction in which it was judged.
        planner: Plans what follows.
        platform: Whose entries they are.
        judged: Entries with a candidate that is not held.
        adoption_id: The adoption that read them.
        cause: Who takes them over, when and why.
    """
    places = {one.candidate.holding_id: one for one in judged if one.candidate is not None}
    left = _give_up(connection, list(places), cause)
    done = {number: one for number, one in places.items() if number not in left}
    _believe(connection, done, cause)
    candidates = [one.candidate for one in done.values() if one.candidate is not None]
    standing = [one for one in candidates if one.withdrawn_on is None]
    _close_duties(connection, platform, done, cause)
    _audit(connection, platform, done, adoption_id, cause)
    early = [one.change for one in standing if one.before_start]
    planner.plan_adopted(connection, platform, early, cause)
    gone = [one for one in candidates if one.withdrawn_on is not None]
    _owe_withdrawals(connection, planner, platform, gone, cause)
    replan(connection, [(one.change.record_id, platform) for one in candidates], cause)
    return list(done.values())


def keep_back(connection: Connection, judged: Sequence[Judged], cause: Cause) -> int:
    """Hand to a person what waits to be sent under a key where the platform shows something else.

    Returns:
        How many submissions that were.
    """
    places = {one.candidate.holding_id: one for one in judged if one.candidate is not None}
    moves = []
    for ticket in open_tickets(connection, list(places)):
        if ticket.state is not State.READY:
            continue
        fields = "、".join(one.name for one in places[ticket.holding_id].differences)
        message = _KEPT_BACK.format(fields=fields or "台账里同一编号有不同的两条")
        values = {"code": DIFFERS_THERE, "message": message}
        details = {"code": DIFFERS_THERE}
        moves.append(
            Move(ticket.id, ticket.state, State.HELD, ticket.fence, values=values, details=details)
        )
    return len(advance(connection, moves, cause))


def _give_up(connection: Connection, holding_ids: Sequence[int], cause: Cause) -> set[int]:
    """Cancel what did not leave; return the holdings of what may have."""
    tickets = open_tickets(connection, holding_ids)
    moves = {
        one.id: Move(
            one.id,
            one.state,
            State.CANCELLED,
            one.fence,
            values={"code": SUPERSEDED},
            details={"why": "adopted"},
        )
        for one in tickets
        if never_left(one)
    }
    made = {move.submission_id for move in advance(connection, list(moves.values()), cause)}
    return {one.holding_id for one in tickets if one.id not in made}


def _believe(connection: Connection, done: Mapping[int, Judged], cause: Cause) -> None:
    rows = [
        {
            "which": number,
            "its_version": one.candidate.change.version,
            "its_key": one.key,
            "its_reference": one.entry.reference,
            "its_time": _taken_in(one, cause),
            # which version is there nobody knows: the present one goes there once
            "its_difference": one.verdict is Verdict.UNTOLD,
        }
        for number, one in done.items()
        if one.candidate is not None
    ]
    if not rows:
        return
    statement = (
        sa.update(holding)
        .where(holding.c.id == sa.bindparam("which"))
        .values(
            held_version=sa.bindparam("its_version"),
            held_key=sa.bindparam("its_key"),
            reference=sa.bindparam("its_reference"),
            adopted_at=cause.at,
            adopted_version=sa.bindparam("its_version"),
            adopted_key=sa.bindparam("its_key"),
            taken_in_at=sa.bindparam("its_time"),
            differs=sa.bindparam("its_difference"),
            before_start=False,
            updated_at=cause.at,
        )
    )
    these = [holding.c.id.in_(chunk) for chunk in in_chunks([row["which"] for row in rows])]
    with noted(connection, these, cause):
        connection.execute(statement, rows)


def _taken_in(one: Judged, cause: Cause) -> datetime | None:
    """Return when the platform says it took an entry in; None where that cannot be.

    It can be neither later than now nor before the day of the decision.
    """
    at = one.entry.at
    if at is None or not MomentRule().believes(at, None, cause.at):
        return None
    decided_on = None if one.candidate is None else one.candidate.change.decided_on
    return None if decided_on is not None and at < start_of(decided_on) else at


def _close_duties(
    connection: Connection, platform: str, done: Mapping[int, Judged], cause: Cause
) -> None:
    """Close what is owed of what is held now; reported when the platform took it in."""
    taken = {
        one.candidate.change.record_id: _taken_in(one, cause)
        for one in done.values()
        if one.candidate is not None
    }
    rows = open_at(connection, platform, taken)
    if not rows:
        return
    connection.execute(
        sa.update(duty)
        .where(duty.c.id == sa.bindparam("which"))
        .values(
            closed_at=cause.at,
            closed_by="adopted",
            reported_at=sa.bindparam("its_time"),
            reported_by=sa.bindparam("told_by"),
        ),
        [
            {
                "which": row.id,
                "its_time": taken[row.record_id],
                "told_by": None if taken[row.record_id] is None else _PLATFORM_TIME,
            }
            for row in rows
        ],
    )
    entries = [
        Entry(
            "duty.adopted",
            record_id=row.record_id,
            platform=platform,
            reason=cause.reason,
            details={"rule": row.rule},
        )
        for row in rows
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)


def open_at(
    connection: Connection, platform: str, record_ids: Collection[str]
) -> list[sa.Row[Any]]:
    """Return the open duties of records at one platform."""
    found: list[sa.Row[Any]] = []
    for chunk in in_chunks(record_ids):
        statement = sa.select(duty.c.id, duty.c.record_id, duty.c.rule).where(
            duty.c.record_id.in_(chunk),
            duty.c.platform == platform,
            duty.c.closed_at.is_(None),
        )
        found += connection.execute(statement)
    return found


def _audit(
    connection: Connection,
    platform: str,
    done: Mapping[int, Judged],
    adoption_id: int,
    cause: Cause,
) -> None:
    entries = [
        Entry(
            "holding.adopted",
            record_id=one.candidate.change.record_id,
            platform=platform,
            reason=cause.reason,
            details={
                "adoption": adoption_id,
                "version": one.candidate.change.version,
                "different": bool(one.differences),
                "by_number_only": one.by_number_only,
            },
        )
        for one in done.values()
        if one.candidate is not None
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)


def _owe_withdrawals(
    connection: Connection,
    planner: Planner,
    platform: str,
    gone: Sequence[Candidate],
    cause: Cause,
) -> None:
    """Have a platform let go of what was withdrawn here and turns out to be held there.

    It is owed by a date only if the revocation came after the hub began to report there.
    """
    if not gone:
        return
    last = _last_versions(connection, [one.change.record_id for one in gone])
    owed = []
    for one in gone:
        change = one.change
        rule = planner.change_rules(change.kind, change.content).get(platform)
        revoked_on = one.withdrawn_on
        if rule is None or revoked_on is None or planner.starts.precedes(platform, revoked_on):
            continue
        version = max(change.version, last.get(change.record_id, 0)) + 1
        owed.append(Owed(change.record_id, platform, rule, version, revoked_on))
    open_duties(connection, owed, planner.counting, planner.calendar, cause)
    ids = [one.holding_id for one in gone]
    for chunk in in_chunks(ids):
        these = holding.c.id.in_(chunk)
        with noted(connection, [these], cause):
            connection.execute(sa.update(holding).where(these).values(wanted_key=None))


def _last_versions(connection: Connection, record_ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in in_chunks(record_ids):
        statement = (
            sa.select(duty.c.record_id, sa.func.max(duty.c.version))
            .where(duty.c.record_id.in_(chunk))
            .group_by(duty.c.record_id)
        )
        found.update((row[0], row[1]) for row in connection.execute(statement))
    return found
