"""Resolving what is in doubt: ask first, resend only what is proven absent (核实).

The order is fixed: by batch number where that answers for a delivery without an answer, then by
business key, then an identical resend where the platform de-duplicates and the whole batch is in
doubt, else a person.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import (
    REMOVALS,
    BatchProgress,
    LedgerEntry,
    Operation,
    Outcome,
    ReceiptMode,
    Reply,
    SealedBatch,
    SealedRow,
    SentBatch,
)
from xinqiao.errors import DamageError
from xinqiao.queue import batches, claims
from xinqiao.queue.asking import Inquiry, NotNowError
from xinqiao.queue.batches import LostClaimError
from xinqiao.queue.calls import admission, begin_call, call_under_way, finish_call
from xinqiao.queue.claims import UNSENT
from xinqiao.queue.delivery import AFTER, halved
from xinqiao.queue.platforms import Platform
from xinqiao.queue.previous import previous_values
from xinqiao.queue.resting import note_reply
from xinqiao.queue.settlement import Decision, settle
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.verdicts import Verdict, compare, differing, of_reply
from xinqiao.queue.worker import Worker

log = structlog.get_logger()

ASK_A_PERSON: Mapping[ReceiptMode, str] = {
    ReceiptMode.MANUAL: "不知报送包是否完整生成、是否已上传，须人工核实："
    "已上传的用 xinqiao queue confirm-delivery 登记平台答复，"
    "没有上传的用 xinqiao queue resolve --as absent 登记",
    ReceiptMode.NONE: "平台不给回执也不能查询，须人工核实：用 xinqiao reconcile 对账，"
    "或到平台核实后用 xinqiao queue confirm-delivery 登记",
    ReceiptMode.RECEIPT_FILE: "不知文件是否已放到，没有应答的报送不能按回执文件核实；"
    "须人工查看交换文件夹和平台",
    ReceiptMode.ERROR_FILE: "不知文件是否已放到，没有错误文件不等于已入库；"
    "须人工查看交换文件夹和平台",
    ReceiptMode.ROW_CONSUMED: "不知行是否已写入前置库，行不在也可能是已被取走；须人工到平台核实",
    ReceiptMode.PAGE_CHECK: "不知平台是否收到，公示页面不能证明没有收到；须人工到平台核实",
}
"""Way receipts come back → what a person is told of a doubt that no question can resolve."""

_BY_ABSENCE = frozenset({"gone", "absent"})
"""Codes of what :func:`judge` decides because a platform does not show a record."""


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
    sent: SentBatch
    rows: Sequence[_Row]
    elsewhere: bool
    """Whether it was sent in another way than the platform is asked now."""
    lease_end: float

    @property
    def batch(self) -> SealedBatch:
        return self.sent.batch


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A row to ask about again.

    Attributes:
        row: The row.
        not_before: When, if that is known.
        why: Word for :attr:`submission.waits_for`.
        unanswered: Whether a question was asked in vain.
    """

    row: _Row
    not_before: datetime | None = None
    why: str = "backoff"
    unanswered: bool = True


@dataclass(slots=True)
class _Answers:
    """What asking brought: decisions, and rows to ask about again."""

    decisions: list[Decision] = field(default_factory=list)
    waiting: list[_Waiting] = field(default_factory=list)
    silent: bool = False
    """Whether the platform could not be asked."""


def resolve_doubts(worker: Worker, platform: Platform) -> Counter[State]:
    """Resolve every due submission in doubt; return how many reached each state."""
    reached: Counter[State] = Counter()
    # what comes due while this lasts has its turn in the next pass, after deliveries and receipts
    with worker.database.reading() as connection:
        due_by = worker.cause(connection).at
    while not worker.stopping.is_set():
        doubt = _next(worker, platform, due_by)
        if doubt is None:
            break
        if isinstance(doubt, list):
            reached.update(decision.after for decision in doubt)
            continue
        try:
            answers = _ask(worker, platform, doubt)
        except LostClaimError:
            log.warning("doubt.lost_lease", platform=platform.id, batch=doubt.batch.number)
            continue
        done = _settle(worker, platform, doubt, answers)
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


def _next(worker: Worker, platform: Platform, due_by: datetime) -> _Doubt | list[Decision] | None:
    """Take the next doubt; one whose batch cannot be read is held, and what became of it told."""
    lease_end = worker.lease_end()
    with worker.database.writing() as connection:
        cause = worker.cause(connection)
        claims.recover_expired(connection, platform, worker.lease, cause)
        if not admission(connection, platform, cause.at).allowed:
            return None
        claimed = claims.claim_in_doubt(connection, platform.id, worker.lease, cause.at, due_by)
        if claimed is None:
            return None
        batch_id, tickets = claimed
        batches.end_attempts(connection, batch_id, cause.at)
        try:
            sent = batches.open_batch(connection, batch_id, worker.keys)
            previous = previous_values(connection, tickets, worker.keys)
            elsewhere = batches.went_elsewhere(connection, batch_id, platform.way_digest)
        except DamageError as error:
            verdict = Verdict(Outcome.IN_DOUBT, "damaged", error.message, named=False)
            held = [Decision(ticket, State.HELD, verdict) for ticket in tickets]
            return settle(connection, held, cause)
    rows = [
        _Row(
            ticket,
            sent.batch.rows[(ticket.row_number or 1) - 1],
            max(filter(None, (ticket.request_started_at, sent.sent_at, sent.begun_at))),
            previous.get(ticket.id),
        )
        for ticket in tickets
    ]
    return _Doubt(batch_id, sent, rows, elsewhere, lease_end)


def _ask(worker: Worker, platform: Platform, doubt: _Doubt) -> _Answers:
    can = platform.connector.capabilities
    held = [row.ticket for row in doubt.rows]
    inquiry = Inquiry(worker, platform, doubt.batch_id, doubt.sent, held)
    if can.poll and can.poll_in_doubt:
        try:
            report = inquiry.receipts().answer
        except NotNowError as error:
            return _Answers(waiting=list(_not_now(doubt.rows, error)), silent=True)
        if report.progress is BatchProgress.NO_ANSWER:
            asked = _was_asked(report.reply)
            waiting = [_Waiting(row, unanswered=asked) for row in doubt.rows]
            return _Answers(waiting=waiting, silent=True)
        if report.progress is not BatchProgress.UNKNOWN_BATCH:
            return _all(doubt, State.AWAITING_RECEIPT, Outcome.RECEIVED, "平台确认已收到该批次")
    if can.query:
        return _ask_by_key(inquiry, doubt)
    whole = len(doubt.rows) == len(doubt.batch.rows)
    if can.deduplicates and whole and not doubt.elsewhere:
        return _resend(worker, platform, doubt)
    return _ask_a_person(doubt, can.receipts)


def _ask_a_person(doubt: _Doubt, mode: ReceiptMode) -> _Answers:
    if doubt.elsewhere:
        return _Answers([profile_changed(row.ticket) for row in doubt.rows])
    message = ASK_A_PERSON.get(mode, "平台不能查询，须人工到平台核实")
    return _all(doubt, State.HELD, Outcome.IN_DOUBT, message)


def _was_asked(reply: Reply) -> bool:
    """Tell whether a question reached the platform: an outage is not counted against a row."""
    return reply.outcome is Outcome.IN_DOUBT


def _all(doubt: _Doubt, after: State, outcome: Outcome, message: str) -> _Answers:
    verdict = Verdict(outcome, "", message, named=False)
    return _Answers([Decision(row.ticket, after, verdict) for row in doubt.rows])


def _not_now(rows: Sequence[_Row], error: NotNowError) -> Iterator[_Waiting]:
    """Let rows wait that nobody could be asked about: that is no question in vain."""
    for row in rows:
        yield _Waiting(row, error.admission.not_before, "platform_resting", unanswered=False)


def _ask_by_key(inquiry: Inquiry, doubt: _Doubt) -> _Answers:
    answers = _Answers()
    visible_after = timedelta(seconds=inquiry.platform.connector.capabilities.visible_after)
    for position, row in enumerate(doubt.rows):
        try:
            asked = inquiry.record(row.sent)
        except NotNowError as error:
            # paused, outside its hours or over its rate by now: the rest is asked about later
            answers.waiting += _not_now(doubt.rows[position:], error)
            answers.silent = True
            break
        entries = asked.answer.entries
        if entries is None:
            answers.waiting.append(_Waiting(row, unanswered=_was_asked(asked.answer.reply)))
            answers.silent = True
            continue
        decision = judge(
            row.ticket,
            doubt.batch.operation,
            row.sent,
            entries,
            row.previous,
            elsewhere=doubt.elsewhere,
        )
        visible_at = row.sent_at + visible_after
        # what it does not show yet is not gone nor other than ours; both instants are by the
        # database's clock, which is the platform's neighbour as little as ours is
        seen = decision.after is State.ACCEPTED and decision.verdict.code == "found"
        if not seen and asked.at < visible_at:
            answers.waiting.append(_Waiting(row, visible_at, "not_visible_yet", unanswered=False))
        else:
            answers.decisions.append(decision)
    return answers


def profile_changed(ticket: Ticket) -> Decision:
    """Return the decision that holds what is not found in another place than it was sent to."""
    message = (
        "报送以后平台档案有改动（地址、版式、操作、叫法等），按现在的档案查不到，"
        "不能说明平台没有收到；须人工到平台核实，再用 xinqiao queue resolve 登记结果"
    )
    verdict = Verdict(Outcome.IN_DOUBT, "profile_changed", message, named=False)
    return Decision(ticket, State.HELD, verdict)


def judge(
    ticket: Ticket,
    operation: Operation,
    sent: SealedRow,
    entries: Sequence[LedgerEntry],
    previous: Mapping[str, str] | None,
    *,
    elsewhere: bool,
) -> Decision:
    """Decide by what the platform holds under the key of a row whose fate was unknown.

    Args:
        ticket: The submission.
        operation: What was asked of the platform.
        sent: The row as it was sent.
        entries: What the platform holds of the record now.
        previous: What it held before.
        elsewhere: Whether it was sent in another way than the platform was asked: that a record is
            not there then proves nothing.
    """
    decision = _judge(ticket, operation, sent, entries, previous)
    absent = decision.verdict.code in _BY_ABSENCE
    return profile_changed(ticket) if elsewhere and absent else decision


def _judge(
    ticket: Ticket,
    operation: Operation,
    sent: SealedRow,
    entries: Sequence[LedgerEntry],
    previous: Mapping[str, str] | None,
) -> Decision:
    deleting = operation in REMOVALS
    if deleting and not entries:
        verdict = Verdict(Outcome.ACCEPTED, "gone", "经查询，平台上已没有这条记录")
        return Decision(ticket, State.ACCEPTED, verdict)
    comparison = compare(sent, entries)
    # a removal sends what is held: only an entry that shows another row than before tells of it
    shown = comparison.entry.values if comparison.entry is not None else {}
    marked = not deleting or (previous is not None and bool(differing(previous, shown)))
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
    lease_end = worker.lease_end()
    tickets = [row.ticket for row in doubt.rows]
    with worker.database.writing() as connection:
        cause = worker.cause(connection)
        refused = admission(connection, platform, cause.at)
        if not refused.allowed:
            waiting = _not_now(doubt.rows, NotNowError(refused))
            return _Answers(waiting=list(waiting), silent=True)
        if not claims.renew(connection, tickets, worker.lease, cause.at):
            raise LostClaimError
        call = begin_call(connection, platform, worker.lease, cause.at)
        attempt = batches.begin_attempt(connection, doubt.batch_id, "send", worker.lease, cause)
    with call_under_way(worker, call):
        reply = platform.connector.submit(doubt.batch, lease_end - platform.exchange_seconds)

    def store(connection: Connection) -> None:
        ended = worker.cause(connection)
        finish_call(connection, call, ended.at)
        batches.finish_attempt(connection, attempt, reply, worker.keys, ended.at)
        note_reply(connection, platform.id, reply, worker.backoff, ended, sent=True)

    worker.store(lease_end, store)
    rows = {row.sent.number: row for row in doubt.rows}
    answers = _Answers()
    for number, verdict in of_reply(reply, list(rows)).items():
        after = AFTER[verdict.outcome]
        if after in (State.READY, State.IN_DOUBT):
            # this send may not have arrived, but the first one may: the doubt remains
            answers.waiting.append(_Waiting(rows[number]))
        elif after is State.REJECTED and not verdict.named and len(rows) > 1:
            # a platform that takes identical bytes once would have known them, had they arrived
            answers.decisions.append(halved(rows[number].ticket, verdict, len(rows), cause.at))
        else:
            row = rows[number]
            answers.decisions.append(Decision(row.ticket, after, verdict))
    return answers


def _settle(worker: Worker, platform: Platform, doubt: _Doubt, answers: _Answers) -> list[Decision]:
    def store(connection: Connection) -> list[Decision]:
        cause = worker.cause(connection)
        decisions = [_with_deaths(worker, platform, one) for one in answers.decisions]
        later = []
        for one in answers.waiting:
            questions = one.row.ticket.questions + one.unanswered
            if questions >= worker.questions_before_hold:
                decisions.append(_unanswered(one.row.ticket, questions))
                continue
            again = one.not_before or worker.backoff.next_at(cause.at, questions)
            later.append((one.row.ticket, again, questions, one.why))
        claims.postpone(connection, later)
        done = settle(connection, decisions, cause, platform.moment)
        if any(decision.after is State.AWAITING_RECEIPT for decision in done):
            batches.schedule_poll(connection, doubt.batch_id, cause.at)
        return done

    return worker.store(doubt.lease_end, store)


def _unanswered(ticket: Ticket, questions: int) -> Decision:
    message = f"问了 {questions} 次都没有得到平台的明确答复，须人工到平台核实"
    verdict = Verdict(Outcome.IN_DOUBT, "no_answer", message, named=False)
    return Decision(ticket, State.HELD, verdict)


def _with_deaths(worker: Worker, platform: Platform, decision: Decision) -> Decision:
    """Let what did not arrive travel in smaller company, or hold it, if workers died sending it."""
    ticket = decision.ticket
    if decision.after is not State.READY:
        return decision
    if ticket.deaths >= worker.lease.deaths_before_hold:
        message = claims.deadly(ticket.deaths)
        verdict = Verdict(Outcome.RETRYABLE, "deadly", message, named=False)
        return replace(decision, after=State.HELD, verdict=verdict)
    return replace(
        decision,
        values={
            **decision.values,
            "waits_for": "",
            **claims.isolation(ticket, platform, worker.lease),
        },
    )
