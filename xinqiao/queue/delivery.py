"""Delivering: what a platform is owed and may be sent now (报送).

Three short transactions around every call, none open during it: submissions are claimed; their
batch is stored and its request marked as begun; the answer is settled. A crash before the second
leaves them ready, after it in doubt.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Outcome, Reply
from xinqiao.errors import SettingsError, XinqiaoError
from xinqiao.queue import batches, claims
from xinqiao.queue.calls import (
    Admission,
    admission,
    begin_call,
    call_under_way,
    finish_call,
)
from xinqiao.queue.claims import UNSENT
from xinqiao.queue.duplicates import resolve_duplicates
from xinqiao.queue.platforms import Platform
from xinqiao.queue.resting import is_trouble, note_reply
from xinqiao.queue.rows import Rows, leave_out_held_before, render
from xinqiao.queue.settlement import Decision, note_serial, settle
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.transitions import Cause, Move, advance
from xinqiao.queue.verdicts import Verdict, of_reply
from xinqiao.queue.worker import Worker

log = structlog.get_logger()

AFTER = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.RECEIVED: State.AWAITING_RECEIPT,
    Outcome.REJECTED: State.REJECTED,
    Outcome.DUPLICATE: State.IN_DOUBT,
    Outcome.IN_DOUBT: State.IN_DOUBT,
    Outcome.RATE_LIMITED: State.READY,
    Outcome.AUTH: State.READY,
    Outcome.RETRYABLE: State.READY,
}
"""Outcome of a send → state. A duplicate that could not be compared stays in doubt."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one lane is to send: claimed, and its call permitted."""

    tickets: Sequence[Ticket]
    call: int
    lease_end: float

    @property
    def suspect(self) -> bool:
        """Whether a worker died with one of them before: it must not take others with it."""
        return any(ticket.deaths > 1 for ticket in self.tickets)


_Sent = Future[tuple[Counter[State], bool]]
"""What comes of one claim: the states reached, and whether the platform is in trouble."""


@dataclass(slots=True)
class Delivered:
    """What delivering came to.

    Attributes:
        reached: How many submissions reached each state.
        unfinished: Whether the turn ended while more may have been due.
        trouble: Whether the platform is in trouble.
    """

    reached: Counter[State] = field(default_factory=Counter)
    unfinished: bool = False
    trouble: bool = False

    def take(self, sent: Iterable[_Sent]) -> None:
        """Add what came of some claims, all of which are over.

        Raises:
            XinqiaoError: What went wrong with one of them.
        """
        for one in sent:
            reached, trouble = one.result()
            self.reached += reached
            self.trouble = self.trouble or trouble


def deliver(worker: Worker, platform: Platform, turn_seconds: float = float("inf")) -> Delivered:
    """Send what is due to ``platform``, over as many lanes as it and this process allow.

    Stops early when the platform is in trouble, when the process is to end, and when the turn is
    over, so that receipts and doubts are not kept waiting by a long list.

    Raises:
        SettingsError: The platform's settings do not allow a send; nothing was sent.
        BusyError: The database is away.
    """
    delivered = Delivered()
    ends = worker.clock.elapsed() + turn_seconds
    most = min(worker.lanes, platform.pace.parallel_calls)
    under_way: set[_Sent] = set()
    more = True
    with ThreadPoolExecutor(most, thread_name_prefix=platform.id) as lanes:
        while more or under_way:
            while more and len(under_way) < most:
                claim = _claim(worker, platform)
                if isinstance(claim, Admission):
                    # a call of our own makes room when it is over; others' are not waited for
                    more = claim.why == "crowded" and bool(under_way)
                    break
                if claim.suspect:
                    # should it kill this process, nothing else is to be found dead beside it
                    _carry_alone(worker, platform, claim, lanes, under_way, delivered)
                    under_way = set()
                    more = not delivered.trouble
                else:
                    under_way.add(lanes.submit(_carry, worker, platform, claim))
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            delivered.take(done)
            more = more and not delivered.trouble
            if more and worker.clock.elapsed() >= ends:
                delivered.unfinished = True
                more = False
    return delivered


def _carry_alone(
    worker: Worker,
    platform: Platform,
    claim: _Claim,
    lanes: ThreadPoolExecutor,
    under_way: set[_Sent],
    delivered: Delivered,
) -> None:
    """Carry a claim when no other lane is at work any more."""
    try:
        delivered.take(wait(under_way).done)
    except Exception:
        _give_back(worker, claim)
        raise
    if delivered.trouble:
        _give_back(worker, claim)
        return
    delivered.take([lanes.submit(_carry, worker, platform, claim)])


def _claim(worker: Worker, platform: Platform) -> _Claim | Admission:
    """Claim what is to be sent next, with permission for its call.

    Returns:
        The claim; without one, what stands in the way of a call, if anything does.
    """
    if worker.stopping.is_set():
        return Admission(allowed=False, why="stopping")
    lease_end = worker.lease_end()
    with worker.database.writing() as connection:
        cause = worker.cause(connection)
        claims.recover_expired(connection, platform, worker.lease, cause)
        allowed = admission(connection, platform, cause.at)
        if not allowed.allowed:
            return allowed
        tickets = claims.claim(connection, platform, worker.lease, cause)
        if not tickets:
            return allowed
        call = begin_call(connection, platform, worker.lease, cause.at)
    return _Claim(tickets, call, lease_end)


def _carry(worker: Worker, platform: Platform, claim: _Claim) -> tuple[Counter[State], bool]:
    """Bring one claim to the platform; return the states reached, and whether it is in trouble."""
    with call_under_way(worker, claim.call):
        return _carry_permitted(worker, platform, claim)


def _carry_permitted(
    worker: Worker, platform: Platform, claim: _Claim
) -> tuple[Counter[State], bool]:
    try:
        prepared = _prepare(worker, platform, claim)
    except XinqiaoError:
        # a key that is missing, a database that is away: not the submissions' fault
        _give_back(worker, claim)
        raise
    if prepared is None:
        return Counter(), False
    sending, lease_end = prepared
    started = time.monotonic()
    send_before = lease_end - platform.exchange_seconds
    try:
        reply = platform.connector.submit(sending.batch, send_before)
    except SettingsError as error:
        # raised before anything is sent: the rows are ready again, and a person is told
        unsent = Reply(Outcome.RETRYABLE, "settings", error.message)
        _settle(worker, platform, claim, sending, unsent, lease_end)
        raise
    reply = resolve_duplicates(worker, platform, sending, reply)
    decisions = _settle(worker, platform, claim, sending, reply, lease_end)
    log.info(
        "batch.sent",
        platform=platform.id,
        batch=sending.batch.number,
        rows=len(sending.tickets),
        outcome=reply.outcome.value,
        code=reply.code,
        seconds=round(time.monotonic() - started, 3),
    )
    if len(decisions) < len(sending.tickets):
        log.warning("batch.lost_lease", platform=platform.id, batch=sending.batch.number)
    return Counter(one.after for one in decisions), is_trouble(reply, sent=True)


def _prepare(
    worker: Worker, platform: Platform, claim: _Claim
) -> tuple[batches.Sending, float] | None:
    """Render and seal what was claimed, and mark its request as begun.

    Returns:
        The batch and the end of its lease; None when nothing of it can be sent.
    """
    with worker.database.reading() as connection:
        rows = render(connection, platform, claim.tickets, worker.keys, worker.formats)
        leave_out_held_before(connection, platform.id, claim.tickets, worker.keys, rows)
    fit = [ticket for ticket in claim.tickets if ticket.id in rows.rendered]
    sealed = None
    if fit:
        sealed = batches.seal(
            fit,
            rows.rendered,
            operation=rows.operation,
            edition=rows.edition,
            sealed_at=worker.clock.now(),
            keys=worker.keys,
            way_digest=platform.way_digest,
        )
    if worker.stopping.is_set():
        _give_back(worker, claim)
        return None
    lease_end = worker.lease_end()
    try:
        with worker.database.writing() as connection:
            cause = worker.cause(connection)
            _hold_unfit(connection, rows, cause)
            if sealed is not None:
                sending = batches.begin_sending(
                    connection, fit, sealed, lease=worker.lease, cause=cause
                )
                return sending, lease_end
            finish_call(connection, claim.call, cause.at)
    except batches.LostClaimError:
        log.warning("claim.lost", platform=platform.id, rows=len(claim.tickets))
        _give_back(worker, claim)
    return None


def _give_back(worker: Worker, claim: _Claim) -> None:
    def store(connection: Connection) -> None:
        cause = worker.cause(connection)
        claims.give_back(connection, claim.tickets, cause)
        finish_call(connection, claim.call, cause.at)

    worker.store(claim.lease_end, store)


def _hold_unfit(connection: Connection, rows: Rows, cause: Cause) -> None:
    """Hold what no longer fits the platform's format, with the reason."""
    moves = [
        Move(
            ticket.id,
            State.SENDING,
            State.HELD,
            ticket.fence,
            values={**claims.FREE, "deaths": 0, "message": why},
        )
        for ticket, why in rows.unfit
    ]
    advance(connection, moves, cause)


def _settle(
    worker: Worker,
    platform: Platform,
    claim: _Claim,
    sending: batches.Sending,
    reply: Reply,
    lease_end: float,
) -> list[Decision]:
    verdicts = of_reply(reply, list(sending.tickets))

    def store(connection: Connection) -> list[Decision]:
        cause = worker.cause(connection)
        finish_call(connection, claim.call, cause.at)
        batches.finish_attempt(connection, sending.attempt_id, reply, worker.keys, cause.at)
        note_serial(connection, sending.batch_id, reply.serial)
        resting = note_reply(connection, platform.id, reply, worker.backoff, cause, sent=True)
        decisions = [
            _decide(worker, sending, reply, number, verdict, cause, resting)
            for number, verdict in verdicts.items()
        ]
        done = settle(connection, decisions, cause, platform.moment)
        if any(decision.after is State.AWAITING_RECEIPT for decision in done):
            first_poll = cause.at + timedelta(seconds=platform.first_look)
            batches.schedule_poll(connection, sending.batch_id, first_poll)
        return done

    return worker.store(lease_end, store)


def _decide(
    worker: Worker,
    sending: batches.Sending,
    reply: Reply,
    number: int,
    verdict: Verdict,
    cause: Cause,
    resting: timedelta,
) -> Decision:
    ticket = sending.tickets[number]
    after = AFTER[verdict.outcome]
    values: dict[str, object] = {}
    if after is State.READY:
        why = "platform_resting" if reply.retry_after is None else "retry_after"
        values = {**UNSENT, "next_attempt_at": cause.at + resting, "waits_for": why}
    elif after is State.IN_DOUBT:
        again = worker.backoff.next_at(cause.at, 1)
        values = {
            "next_attempt_at": again,
            "questions": 0,
            "waits_for": "backoff",
            # a slow call may have sent the rows long after it began, but not after it ended
            "request_started_at": cause.at,
        }
    elif after is State.REJECTED and not verdict.named and len(sending.tickets) > 1:
        return halved(ticket, verdict, len(sending.tickets), cause.at)
    return Decision(ticket, after, verdict, values)


def halved(ticket: Ticket, verdict: Verdict, rows: int, at: datetime) -> Decision:
    """Return what becomes of a row of a batch that was refused as a whole without naming a row.

    Halves find the row that is at fault.
    """
    values = {
        **UNSENT,
        "batch_limit": max(1, rows // 2),
        "next_attempt_at": at,
        "waits_for": "split",
    }
    return Decision(ticket, State.READY, verdict, values)
