"""Delivering: one pass over what a platform is owed and may be sent now (报送).

No transaction is open during a call. Each batch is claimed, sealed and marked as begun in one
transaction, sent, and settled in another; a crash between the two leaves it in doubt.
"""

import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Outcome, Reply, RowResult
from xinqiao.clock import Clock
from xinqiao.database.dialect import database_time
from xinqiao.database.engine import Database
from xinqiao.errors import SettingsError
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue import batches, claims
from xinqiao.queue.asking import ask_for
from xinqiao.queue.lease import Lease
from xinqiao.queue.platforms import Platform, standing
from xinqiao.queue.resting import TROUBLE, note_reply
from xinqiao.queue.retry import Backoff
from xinqiao.queue.rows import render
from xinqiao.queue.settlement import Decision, note_serial, settle
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.transitions import Cause, Move, advance
from xinqiao.queue.verdicts import Verdict, compare, of_reply

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

UNSENT = {"batch_id": None, "row_number": None, "request_started_at": None}


@dataclass(frozen=True, slots=True)
class Worker:
    """What every part of the queue's work needs.

    Attributes:
        database: The hub's database.
        keys: The workspace's keys.
        clock: The clock.
        lease: How this process holds what it claims.
        backoff: When something that failed is tried again.
        questions_before_hold: Unanswered questions about one submission in doubt before a person.
    """

    database: Database
    keys: KeyRing
    clock: Clock
    lease: Lease
    backoff: Backoff
    questions_before_hold: int

    def cause(self, connection: Connection) -> Cause:
        """Return this worker as the cause of a change now."""
        return Cause(self.lease.worker, database_time(connection, self.clock))


def deliver(worker: Worker, platform: Platform) -> Counter[State]:
    """Send everything that is due to ``platform``; stop early when the platform is in trouble.

    Returns:
        How many submissions reached each state.

    Raises:
        SettingsError: The platform's settings do not allow a send; nothing was sent.
    """
    reached: Counter[State] = Counter()
    while True:
        sending = _next(worker, platform)
        if sending is None:
            return reached
        started = time.monotonic()
        try:
            reply = platform.connector.submit(sending.batch)
        except SettingsError as error:
            # raised before anything is sent: the rows are ready again, and a person is told
            unsent = Reply(Outcome.RETRYABLE, "settings", error.message)
            _settle(worker, platform, sending, unsent)
            raise
        reply = _resolve_duplicates(platform, sending, reply)
        decisions = _settle(worker, platform, sending, reply)
        reached.update(decision.after for decision in decisions)
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
        if reply.outcome in TROUBLE:
            return reached


def _next(worker: Worker, platform: Platform) -> batches.Sending | None:
    """Claim and seal the next batch; rows that no longer fit are held with the reason."""
    while True:
        with worker.database.writing() as connection:
            cause = worker.cause(connection)
            if not standing(connection, platform.id).may_be_called(cause.at):
                return None
            claims.recover_expired(connection, platform.id, worker.lease, cause)
            tickets = claims.claimable(connection, platform.id, platform.rows_per_batch, cause.at)
            if not tickets:
                return None
            rows = render(connection, platform, tickets, worker.keys)
            advance(connection, [_held(ticket, why) for ticket, why in rows.unfit], cause)
            fit = [ticket for ticket in tickets if ticket.id in rows.rendered]
            if fit:
                return batches.begin_sending(
                    connection,
                    fit,
                    rows.rendered,
                    operation=rows.operation,
                    edition=rows.edition,
                    keys=worker.keys,
                    lease=worker.lease,
                    cause=cause,
                )


def _held(ticket: Ticket, why: str) -> Move:
    return Move(ticket.id, State.READY, State.HELD, ticket.fence, values={"message": why})


def _resolve_duplicates(platform: Platform, sending: batches.Sending, reply: Reply) -> Reply:
    """Ask what the platform holds for every row that it calls a duplicate.

    The same as ours means accepted; something else is a conflict, which the row's settlement makes
    of a duplicate that was compared; one that could not be asked stays in doubt.
    """
    if not platform.connector.capabilities.query:
        return reply
    verdicts = of_reply(reply, list(sending.tickets))
    results = {result.row: result for result in reply.rows}
    for number, verdict in verdicts.items():
        if verdict.outcome is Outcome.DUPLICATE:
            row = sending.batch.rows[number - 1]
            asked = ask_for(platform, sending.batch, row)
            comparison = compare(row, asked.entries or ())
            if comparison.same and comparison.entry is not None:
                results[number] = RowResult(
                    number,
                    Outcome.ACCEPTED,
                    verdict.code,
                    "平台已有相同内容",
                    comparison.entry.reference,
                    comparison.entry.at,
                )
    return replace(reply, rows=tuple(results[number] for number in sorted(results)))


def _settle(
    worker: Worker, platform: Platform, sending: batches.Sending, reply: Reply
) -> list[Decision]:
    verdicts = of_reply(reply, list(sending.tickets))
    with worker.database.writing() as connection:
        cause = worker.cause(connection)
        batches.finish_attempt(connection, sending.attempt_id, reply, worker.keys, cause.at)
        note_serial(connection, sending.batch_id, reply.serial)
        resting = note_reply(connection, platform.id, reply, worker.backoff, cause)
        decisions = [
            _decide(worker, sending, number, verdict, cause, resting)
            for number, verdict in verdicts.items()
        ]
        done = settle(connection, decisions, cause)
        if any(decision.after is State.AWAITING_RECEIPT for decision in done):
            first_poll = cause.at + timedelta(seconds=platform.poll_after)
            batches.schedule_poll(connection, sending.batch_id, first_poll)
    return done


def _decide(
    worker: Worker,
    sending: batches.Sending,
    number: int,
    verdict: Verdict,
    cause: Cause,
    resting: timedelta,
) -> Decision:
    ticket = sending.tickets[number]
    after = AFTER[verdict.outcome]
    values: dict[str, object] = {}
    if after is State.READY:
        values = {**UNSENT, "next_attempt_at": cause.at + resting}
    elif after is State.IN_DOUBT:
        values = {"next_attempt_at": worker.backoff.next_at(cause.at, 1), "questions": 0}
    elif after is State.REJECTED and not verdict.named and len(sending.tickets) > 1:
        # the whole batch was refused and no row named: halves find the row that is at fault
        after = State.READY
        smaller = max(1, len(sending.tickets) // 2)
        values = {**UNSENT, "batch_limit": smaller, "next_attempt_at": cause.at}
    return Decision(ticket, after, verdict, values)
