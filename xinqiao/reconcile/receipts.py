"""Collecting receipts (回执): asking for every batch that has rows without a decision.

Receipts are events of their own: a late one, a repeated one and one that contradicts an earlier
one are kept, and each has its meaning.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome, SealedBatch, SentBatch
from xinqiao.errors import DamageError
from xinqiao.queue import batches, claims
from xinqiao.queue.asking import Inquiry, NotNowError
from xinqiao.queue.calls import admission, begin_call, call_under_way, finish_call
from xinqiao.queue.platforms import Platform
from xinqiao.queue.previous import previous_values
from xinqiao.queue.resolution import judge
from xinqiao.queue.resting import note_reply
from xinqiao.queue.settlement import (
    Decision,
    awaits_receipts,
    settle,
    store_receipts,
    submissions_of_batch,
)
from xinqiao.queue.states import State, allowed
from xinqiao.queue.tickets import Ticket, tickets_by_id
from xinqiao.queue.verdicts import Verdict, of_row
from xinqiao.queue.worker import Worker

log = structlog.get_logger()

_AFTER = {Outcome.ACCEPTED: State.ACCEPTED, Outcome.REJECTED: State.REJECTED}


@dataclass(frozen=True, slots=True)
class _Polled:
    """One batch whose receipts were asked for."""

    batch_id: int
    sent: SentBatch
    sent_at: datetime
    tickets: Mapping[int, Ticket]
    previous: Mapping[int, Mapping[str, str]]
    call: int
    again_at: float

    @property
    def batch(self) -> SealedBatch:
        return self.sent.batch


def collect(worker: Worker, platform: Platform) -> Counter[State]:
    """Ask for every receipt that is due; return how many submissions reached each state."""
    reached: Counter[State] = Counter()
    if not platform.connector.capabilities.poll:
        return reached
    # what comes due while this lasts has its turn in the next pass, after deliveries and doubts
    with worker.database.reading() as connection:
        due_by = worker.cause(connection).at
    while not worker.stopping.is_set():
        polled = _next(worker, platform, due_by)
        if polled is None:
            break
        if isinstance(polled, list):
            reached.update(decision.after for decision in polled)
            continue
        with call_under_way(worker, polled.call):
            report = platform.connector.poll(polled.sent)
            meanings = _compare_duplicates(worker, platform, polled, report)
        done = _settle(worker, platform, polled, report, meanings)
        reached.update(decision.after for decision in done)
        log.info(
            "receipts.collected",
            platform=platform.id,
            batch=polled.batch.number,
            progress=report.progress.value,
            decided=len(done),
        )
        if report.progress is BatchProgress.NO_ANSWER:
            return reached
    return reached


def _next(worker: Worker, platform: Platform, due_by: datetime) -> _Polled | list[Decision] | None:
    """Take the next batch; one that cannot be read is held, and what became of it told."""
    again_at = worker.clock.elapsed() + platform.poll_every
    with worker.database.writing() as connection:
        cause = worker.cause(connection)
        now = cause.at
        if not admission(connection, platform, now).allowed:
            return None
        next_poll_at = now + timedelta(seconds=platform.poll_every)
        row = claims.claim_poll(connection, platform.id, due_by, next_poll_at)
        if row is None:
            return None
        ids = submissions_of_batch(connection, row.id)
        tickets = tickets_by_id(connection, ids.values())
        by_row = {number: tickets[submission_id] for number, submission_id in ids.items()}
        try:
            previous = previous_values(connection, list(tickets.values()), worker.keys)
            sent = batches.open_batch(connection, row.id, worker.keys)
        except DamageError as error:
            batches.schedule_poll(connection, row.id, None)
            verdict = Verdict(Outcome.IN_DOUBT, "damaged", error.message, named=False)
            held = [
                Decision(ticket, State.HELD, verdict)
                for ticket in tickets.values()
                if ticket.state is State.AWAITING_RECEIPT and ticket.batch_id == row.id
            ]
            return settle(connection, held, cause)
        call = begin_call(connection, platform, worker.lease, now)
        return _Polled(row.id, sent, row.sent_at, by_row, previous, call, again_at)


def _compare_duplicates(
    worker: Worker, platform: Platform, polled: _Polled, report: BatchReport
) -> dict[int, Decision | Verdict]:
    """Return row number → what it means; a duplicate is compared with what the platform holds.

    A duplicate that cannot be compared now is left out and met again at the next poll.
    """
    meanings: dict[int, Decision | Verdict] = {}
    inquiry = Inquiry(worker, platform, polled.batch_id, polled.sent, (), own=1)
    for result in report.rows:
        if result.row not in polled.tickets:
            # an answer about a row that was never sent is about something else: not believed
            log.warning("receipts.unknown_row", batch=polled.batch.number, row=result.row)
            continue
        if result.outcome is not Outcome.DUPLICATE:
            meanings[result.row] = of_row(result)
            continue
        sent = polled.batch.rows[result.row - 1]
        try:
            asked = inquiry.record(sent).answer
        except NotNowError:
            continue
        ticket = polled.tickets[result.row]
        if asked.entries is not None:
            decision = judge(
                ticket,
                polled.batch.operation,
                sent,
                asked.entries,
                polled.previous.get(ticket.id),
            )
            # it says it holds the key and shows nothing, or the old content: a contradiction
            contradiction = Verdict(Outcome.DUPLICATE, result.code, result.message)
            meanings[result.row] = (
                Decision(ticket, State.CONFLICT, contradiction)
                if decision.after is State.READY
                else decision
            )
    return meanings


def _settle(
    worker: Worker,
    platform: Platform,
    polled: _Polled,
    report: BatchReport,
    meanings: Mapping[int, Decision | Verdict],
) -> list[Decision]:
    decisions = []
    for number, meaning in meanings.items():
        ticket = polled.tickets[number]
        decision = meaning if isinstance(meaning, Decision) else _decide(ticket, meaning)
        if decision is None or ticket.batch_id != polled.batch_id:
            continue
        # what a person looks at already, or was refused, does not become a conflict by a duplicate
        if decision.after is ticket.state or allowed(ticket.state, decision.after):
            decisions.append(decision)
    moving = [one for one in decisions if one.ticket.state is not one.after]
    standing_still = [one for one in decisions if one not in moving]
    decided = {decision.ticket.id for decision in moving}
    waiting = [
        ticket
        for ticket in polled.tickets.values()
        if ticket.state is State.AWAITING_RECEIPT
        and ticket.id not in decided
        # sent anew since, it waits for the receipts of another batch
        and ticket.batch_id == polled.batch_id
    ]

    def store(connection: Connection) -> list[Decision]:
        cause = worker.cause(connection)
        finish_call(connection, polled.call, cause.at)
        note_reply(connection, platform.id, report.reply, worker.backoff, cause)
        store_receipts(connection, standing_still, cause)
        # a platform that was away is not one that kept us waiting
        answered = report.progress is not BatchProgress.NO_ANSWER
        late = answered and cause.at > polled.sent_at + timedelta(seconds=platform.expected_within)
        overdue = [_overdue(ticket) for ticket in waiting] if late else []
        done = settle(connection, [*moving, *overdue], cause)
        complete = report.progress is BatchProgress.COMPLETE
        # by the rows as they are now: one in doubt may have come to wait for its receipt meanwhile
        if complete and not awaits_receipts(connection, polled.batch_id):
            batches.schedule_poll(connection, polled.batch_id, None)
        return done

    # after that somebody may ask again anyway
    return worker.store(polled.again_at, store)


def _decide(ticket: Ticket, verdict: Verdict) -> Decision | None:
    """Return what a receipt says of a submission; None when it decides nothing.

    A late positive receipt overrides a refusal; a refusal after an acceptance is a conflict.
    """
    after = _AFTER.get(verdict.outcome)
    if after is None:
        return None
    if ticket.state is State.ACCEPTED and after is State.REJECTED:
        after = State.CONFLICT
    return Decision(ticket, after, verdict)


def _overdue(ticket: Ticket) -> Decision:
    message = "平台在约定时间内没有给出回执，须人工到平台核实"
    return Decision(
        ticket,
        State.HELD,
        Verdict(Outcome.IN_DOUBT, "receipt_overdue", message, named=False),
    )
