"""What operators do to submissions: each with a reason, each audited (人工处置)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Outcome
from xinqiao.clock import local_date, start_of
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import submission
from xinqiao.errors import InputError
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue import retrying
from xinqiao.queue.beliefs import disbelieve
from xinqiao.queue.claims import UNSENT, sent_again
from xinqiao.queue.holdings import replan
from xinqiao.queue.moments import MomentRule
from xinqiao.queue.settlement import Decision, settle
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.transitions import Cause
from xinqiao.queue.verbs import Obstacle, Verb, audit_each, carry_out, move, nothing_else
from xinqiao.queue.verdicts import BY_HAND, Verdict

_LONGEST_MESSAGE = 500


class Resolution(StrEnum):
    """What a person found out about a submission whose fate was unknown."""

    ACCEPTED = "accepted"
    """The platform holds it (平台已入库)."""

    ABSENT = "absent"
    """The platform never got it; it may be sent again (平台没有)."""

    REJECTED = "rejected"
    """The platform refused it (平台已退回)."""


_SETTLED = {
    Resolution.ACCEPTED: (State.ACCEPTED, Outcome.ACCEPTED),
    Resolution.ABSENT: (State.READY, Outcome.RETRYABLE),
    Resolution.REJECTED: (State.REJECTED, Outcome.REJECTED),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a resolution by hand rests on: the name and SHA-256 of a file that was shown."""

    file_name: str
    sha256: str


def _hold(connection: Connection, tickets: Sequence[Ticket], cause: Cause) -> set[int]:
    values = _noted(connection, tickets, f"人工挂起：{cause.reason}")
    return move(connection, tickets, State.HELD, cause, values)


def _release(connection: Connection, tickets: Sequence[Ticket], cause: Cause) -> set[int]:
    free = {"next_attempt_at": cause.at, "code": "", "message": ""}
    done = move(connection, tickets, State.READY, cause, {one.id: free for one in tickets})
    # its record may have changed while it was kept back
    replan(connection, [(one.record_id, one.platform) for one in tickets if one.id in done], cause)
    return done


def _cancel(connection: Connection, tickets: Sequence[Ticket], cause: Cause) -> set[int]:
    values = _noted(connection, tickets, f"人工取消：{cause.reason}")
    done = move(connection, tickets, State.CANCELLED, cause, values)
    # what a person gives up is not counted as reported, whatever the platform had said
    disbelieve(connection, [one for one in tickets if one.id in done], cause)
    # a newer version may have waited for it
    replan(connection, [(one.record_id, one.platform) for one in tickets if one.id in done], cause)
    return done


def _noted(
    connection: Connection, tickets: Sequence[Ticket], remark: str
) -> dict[int, dict[str, object]]:
    """Return what is noted at each submission: the person's words, and what was said before."""
    values: dict[int, dict[str, object]] = {}
    shown = mask_identity_numbers(remark)
    for chunk in in_chunks([one.id for one in tickets]):
        statement = sa.select(submission.c.id, submission.c.message)
        for row in connection.execute(statement.where(submission.c.id.in_(chunk))):
            before = f"（此前：{row.message}）" if row.message else ""
            values[row.id] = {"message": f"{shown}{before}"[:_LONGEST_MESSAGE]}
    return values


def _may_have_left(
    verb: str, _connection: Connection, tickets: Sequence[Ticket]
) -> dict[int, Obstacle]:
    """Return those that were held while it was unknown whether they had arrived."""
    return {
        one.id: Obstacle(
            "may_have_left",
            f"报送件 {one.id} 是否到达平台尚不清楚，不能{verb}；"
            "请先到平台核实，再用 xinqiao queue resolve 登记结果",
        )
        for one in tickets
        if one.state is State.HELD and one.request_started_at is not None
    }


@dataclass(frozen=True, slots=True)
class Proven:
    """When the platform took something in, as far as a person can prove it.

    Attributes:
        on: The day, in Asia/Shanghai; None where only that it did is known.
        rules: Platform → which moment counts there, for what no day is proven of.
    """

    on: date | None = None
    rules: Mapping[str, MomentRule] = field(default_factory=dict)

    @property
    def at(self) -> datetime | None:
        """The instant; the day tells no time, and its beginning is as early as it can have been."""
        return None if self.on is None else start_of(self.on)


def proven_on(day: date | None, today: date) -> date | None:
    """Return the day that a person says.

    Raises:
        InputError: It is not over yet.
    """
    if day is not None and day > today:
        raise InputError(f"入库日期 {day} 还没有到，请核对")
    return day


def too_early(day: date | None, ticket: Ticket) -> bool:
    """Tell whether a platform cannot have taken in on ``day`` what was sent later."""
    begun = ticket.request_started_at
    return day is not None and begun is not None and day < local_date(begun)


def _sent_later(
    day: date | None, _connection: Connection, tickets: Sequence[Ticket]
) -> dict[int, Obstacle]:
    return {
        one.id: Obstacle(
            "sent_later",
            f"报送件 {one.id} 在 {day} 以后才报送，平台那天不可能已入库；请核对 --reported-on",
        )
        for one in tickets
        if too_early(day, one)
    }


def resolving(resolution: Resolution, evidence: Evidence, proven: Proven | None = None) -> Verb:
    """Return the verb that records what a person found at the platform.

    Args:
        resolution: What it is.
        evidence: What it rests on.
        proven: When the platform took it in, of what it holds.
    """
    after, outcome = _SETTLED[resolution]
    proven = proven or Proven()

    def act(connection: Connection, tickets: Sequence[Ticket], cause: Cause) -> set[int]:
        under_way = sent_again(connection, tickets, cause.at) if after is State.READY else set()
        verdict = Verdict(
            outcome,
            BY_HAND,
            f"人工核实：{cause.reason}",
            at=proven.at,
            named=False,
            by_person=proven.on is not None,
        )
        values = {**UNSENT, "next_attempt_at": cause.at} if after is State.READY else {}
        decisions = [
            # a worker that is asking at this moment loses its claim: the person's word stands
            Decision(one, after, verdict, {**values, "fence": one.fence + 1, "waits_for": ""})
            for one in tickets
            if one.id not in under_way
        ]
        done = [
            one.ticket
            for platform in sorted({one.ticket.platform for one in decisions})
            for one in settle(
                connection,
                [one for one in decisions if one.ticket.platform == platform],
                cause,
                proven.rules.get(platform),
            )
        ]
        audit_each(connection, "submission.resolved_by_hand", done, cause, details)
        return {one.id for one in done}

    details = {
        "as": resolution.value,
        "evidence": evidence.file_name,
        "sha256": evidence.sha256,
        **({} if proven.on is None else {"reported_on": proven.on.isoformat()}),
    }
    states = frozenset({State.HELD, State.IN_DOUBT, State.CONFLICT})
    return Verb("resolve", "核实", states, partial(_sent_later, proven.on), act, details)


RETRY = Verb(
    "retry", "重试", retrying.WAITING | retrying.GIVEN_UP, retrying.hinder, retrying.act, {}
)
"""Try again now: brings a waiting one forward, sends a refused or cancelled version anew."""

HOLD = Verb(
    "hold",
    "挂起",
    frozenset({State.READY, State.IN_DOUBT, State.CONFLICT}),
    nothing_else,
    _hold,
    {},
)
"""Keep submissions from being sent, or asked about, until a person decides."""

RELEASE = Verb(
    "release", "放行", frozenset({State.HELD}), partial(_may_have_left, "放行"), _release, {}
)
"""Let held submissions be sent; not while it is unknown whether they arrived."""

CANCEL = Verb(
    "cancel",
    "取消",
    frozenset({State.READY, State.HELD, State.CONFLICT}),
    partial(_may_have_left, "取消"),
    _cancel,
    {},
)
"""Give submissions up; not one that may have left. The duty stays open."""

VERBS = {verb.name: verb for verb in (RETRY, HOLD, RELEASE, CANCEL)}
"""Command → what it does, for those that need nothing but a reason."""


def retry(connection: Connection, ids: Sequence[int], cause: Cause) -> None:
    """Do :data:`RETRY` to all of ``ids`` or to none."""
    carry_out(connection, RETRY, ids, cause)


def hold(connection: Connection, ids: Sequence[int], cause: Cause) -> None:
    """Do :data:`HOLD` to all of ``ids`` or to none."""
    carry_out(connection, HOLD, ids, cause)


def release(connection: Connection, ids: Sequence[int], cause: Cause) -> None:
    """Do :data:`RELEASE` to all of ``ids`` or to none."""
    carry_out(connection, RELEASE, ids, cause)


def cancel(connection: Connection, ids: Sequence[int], cause: Cause) -> None:
    """Do :data:`CANCEL` to all of ``ids`` or to none."""
    carry_out(connection, CANCEL, ids, cause)


def resolve(
    connection: Connection,
    ids: Sequence[int],
    cause: Cause,
    *,
    resolution: Resolution,
    evidence: Evidence,
) -> None:
    """Record what a person found at the platform about all of ``ids``, or about none."""
    carry_out(connection, resolving(resolution, evidence), ids, cause)
