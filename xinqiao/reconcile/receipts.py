"""Collecting receipts (回执): asking for every batch that has rows without a decision.

Receipts are events of their own: a late one, a repeated one and one that contradicts an earlier
one are kept, and each has its meaning. Where no ledger could show a contradiction, a batch is asked
about now and then also after all of it was decided.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import (
    REMOVALS,
    BatchProgress,
    BatchReport,
    LedgerEntry,
    Outcome,
    ReceiptMode,
    RowResult,
    SealedBatch,
    SentBatch,
)
from xinqiao.errors import DamageError
from xinqiao.queue import batches, claims
from xinqiao.queue.asking import Inquiry, NotNowError
from xinqiao.queue.calls import admission, begin_call, call_under_way, finish_call
from xinqiao.queue.platforms import Platform
from xinqiao.queue.previous import previous_values
from xinqiao.queue.reports import meaning_of
from xinqiao.queue.resolution import judge, profile_changed
from xinqiao.queue.resting import is_trouble, note_reply
from xinqiao.queue.settlement import (
    Decision,
    all_decided,
    awaits_receipts,
    occupied,
    settle,
    store_receipts,
    submissions_of_batch,
)
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket, tickets_by_id
from xinqiao.queue.verdicts import Verdict, of_row
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.answers import keep_answer
from xinqiao.reconcile.unanswered import overdue

log = structlog.get_logger()

_OVER = frozenset({BatchProgress.COMPLETE, BatchProgress.REFUSED})
"""After these nothing more is to come of a batch."""

_SLOWER = 12
"""How many times as long the wait is between two questions about what is decided."""

_LEAST_SLOW_SECONDS = 3600.0
"""It is asked about no oftener than this."""


@dataclass(frozen=True, slots=True)
class _Polled:
    """One batch whose receipts were asked for."""

    batch_id: int
    sent: SentBatch
    sent_at: datetime
    polled_at: datetime
    tickets: Mapping[int, Ticket]
    previous: Mapping[int, Mapping[str, str]]
    elsewhere: bool
    """Whether it was sent in another way than the platform is asked now."""
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
            meanings = _compare(worker, platform, polled, report)
        done = _settle(worker, platform, polled, report, meanings)
        reached.update(decision.after for decision in done)
        log.info(
            "receipts.collected",
            platform=platform.id,
            batch=polled.batch.number,
            progress=report.progress.value,
            decided=len(done),
        )
        if not _answered(report):
            return reached
    return reached


def _answered(report: BatchReport) -> bool:
    """Tell whether the platform was reached: an answer that nobody understands is one too."""
    if report.progress is not BatchProgress.NO_ANSWER:
        return True
    return bool(report.reply.raw) and not is_trouble(report.reply)


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
            elsewhere = batches.went_elsewhere(connection, row.id, platform.way_digest)
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
        return _Polled(row.id, sent, row.sent_at, now, by_row, previous, elsewhere, call, again_at)


def _compare(
    worker: Worker, platform: Platform, polled: _Polled, report: BatchReport
) -> dict[int, Decision | Verdict]:
    """Return row number → what it means.

    A duplicate is compared with what the platform holds; one that cannot be compared now is left
    out and met again at the next poll. What was only taken is looked for, where that can be asked.
    """
    meanings: dict[int, Decision | Verdict] = {}
    inquiry = Inquiry(worker, platform, polled.batch_id, polled.sent, (), own=1)
    may_ask = platform.connector.capabilities.query
    by_absence = (
        platform.connector.capabilities.receipts is ReceiptMode.PAGE_CHECK
        and polled.batch.operation in REMOVALS
    )
    for result in report.rows:
        if result.row not in polled.tickets:
            # an answer about a row that was never sent is about something else: not believed
            log.warning("receipts.unknown_row", batch=polled.batch.number, row=result.row)
            continue
        ticket = polled.tickets[result.row]
        undecided = ticket.state in {State.AWAITING_RECEIPT, State.IN_DOUBT}
        try:
            if polled.elsewhere and by_absence and result.outcome is Outcome.ACCEPTED:
                meanings[result.row] = profile_changed(ticket)
            elif result.outcome is Outcome.DUPLICATE and ticket.state is State.ACCEPTED:
                # that it is there already; by now a newer version may stand in its place
                continue
            elif result.outcome is Outcome.DUPLICATE:
                duplicate = _duplicate(inquiry, polled, result)
                if duplicate is not None:
                    meanings[result.row] = duplicate
            elif result.outcome is Outcome.RECEIVED and undecided and may_ask:
                meanings[result.row] = _found(inquiry, polled, result) or of_row(result)
            else:
                meanings[result.row] = of_row(result)
        except NotNowError:
            # paused, resting or at its limits by now: no other row is asked about either
            may_ask = False
            if result.outcome is Outcome.RECEIVED:
                meanings[result.row] = of_row(result)
    return meanings


def _duplicate(inquiry: Inquiry, polled: _Polled, result: RowResult) -> Decision | None:
    """Return what a duplicate is, by what the platform holds; None when it did not tell."""
    asked = inquiry.record(polled.batch.rows[result.row - 1]).answer
    if asked.entries is None:
        return None
    decision = _judged(polled, result.row, asked.entries)
    if decision.after is not State.READY:
        return decision
    # it says it holds the key and shows nothing, or the old content: a contradiction
    contradiction = Verdict(Outcome.DUPLICATE, result.code, result.message)
    return Decision(decision.ticket, State.CONFLICT, contradiction)


def _found(inquiry: Inquiry, polled: _Polled, result: RowResult) -> Decision | None:
    """Return the acceptance of a row that was taken and stands at the platform as it was sent.

    Asked only after the time in which the platform shows what it took: before it, an absence says
    nothing, and a record that is to be deleted is there with right.
    """
    visible_after = timedelta(seconds=inquiry.platform.connector.capabilities.visible_after)
    if polled.polled_at < (polled.sent.sent_at or polled.sent_at) + visible_after:
        return None
    entries = inquiry.record(polled.batch.rows[result.row - 1]).answer.entries
    if entries is None:
        return None
    decision = _judged(polled, result.row, entries)
    return decision if decision.after is State.ACCEPTED else None


def _judged(polled: _Polled, number: int, entries: Sequence[LedgerEntry]) -> Decision:
    ticket = polled.tickets[number]
    row = polled.batch.rows[number - 1]
    return judge(
        ticket,
        polled.batch.operation,
        row,
        entries,
        polled.previous.get(ticket.id),
        elsewhere=polled.elsewhere,
    )


def _settle(
    worker: Worker,
    platform: Platform,
    polled: _Polled,
    report: BatchReport,
    meanings: Mapping[int, Decision | Verdict],
) -> list[Decision]:
    def store(connection: Connection) -> list[Decision]:
        cause = worker.cause(connection)
        finish_call(connection, polled.call, cause.at)
        note_reply(connection, platform.id, report.reply, worker.backoff, cause)
        meant = meaning_of(report, meanings, polled.tickets, polled.batch_id, cause.at)
        store_receipts(connection, meant.standing, cause)
        # a platform that was away is not one that kept us waiting
        expected_by = polled.sent_at + timedelta(seconds=platform.expected_within)
        late = _answered(report) and cause.at > expected_by
        held = [_late(one, platform, report) for one in meant.undecided] if late else []
        freed = [one.ticket for one in meant.moving if one.after is State.READY]
        again = claims.sent_again(connection, freed, cause.at)
        moving = [one for one in meant.moving if one.ticket.id not in again]
        done = settle(connection, [*moving, *held], cause, platform.moment)
        claims.note_taken(connection, meant.taken)
        if report.reply.raw or _answered(report):
            keep_answer(
                connection,
                worker,
                polled.batch_id,
                report.reply,
                asked_at=polled.polled_at,
                cause=cause,
                decided=bool(done),
            )
        _schedule(connection, platform, report, polled, cause.at)
        return done

    # after that somebody may ask again anyway
    return worker.store(polled.again_at, store)


def _late(ticket: Ticket, platform: Platform, report: BatchReport) -> Decision:
    """Return the decision that hands a row to a person whose receipt did not come in time.

    A receipt that is there and cannot be understood is named as what it is.
    """
    if report.progress is not BatchProgress.NO_ANSWER:
        return overdue(ticket, platform.connector.capabilities.receipts)
    reply = report.reply
    verdict = Verdict(Outcome.IN_DOUBT, reply.code, reply.message, named=False)
    return Decision(ticket, State.HELD, verdict)


def _schedule(
    connection: Connection,
    platform: Platform,
    report: BatchReport,
    polled: _Polled,
    now: datetime,
) -> None:
    """Set when a batch is asked about next, unless that is as soon as its turn comes again.

    By the rows as they are now: one in doubt may have come to wait for its receipt meanwhile.
    """
    over = _nothing_more(connection, report, polled)
    if _may_be_contradicted(platform, report, polled):
        if over or all_decided(connection, polled.batch_id):
            batches.schedule_poll(connection, polled.batch_id, _second_look(platform, polled, now))
    elif over:
        batches.schedule_poll(connection, polled.batch_id, None)


def _nothing_more(connection: Connection, report: BatchReport, polled: _Polled) -> bool:
    """Tell whether nothing of a batch is to be asked for any more, but a contradiction.

    A platform that only takes never decides: there a batch is over once people decided all of it.
    """
    if report.progress in _OVER:
        return not awaits_receipts(connection, polled.batch_id)
    return _only_taken(report, polled) and not occupied(connection, polled.batch_id)


def _only_taken(report: BatchReport, polled: _Polled) -> bool:
    taken = {result.row for result in report.rows if result.outcome is Outcome.RECEIVED}
    return taken >= set(polled.tickets)


def _may_be_contradicted(platform: Platform, report: BatchReport, polled: _Polled) -> bool:
    """Tell whether a platform could go back on its word about a batch, and only here it would show.

    A ledger that is compared shows it too. One that refused the delivery, or only takes, gave no
    word about a row; a page only ever confirms.
    """
    can = platform.connector.capabilities
    return not (
        can.ledger
        or can.receipts is ReceiptMode.PAGE_CHECK
        or report.progress is BatchProgress.REFUSED
        or _only_taken(report, polled)
    )


def _second_look(platform: Platform, polled: _Polled, now: datetime) -> datetime | None:
    """Return when a batch that is decided is asked about again; None once its time is over."""
    slow = max(platform.poll_every * _SLOWER, _LEAST_SLOW_SECONDS)
    looks = now + timedelta(seconds=slow)
    ends = polled.sent_at + timedelta(seconds=platform.expected_within)
    return looks if looks <= ends else None
