"""Resolving what is in doubt: ask first, resend only what is proven absent (核实).

The order is fixed: by batch number, then by business key, then an identical resend where the
platform de-duplicates and the whole batch is in doubt, else a person.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import (
    BatchProgress,
    LedgerEntry,
    Operation,
    Outcome,
    Reply,
    SealedBatch,
    SealedRow,
)
from xinqiao.queue import batches, claims
from xinqiao.queue.asking import ask_for
from xinqiao.queue.delivery import AFTER, UNSENT, Worker
from xinqiao.queue.platforms import Platform, standing
from xinqiao.queue.previous import previous_values
from xinqiao.queue.resting import TROUBLE, note_reply
from xinqiao.queue.settlement import Decision, settle
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.verdicts import Verdict, compare, differing, of_reply

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Row:
    """One submission in doubt, with the row that was sent for it."""

    ticket: Ticket
    sent: SealedRow
    sent_at: datetime
    previous: Mapping[str, str] | None
    """What the platform held before, for an update or a withdrawal."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """The submissions of one batch of which nobody knows whether the platform has them."""

    batch_id: int
    batch: SealedBatch
    rows: Sequence[_Row]


@dataclass(slots=True)
class _Answers:
    """What asking brought: decisions, and rows to ask about again (not before an instant)."""

    decisions: list[Decision] = field(default_factory=list)
    waiting: list[tuple[_Row, datetime | None]] = field(default_factory=list)
    silent: bool = False
    """Whether the platform could not be asked."""


def resolve_doubts(worker: Worker, platform: Platform) -> Counter[State]:
    """Resolve every due submission in doubt; return how many reached each state."""
    reached: Counter[State] = Counter()
    while (doubt := _next(worker, platform)) is not None:
        answers = _ask(worker, platform, doubt)
        with worker.database.writing() as connection:
            done = _settle(connection, worker, doubt, answers)
        reached.update(decision.after for decision in done)
        log.info(
            "doubt.asked",
            platform=platform.id,
            batch=doubt.batch.number,
            resolved=len(done),
            waiting=len(answers.waiting),
        )
        if answers.silent:
            return reached
    return reached


def _next(worker: Worker, platform: Platform) -> _Doubt | None:
    with worker.database.writing() as connection:
        cause = worker.cause(connection)
        claims.recover_expired(connection, platform.id, worker.lease, cause)
        if not standing(connection, platform.id).may_be_called(cause.at):
            return None
        claimed = claims.claim_in_doubt(connection, platform.id, worker.lease, cause.at)
        if claimed is None:
            return None
        batch_id, tickets = claimed
        batch = batches.open_batch(connection, batch_id, worker.keys)
        previous = previous_values(connection, tickets, worker.keys)
    rows = [
        _Row(
            ticket,
            batch.rows[(ticket.row_number or 1) - 1],
            ticket.request_started_at or cause.at,
            previous.get(ticket.id),
        )
        for ticket in tickets
    ]
    return _Doubt(batch_id, batch, rows)


def _ask(worker: Worker, platform: Platform, doubt: _Doubt) -> _Answers:
    can = platform.connector.capabilities
    if can.poll:
        report = platform.connector.poll(doubt.batch.number, doubt.batch.kind)
        _record(worker, doubt, report.reply)
        if report.progress is BatchProgress.NO_ANSWER:
            return _Answers(waiting=[(row, None) for row in doubt.rows], silent=True)
        if report.progress is not BatchProgress.UNKNOWN_BATCH:
            return _all(doubt, State.AWAITING_RECEIPT, Outcome.RECEIVED, "平台确认已收到该批次")
    if can.query:
        return _ask_by_key(worker, platform, doubt)
    if can.deduplicates and len(doubt.rows) == len(doubt.batch.rows):
        return _resend(worker, platform, doubt)
    return _all(doubt, State.HELD, Outcome.IN_DOUBT, "平台不能查询，须人工到平台核实")


def _all(doubt: _Doubt, after: State, outcome: Outcome, message: str) -> _Answers:
    verdict = Verdict(outcome, "", message, named=False)
    return _Answers([Decision(row.ticket, after, verdict) for row in doubt.rows])


def _ask_by_key(worker: Worker, platform: Platform, doubt: _Doubt) -> _Answers:
    answers = _Answers()
    visible_after = timedelta(seconds=platform.connector.capabilities.visible_after)
    for row in doubt.rows:
        asked = ask_for(platform, doubt.batch, row.sent)
        _record(worker, doubt, asked.reply)
        if asked.entries is None:
            answers.waiting.append((row, None))
            answers.silent = True
            continue
        decision = judge(row.ticket, doubt.batch.operation, row.sent, asked.entries, row.previous)
        visible_at = row.sent_at + visible_after
        if decision.after is State.READY and worker.clock.now() < visible_at:
            answers.waiting.append((row, visible_at))
        else:
            answers.decisions.append(decision)
    return answers


def judge(
    ticket: Ticket,
    operation: Operation,
    sent: SealedRow,
    entries: Sequence[LedgerEntry],
    previous: Mapping[str, str] | None,
) -> Decision:
    """Decide by what the platform holds under the key of a row whose fate was unknown.

    Args:
        ticket: The submission.
        operation: What was asked of the platform.
        sent: The row as it was sent.
        entries: What the platform holds of the record now.
        previous: What it held before.
    """
    deleting = operation is Operation.WITHDRAW
    if deleting and not entries:
        verdict = Verdict(Outcome.ACCEPTED, "gone", "经查询，平台上已没有这条记录")
        return Decision(ticket, State.ACCEPTED, verdict)
    comparison = compare(sent, entries)
    # a deletion sends what is held: only a row that was to be marked tells that it was
    marked = not deleting or (previous is not None and bool(differing(previous, sent.values)))
    if comparison.same and comparison.entry is not None and marked:
        entry = comparison.entry
        message = "经查询，平台已入库"
        verdict = Verdict(Outcome.ACCEPTED, "found", message, entry.reference, entry.at)
        return Decision(ticket, State.ACCEPTED, verdict)
    unchanged = previous is not None and any(
        not differing(previous, entry.values) for entry in entries
    )
    if not comparison.found or unchanged:
        verdict = Verdict(Outcome.RETRYABLE, "absent", "经查询，平台没有收到", named=False)
        return Decision(ticket, State.READY, verdict, UNSENT)
    message = f"平台上同一编号的内容与报送的不同（{'、'.join(comparison.fields)}）"
    return Decision(ticket, State.CONFLICT, Verdict(Outcome.DUPLICATE, "differs", message))


def _resend(worker: Worker, platform: Platform, doubt: _Doubt) -> _Answers:
    """Send the identical bytes again: allowed only where a repeat has no second effect."""
    with worker.database.writing() as connection:
        cause = worker.cause(connection)
        attempt = batches.begin_attempt(connection, doubt.batch_id, "send", worker.lease, cause)
    reply = platform.connector.submit(doubt.batch)
    with worker.database.writing() as connection:
        now = worker.cause(connection).at
        batches.finish_attempt(connection, attempt, reply, worker.keys, now)
    rows = {row.sent.number: row for row in doubt.rows}
    answers = _Answers()
    for number, verdict in of_reply(reply, list(rows)).items():
        after = AFTER[verdict.outcome]
        if after in (State.READY, State.IN_DOUBT):
            # this send may not have arrived, but the first one may: the doubt remains
            answers.waiting.append((rows[number], None))
        else:
            row = rows[number]
            answers.decisions.append(Decision(row.ticket, after, verdict))
    return answers


def _settle(
    connection: Connection, worker: Worker, doubt: _Doubt, answers: _Answers
) -> list[Decision]:
    cause = worker.cause(connection)
    decisions = [_unless_deadly(worker, decision) for decision in answers.decisions]
    for row, not_before in answers.waiting:
        questions = row.ticket.questions + (not_before is None)
        if questions >= worker.questions_before_hold:
            message = f"问了 {questions} 次都没有得到平台的明确答复，须人工到平台核实"
            verdict = Verdict(Outcome.IN_DOUBT, "no_answer", message, named=False)
            decisions.append(Decision(row.ticket, State.HELD, verdict))
            continue
        again = not_before or worker.backoff.next_at(cause.at, questions)
        claims.postpone(connection, [row.ticket], again, questions=questions)
    done = settle(connection, decisions, cause)
    if any(decision.after is State.AWAITING_RECEIPT for decision in done):
        batches.schedule_poll(connection, doubt.batch_id, cause.at)
    return done


def _unless_deadly(worker: Worker, decision: Decision) -> Decision:
    """Hold what did not arrive because too many workers died sending it."""
    deaths = decision.ticket.deaths
    if decision.after is not State.READY or deaths < worker.lease.deaths_before_hold:
        return decision
    message = f"报送它的程序已意外中止 {deaths} 次，须人工查明原因后再放行"
    verdict = Verdict(Outcome.RETRYABLE, "deadly", message, named=False)
    return replace(decision, after=State.HELD, verdict=verdict)


def _record(worker: Worker, doubt: _Doubt, reply: Reply) -> None:
    with worker.database.writing() as connection:
        cause = worker.cause(connection)
        attempt = batches.begin_attempt(connection, doubt.batch_id, "query", worker.lease, cause)
        batches.finish_attempt(connection, attempt, reply, worker.keys, cause.at)
        if reply.outcome in TROUBLE:
            note_reply(connection, doubt.batch.platform, reply, worker.backoff, cause)
