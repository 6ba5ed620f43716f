"""What a report of receipts means for the submissions of its batch: no network, no database.

The same whether the platform was asked for it or a person records what it answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome
from xinqiao.queue.claims import TAKEN, UNSENT
from xinqiao.queue.delivery import halved
from xinqiao.queue.settlement import Decision
from xinqiao.queue.states import State, allowed
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.verdicts import Verdict

ANSWERED_EARLIER = "answered_earlier"
"""Code of what was to be sent anew when a positive answer to an earlier delivery of it came."""

_ANSWERED_EARLIER = (
    "平台对较早一批的答复是已入库，所以没有再报；请到平台核实，再用 xinqiao queue resolve 登记结果"
)

MATES_AT_FAULT = "mates_at_fault"
"""Waits for: it was refused together with others that were at fault."""

_AFTER = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.REJECTED: State.REJECTED,
    Outcome.RECEIVED: State.AWAITING_RECEIPT,
}

_NOT_TAKEN = frozenset({State.AWAITING_RECEIPT, State.IN_DOUBT})
"""States of a row that may be sent again once the whole delivery was refused.

One that a person looks at stays with that person.
"""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a report means for the submissions of a batch.

    Attributes:
        moving: Decisions that change a state.
        standing: What was said of submissions whose state it does not change: kept as receipts.
        taken: Submissions of ``standing`` that the platform took and has not decided.
        undecided: Submissions that still wait for a receipt, those of ``taken`` among them.
    """

    moving: tuple[Decision, ...]
    standing: tuple[Decision, ...]
    taken: tuple[Ticket, ...]
    undecided: tuple[Ticket, ...]


def meaning_of(
    report: BatchReport,
    meanings: Mapping[int, Decision | Verdict],
    tickets: Mapping[int, Ticket],
    batch_id: int,
    at: datetime,
) -> Meaning:
    """Return what a report means.

    Args:
        report: The report.
        meanings: Row number → what was said of it, duplicates compared; rows outside the batch and
            duplicates that could not be compared are left out.
        tickets: Row number → submission, as read. What is said of one that left this batch since
            is kept; taken in, it is held if it has not been sent anew.
        batch_id: Of the stored batch.
        at: The instant.
    """
    ours = {number: one for number, one in tickets.items() if one.batch_id == batch_id}
    decisions = [
        decision
        for number, meaning in meanings.items()
        if number in ours and (decision := _decision(ours[number], meaning)) is not None
    ]
    if report.progress is BatchProgress.REFUSED:
        named = {result.row for result in report.rows} & set(tickets)
        decisions += _refused_with(report, ours, named, len(tickets), at)
    standing = [one for one in decisions if not _moves(one) and _kept(one)]
    taken = tuple(one.ticket for one in standing if one.after is State.AWAITING_RECEIPT)
    for number, meaning in meanings.items():
        verdict = meaning.verdict if isinstance(meaning, Decision) else meaning
        if number not in ours and verdict.outcome in _AFTER:
            left = replace(tickets[number], batch_id=batch_id, row_number=number)
            earlier = _of_earlier(left, verdict, at)
            (decisions if _moves(earlier) else standing).append(earlier)
    moving = tuple(one for one in decisions if _moves(one))
    moved = {one.ticket.id for one in moving}
    undecided = tuple(
        one for one in ours.values() if one.state is State.AWAITING_RECEIPT and one.id not in moved
    )
    return Meaning(moving, tuple(standing), taken, undecided)


def _of_earlier(ticket: Ticket, verdict: Verdict, at: datetime) -> Decision:
    """Return what an answer to an earlier delivery means for what left that batch since.

    What the platform holds already must not be sent anew unasked: it goes back to the delivery
    that was answered, and a person looks.
    """
    if verdict.outcome is not Outcome.ACCEPTED or ticket.state is not State.READY:
        return Decision(ticket, ticket.state, verdict)
    back = {
        "batch_id": ticket.batch_id,
        "row_number": ticket.row_number,
        "request_started_at": at,
        "code": ANSWERED_EARLIER,
        "message": _ANSWERED_EARLIER,
    }
    return Decision(ticket, State.HELD, verdict, back)


def _moves(decision: Decision) -> bool:
    return decision.after is not decision.ticket.state and allowed(
        decision.ticket.state, decision.after
    )


def _kept(decision: Decision) -> bool:
    """Tell whether words that change nothing are kept.

    What a person looks at already, or was refused, does not become a conflict by a duplicate.
    """
    return decision.after is decision.ticket.state or decision.after is State.AWAITING_RECEIPT


def _decision(ticket: Ticket, meaning: Decision | Verdict) -> Decision | None:
    """Return what was said of one submission; None when it decides nothing.

    A late positive receipt overrides a refusal; a refusal after an acceptance is a conflict, and
    stays one, however often it is repeated, until a person has looked.
    """
    if isinstance(meaning, Decision):
        return meaning
    after = _AFTER.get(meaning.outcome)
    if after is None:
        return None
    if ticket.state in {State.ACCEPTED, State.CONFLICT} and after is State.REJECTED:
        after = State.CONFLICT
    waits: dict[str, Any] = {"waits_for": TAKEN} if after is State.AWAITING_RECEIPT else {}
    return Decision(ticket, after, meaning, waits)


def _refused_with(
    report: BatchReport, ours: Mapping[int, Ticket], named: set[int], rows: int, at: datetime
) -> list[Decision]:
    """Return what becomes of the rows that a refusal of the whole delivery does not name.

    None of them was taken. Where nothing says which row was at fault, halves find it; alone in its
    batch, a row is at fault itself.
    """
    words = (report.reply.code, report.reply.message)
    refused = Verdict(Outcome.REJECTED, *words)
    decisions = []
    for number, ticket in ours.items():
        if number in named:
            continue
        if ticket.state is State.ACCEPTED:
            decisions.append(Decision(ticket, State.CONFLICT, refused))
        elif ticket.state not in _NOT_TAKEN:
            decisions.append(Decision(ticket, ticket.state, refused))
        elif named:
            again = {**UNSENT, "next_attempt_at": at, "waits_for": MATES_AT_FAULT}
            verdict = Verdict(Outcome.RETRYABLE, *words)
            decisions.append(Decision(ticket, State.READY, verdict, again))
        elif rows > 1:
            decisions.append(halved(ticket, refused, rows, at))
        else:
            decisions.append(Decision(ticket, State.REJECTED, refused))
    return decisions
