"""Recording what a platform answered, where a person was told it (人工登记平台答复).

What a person records is a receipt like any other: it is kept, late, repeated and contradictory ones
have their meaning, and it is settled the same way.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome, Reply, RowResult
from xinqiao.audit.append import append
from xinqiao.audit.chain import Detail, Entry
from xinqiao.database.tables import receipt
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue import batches, claims
from xinqiao.queue.deliveries import Delivery
from xinqiao.queue.moments import MomentRule
from xinqiao.queue.operations import Evidence, Proven, too_early
from xinqiao.queue.reports import Meaning, meaning_of
from xinqiao.queue.settlement import (
    Decision,
    note_serial,
    settle,
    store_receipts,
    submissions_of_batch,
)
from xinqiao.queue.states import CHINESE, OPEN, State
from xinqiao.queue.tickets import Ticket, tickets_by_id
from xinqiao.queue.transitions import Cause
from xinqiao.queue.verbs import audit_each
from xinqiao.queue.verdicts import BY_HAND, Verdict, of_row
from xinqiao.queue.worker import Worker


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered to one delivery.

    Attributes:
        report: What it said of the rows.
        serial: Number that it gave the delivery (受理号), or empty.
        evidence: What the record rests on.
        spelled_out: The person named the rows: one that the answer does not fit refuses all of
            it. In a file of the platform such a row is left alone and counted.
        proven: When the platform took in what it says no time of.
    """

    report: BatchReport
    serial: str
    evidence: Evidence | None
    spelled_out: bool
    proven: Proven = field(default_factory=Proven)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What recording an answer came to.

    Attributes:
        reached: State → how many submissions went there.
        kept: How many rows were only noted as receipts, since they were decided the same way
            before, or what was said decides nothing.
        left_alone: Rows that the answer does not fit.
        sent_anew: Rows that left this delivery before it was answered: the answer is kept, and
            what was taken in and not sent anew yet is held.
        unanswered: How many of its rows still wait.
        serial: Whether the 受理号 was news.
        news: Whether anything was said that was not known before.
    """

    reached: Mapping[State, int]
    kept: int
    left_alone: tuple[int, ...]
    sent_anew: tuple[int, ...]
    unanswered: int
    serial: bool
    news: bool

    @property
    def changed(self) -> bool:
        """Whether anything is other than before."""
        return bool(self.reached) or self.serial or self.news


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of the rows of a delivery.

    Attributes:
        accepted: The platform took them in: ``rows``, or those that ``rejected`` does not concern.
        rejected: The platform's words to those that it refused; None when it refused none.
        rows: Which rows; empty for all. Of a refusal of the whole file: those at fault, if told.
        whole_file: The platform refused the file as a whole: no row of it was taken (整批退回).
    """

    accepted: bool
    rejected: str | None
    rows: frozenset[int]
    whole_file: bool = False


def said_of(connection: Connection, delivery: Delivery, said: Said) -> BatchReport:
    """Return what a person says as the report that the platform would have given.

    Raises:
        InputError: A row is not in the delivery.
        RefusedError: Nobody named the rows, and some are decided otherwise while others wait: the
            person may mean all of them, or the rest.
    """
    every = frozenset(range(1, delivery.rows + 1))
    _check_rows(said.rows, delivery)
    if said.whole_file:
        faulty = tuple(_rejected(row, said.rejected or "") for row in sorted(said.rows))
        words = Reply(Outcome.RECEIVED, BY_HAND, said.rejected or "")
        return BatchReport(BatchProgress.REFUSED, words, faulty)
    meant = said.rows or every
    if said.rejected is None:
        results = [_accepted(row) for row in sorted(meant)]
    else:
        results = [_rejected(row, said.rejected) for row in sorted(meant)]
        if said.accepted:
            results += [_accepted(row) for row in sorted(every - meant)]
    if not said.rows:
        _refuse_unclear(connection, delivery, results)
    reply = Reply(Outcome.RECEIVED, BY_HAND)
    return BatchReport(BatchProgress.PENDING, reply, tuple(results))


def _accepted(row: int) -> RowResult:
    return RowResult(row, Outcome.ACCEPTED, BY_HAND, "人工登记：平台已入库")


def _rejected(row: int, words: str) -> RowResult:
    return RowResult(row, Outcome.REJECTED, BY_HAND, words)


_DECIDED = {State.ACCEPTED: Outcome.ACCEPTED, State.REJECTED: Outcome.REJECTED}


def _refuse_unclear(
    connection: Connection, delivery: Delivery, results: Sequence[RowResult]
) -> None:
    ids = submissions_of_batch(connection, delivery.id)
    found = tickets_by_id(connection, ids.values())
    decided = {number: _DECIDED.get(found[one].state) for number, one in ids.items()}
    otherwise = [one.row for one in results if decided[one.row] not in {None, one.outcome}]
    if otherwise and len(otherwise) < len(results):
        raise RefusedError(
            f"第 {spans(otherwise)} 行先前已有相反的结果；请用 --rows 写明这次说的是哪些行",
            code="rows_unclear",
        )


def confirm_delivery(
    connection: Connection, worker: Worker, delivery: Delivery, answer: Answer, cause: Cause
) -> Confirmed:
    """Record what the platform answered; all of it or nothing.

    Args:
        connection: A write transaction.
        worker: Who keeps what the platform handed over as evidence.
        delivery: Which delivery it is about.
        answer: The answer.
        cause: The person, and why.

    Raises:
        InputError: A row is not in the delivery, or the answer could not be read.
        RefusedError: It does not fit what is known; the message names the row and says why.
    """
    report = answer.report
    _check_report(report, delivery)
    ids = submissions_of_batch(connection, delivery.id)
    found = tickets_by_id(connection, ids.values())
    tickets = {number: found[submission_id] for number, submission_id in sorted(ids.items())}
    _refuse_unfit_day(report, tickets, answer)
    unfit = _unfit(report, tickets, delivery)
    if unfit and answer.spelled_out:
        raise RefusedError(next(iter(unfit.values())), code="row_not_open")
    serial = _check_serial(delivery, answer.serial)
    fitting = {number: one for number, one in tickets.items() if number not in unfit}
    meanings = _meanings(report, fitting, answer.proven)
    meant = meaning_of(report, meanings, fitting, delivery.id, cause.at)
    _refuse_while_sent_again(connection, meant, cause)
    done = _settle(connection, meant, cause, answer.proven.rules.get(delivery.platform))
    told_before = _receipts(connection, delivery)
    store_receipts(connection, meant.standing, cause)
    claims.note_taken(connection, meant.taken)
    news = _receipts(connection, delivery) > told_before
    note_serial(connection, delivery.id, answer.serial)
    if done or news or serial:
        _keep(connection, worker, delivery, answer, done, cause)
    return Confirmed(
        reached=_count(done),
        kept=len(meant.standing),
        left_alone=tuple(unfit),
        sent_anew=tuple(sorted({one.row for one in report.rows} - _own(tickets, delivery))),
        unanswered=_unanswered(done, tickets, delivery),
        serial=serial,
        news=news,
    )


def _own(tickets: Mapping[int, Ticket], delivery: Delivery) -> set[int]:
    """Return the rows that still wait for, or were decided by, this very delivery."""
    return {number for number, one in tickets.items() if one.batch_id == delivery.id}


def _check_report(report: BatchReport, delivery: Delivery) -> None:
    if report.progress in {BatchProgress.NO_ANSWER, BatchProgress.UNKNOWN_BATCH}:
        raise InputError(f"结果文件不能用：{report.reply.message}", code=report.reply.code)
    _check_rows({one.row for one in report.rows}, delivery)


def _check_rows(rows: Collection[int], delivery: Delivery) -> None:
    outside = [row for row in rows if not 1 <= row <= delivery.rows]
    if outside:
        raise InputError(
            f"批次 {delivery.number} 只有第 1 至 {delivery.rows} 行，没有第 {spans(outside)} 行",
            code="row_outside_batch",
        )


def spans(rows: Collection[int]) -> str:
    """Return row numbers as people write them, neighbours as one span: ``3、5-7``."""
    named = frozenset(rows)
    begins = sorted(row for row in named if row - 1 not in named)
    ends = sorted(row for row in named if row + 1 not in named)
    pairs = zip(begins, ends, strict=True)
    return "、".join(str(first) if first == last else f"{first}-{last}" for first, last in pairs)


def _check_serial(delivery: Delivery, serial: str) -> bool:
    """Return whether a 受理号 is news; another one than is known is refused."""
    if serial and delivery.serial and serial != delivery.serial:
        raise RefusedError(
            f"批次 {delivery.number} 的受理号已是 {delivery.serial}，与这次写的不同，请核对",
            code="other_serial",
        )
    return bool(serial) and not delivery.serial


def _unfit(
    report: BatchReport, tickets: Mapping[int, Ticket], delivery: Delivery
) -> dict[int, str]:
    """Return row → why what was said of it cannot be recorded."""
    unfit: dict[int, str] = {}
    for one in report.rows:
        ticket = tickets[one.row]
        look = f"请看 xinqiao queue show {ticket.id}"
        if ticket.batch_id != delivery.id:
            # it left this batch: what is said of it now is kept with the delivery it is about
            continue
        if ticket.state is State.SENDING:
            unfit[one.row] = f"第 {one.row} 行（报送件 {ticket.id}）正在报送，等它有了结果再登记"
        elif ticket.state is State.CANCELLED or (
            ticket.state is State.CONFLICT and one.outcome is not Outcome.ACCEPTED
        ):
            unfit[one.row] = (
                f"第 {one.row} 行（报送件 {ticket.id}）现在是“{CHINESE[ticket.state]}”，"
                f"不能这样登记；{look}"
            )
    return unfit


def _refuse_unfit_day(report: BatchReport, tickets: Mapping[int, Ticket], answer: Answer) -> None:
    """Refuse a day on which the rows cannot have been taken in, or that would change nothing."""
    day = answer.proven.on
    if day is None:
        return
    accepted = [one.row for one in report.rows if one.outcome is Outcome.ACCEPTED]
    early = [row for row in accepted if too_early(day, tickets[row])]
    if early:
        raise RefusedError(
            f"第 {spans(early)} 行在 {day} 以后才报送，平台那天不可能已入库；请核对 --reported-on",
            code="sent_later",
        )
    before = [row for row in accepted if tickets[row].state is State.ACCEPTED]
    if before and answer.spelled_out:
        raise RefusedError(
            f"第 {spans(before)} 行先前已登记为入库，报送时间不能再改；其余的请用 --rows 写明",
            code="accepted_already",
        )


def _meanings(
    report: BatchReport, tickets: Mapping[int, Ticket], proven: Proven
) -> dict[int, Decision | Verdict]:
    """Return row → what was said; what the platform calls a duplicate a person must compare."""
    meanings: dict[int, Decision | Verdict] = {}
    for one in report.rows:
        if one.row not in tickets:
            continue
        verdict = of_row(one)
        if one.outcome is Outcome.ACCEPTED and one.at is None and proven.on is not None:
            verdict = replace(verdict, at=proven.at, by_person=True)
        duplicate = one.outcome is Outcome.DUPLICATE
        meanings[one.row] = (
            Decision(tickets[one.row], State.CONFLICT, verdict) if duplicate else verdict
        )
    return meanings


def _refuse_while_sent_again(connection: Connection, meant: Meaning, cause: Cause) -> None:
    """Refuse to free rows that a worker is sending again: they would be sent twice."""
    freed = [one.ticket for one in meant.moving if one.after is State.READY]
    if claims.sent_again(connection, freed, cause.at):
        raise RefusedError("有报送件正在核实，没有登记；请稍后再登记", code="being_asked")


def _settle(
    connection: Connection, meant: Meaning, cause: Cause, rule: MomentRule | None
) -> list[Decision]:
    """Settle what changes a state; a worker that asks at this moment loses its claim."""
    moving = [
        replace(one, values={**one.values, "fence": one.ticket.fence + 1}) for one in meant.moving
    ]
    done = settle(connection, moving, cause, rule)
    made = {one.ticket.id for one in done}
    for one in moving:
        # beside the next version that is under way, a contradiction is kept as a receipt only
        reopens = one.ticket.state not in OPEN and one.after in OPEN
        if one.ticket.id not in made and not reopens:
            raise RefusedError("有报送件刚刚被别的程序改动，没有登记；请查看后再试")
    return done


def _keep(
    connection: Connection,
    worker: Worker,
    delivery: Delivery,
    answer: Answer,
    done: Sequence[Decision],
    cause: Cause,
) -> None:
    """Keep what was handed over, and who recorded it."""
    if answer.report.reply.raw:
        attempt = batches.begin_attempt(connection, delivery.id, "poll", worker.lease, cause)
        batches.finish_attempt(connection, attempt, answer.report.reply, worker.keys, cause.at)
    details: dict[str, Detail] = {"batch": delivery.number}
    if answer.serial:
        details["serial"] = answer.serial
    if answer.proven.on is not None:
        details["reported_on"] = answer.proven.on.isoformat()
    if answer.evidence is not None:
        details |= {"evidence": answer.evidence.file_name, "sha256": answer.evidence.sha256}
    tickets = [one.ticket for one in done]
    audit_each(connection, "submission.confirmed_by_hand", tickets, cause, details)
    figures: dict[str, Detail] = {state.value: count for state, count in _count(done).items()}
    entry = Entry(
        "delivery.confirmed",
        platform=delivery.platform,
        reason=cause.reason,
        details={**details, **figures},
    )
    append(connection, [entry], actor=cause.actor, at=cause.at)


def _count(done: Sequence[Decision]) -> dict[State, int]:
    return {state: count for state in State if (count := sum(one.after is state for one in done))}


def _unanswered(done: Sequence[Decision], tickets: Mapping[int, Ticket], delivery: Delivery) -> int:
    decided = {one.ticket.id for one in done}
    waits = {State.AWAITING_RECEIPT, State.IN_DOUBT, State.HELD}
    return sum(
        one.state in waits and one.batch_id == delivery.id and one.id not in decided
        for one in tickets.values()
    )


def _receipts(connection: Connection, delivery: Delivery) -> int:
    statement = sa.select(sa.func.count()).where(receipt.c.batch_id == delivery.id)
    count: int = connection.execute(statement).scalar_one()
    return count
