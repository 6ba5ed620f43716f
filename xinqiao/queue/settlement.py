"""Settling submissions: state, receipts, holdings, duties and audit in one transaction.

Every answer of a platform, and every decision of a person in its place, ends here, so that there
is one way in which a record becomes reported.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.audit.holdings import noted
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import OPEN, batch, batch_row, duty, holding, receipt, submission
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.beliefs import EVERY_VERSION, disbelieve, is_removal
from xinqiao.queue.holdings import replan, unwanted_holdings
from xinqiao.queue.moments import MomentRule, Reported
from xinqiao.queue.reported import moments_of
from xinqiao.queue.states import OPEN as OPEN_STATES
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.transitions import Cause, Move, advance
from xinqiao.queue.verdicts import Verdict

log = structlog.get_logger()

_LONGEST_MESSAGE = 500

_NOT_THERE = frozenset({State.READY, State.REJECTED})
"""States of what the platform does not hold."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one submission.

    Attributes:
        ticket: The submission as it was read; its state and fence must still hold.
        after: The state it goes to.
        verdict: What the platform said.
        values: Further columns that change.
    """

    ticket: Ticket
    after: State
    verdict: Verdict
    values: Mapping[str, Any] = field(default_factory=dict)


def settle(
    connection: Connection,
    decisions: Sequence[Decision],
    cause: Cause,
    rule: MomentRule | None = None,
) -> list[Decision]:
    """Carry out ``decisions`` and everything that follows from them.

    Args:
        connection: A write transaction.
        decisions: What becomes of submissions of one platform.
        cause: Who says so; its instant is when the answer arrived.
        rule: Which moment counts as reported there; the platform's own unless said otherwise.

    Returns:
        The decisions that were carried out; the others met a submission that somebody else had
        claimed or changed since.
    """
    store_receipts(connection, decisions, cause)
    decisions = _without_crowding(connection, decisions)
    accepting = [decision for decision in decisions if decision.after is State.ACCEPTED]
    moments = moments_of(connection, accepting, rule or MomentRule(), cause)
    made = {move.submission_id for move in advance(connection, _moves(decisions, moments), cause)}
    done = [decision for decision in decisions if decision.ticket.id in made]
    accepted = [decision for decision in done if decision.after is State.ACCEPTED]
    gone = [one for one in accepted if is_removal(one.ticket)]
    with noted(connection, _holdings_of(accepted), cause):
        _believe(connection, [one for one in accepted if one not in gone], cause)
        _believe_gone(connection, gone, cause)
    _close_duties(connection, accepted, moments, cause)
    refuted = [one.ticket for one in done if one.after in _NOT_THERE]
    disbelieve(connection, refuted, cause)
    settled = [
        (decision.ticket.record_id, decision.ticket.platform)
        for decision in done
        # what is ready again may have been overtaken while it was out
        if decision.after in (State.ACCEPTED, State.REJECTED, State.CANCELLED, State.READY)
    ]
    replan(connection, settled, cause)
    return done


def _holdings_of(decisions: Sequence[Decision]) -> list[sa.ColumnElement[bool]]:
    ids = sorted({one.ticket.holding_id for one in decisions})
    return [holding.c.id.in_(chunk) for chunk in in_chunks(ids)]


def _without_crowding(connection: Connection, decisions: Sequence[Decision]) -> list[Decision]:
    """Leave out what would open a closed submission beside another one of its holding.

    A platform may go back on an acceptance when the next version is under way already. Its words
    are kept as a receipt; what it holds shows when that next one is settled.
    """
    reopening = {
        one.ticket.holding_id
        for one in decisions
        if one.ticket.state not in OPEN_STATES and one.after in OPEN_STATES
    }
    if not reopening:
        return list(decisions)
    taken = set(
        connection.execute(
            sa.select(submission.c.holding_id).where(submission.c.holding_id.in_(reopening), OPEN)
        ).scalars()
    )
    crowding = [
        one
        for one in decisions
        if one.ticket.holding_id in taken
        and one.ticket.state not in OPEN_STATES
        and one.after in OPEN_STATES
    ]
    for one in crowding:
        log.warning("receipt.contradicts", submission=one.ticket.id, after=one.after.value)
    return [one for one in decisions if one not in crowding]


def _moves(decisions: Sequence[Decision], moments: Mapping[int, Reported]) -> list[Move]:
    return [
        Move(
            decision.ticket.id,
            decision.ticket.state,
            decision.after,
            decision.ticket.fence,
            values={
                "lease_owner": None,
                "lease_until": None,
                "waits_for": "",
                # only a worker that came back proves that the submission does not kill
                **({"deaths": 0} if decision.ticket.state is State.SENDING else {}),
                "outcome": decision.verdict.outcome.value,
                "code": _shown(decision.verdict.code),
                "message": _shown(decision.verdict.message),
                **decision.values,
            },
            details={
                "outcome": decision.verdict.outcome.value,
                "code": _shown(decision.verdict.code),
                "message": _shown(decision.verdict.message),
                **_counted(moments.get(decision.ticket.id)),
            },
        )
        for decision in decisions
    ]


def _counted(moment: Reported | None) -> dict[str, str]:
    """Return what the log says of when something counts as reported."""
    if moment is None:
        return {}
    told = moment.disbelieved
    doubt = {} if told is None else {"time_not_believed": told.isoformat()}
    return {"reported_at": moment.at.isoformat(), "reported_by": moment.by.value, **doubt}


def _shown(message: str) -> str:
    return mask_identity_numbers(message)[:_LONGEST_MESSAGE]


def store_receipts(connection: Connection, decisions: Sequence[Decision], cause: Cause) -> None:
    """Keep what the platform said about single rows; a repeat of the same words is kept once."""
    rows = {}
    for decision in decisions:
        if not decision.verdict.named or decision.ticket.batch_id is None:
            continue
        row = _receipt(decision, cause)
        rows[row["submission_id"], row["digest"]] = row
    known = _known_receipts(connection, [submission_id for submission_id, _ in rows])
    fresh = [row for place, row in rows.items() if place not in known]
    if fresh:
        connection.execute(sa.insert(receipt), fresh)


def _receipt(decision: Decision, cause: Cause) -> dict[str, Any]:
    verdict = decision.verdict
    said = (verdict.outcome, verdict.code, verdict.message, verdict.reference, str(verdict.at))
    return {
        "batch_id": decision.ticket.batch_id,
        "submission_id": decision.ticket.id,
        "verdict": verdict.outcome.value,
        "code": _shown(verdict.code),
        "message": _shown(verdict.message),
        "reference": verdict.reference,
        "platform_time": verdict.at,
        "received_at": cause.at,
        # the words may hold an identity number: only their masked form is hashed
        "digest": hashlib.sha256(mask_identity_numbers("\0".join(said)).encode()).hexdigest(),
    }


def _known_receipts(connection: Connection, ids: Sequence[int]) -> set[tuple[int, str]]:
    known: set[tuple[int, str]] = set()
    for chunk in in_chunks(ids):
        statement = sa.select(receipt.c.submission_id, receipt.c.digest).where(
            receipt.c.submission_id.in_(chunk)
        )
        known.update((row[0], row[1]) for row in connection.execute(statement))
    return known


def _believe(connection: Connection, accepted: Sequence[Decision], cause: Cause) -> None:
    if not accepted:
        return
    statement = (
        sa.update(holding)
        .where(
            holding.c.id == sa.bindparam("which"),
            # a late receipt for an older version changes nothing about the newer one
            sa.or_(
                holding.c.held_version.is_(None),
                holding.c.held_version <= sa.bindparam("version"),
            ),
        )
        .values(
            held_version=sa.bindparam("version"),
            # a person may report for a row that never went out through us
            held_key=sa.func.coalesce(sa.bindparam("key", type_=sa.Text), holding.c.wanted_key),
            reference=sa.bindparam("its_reference"),
            differs=False,
            updated_at=cause.at,
        )
    )
    connection.execute(
        statement,
        [
            {
                "which": decision.ticket.holding_id,
                "version": decision.ticket.version,
                "key": decision.ticket.platform_key,
                "its_reference": decision.verdict.reference,
            }
            for decision in accepted
        ],
    )


def _believe_gone(connection: Connection, withdrawn: Sequence[Decision], cause: Cause) -> None:
    """Note that nothing valid is held any more; a row that is only marked void keeps its key."""
    for decision in withdrawn:
        ticket = decision.ticket
        # what is shown no more is not marked: it is gone from the page
        marked = holding.c.leaves_key if ticket.operation == Operation.WITHDRAW else sa.false()
        connection.execute(
            sa.update(holding)
            .where(holding.c.id == ticket.holding_id, holding.c.held_version <= ticket.version)
            .values(
                held_version=None,
                held_key=sa.case((marked, holding.c.held_key)),
                # what was taken back is found by no older ledger, and taken back once only
                wanted_key=sa.case((holding.c.wanted_version.is_not(None), holding.c.wanted_key)),
                differs=False,
                updated_at=cause.at,
            )
        )


def _close_duties(
    connection: Connection,
    accepted: Sequence[Decision],
    moments: Mapping[int, Reported],
    cause: Cause,
) -> None:
    """Close what an acceptance fulfils.

    A withdrawal fulfils everything that is owed when nothing is to be held; one that only makes
    room for another key fulfils nothing.
    """
    if not accepted:
        return
    unwanted = unwanted_holdings(connection, [one.ticket.holding_id for one in accepted])
    accepted = [
        one for one in accepted if not is_removal(one.ticket) or one.ticket.holding_id in unwanted
    ]
    if not accepted:
        return
    statement = (
        sa.update(duty)
        .where(
            duty.c.record_id == sa.bindparam("which_record"),
            duty.c.platform == sa.bindparam("which_platform"),
            duty.c.version <= sa.bindparam("up_to"),
            duty.c.closed_at.is_(None),
        )
        .values(
            closed_at=cause.at,
            closed_by="accepted",
            reported_at=sa.bindparam("its_reported_at"),
            reported_by=sa.bindparam("told_by"),
        )
    )
    connection.execute(
        statement,
        [
            {
                "which_record": decision.ticket.record_id,
                "which_platform": decision.ticket.platform,
                "up_to": EVERY_VERSION if is_removal(decision.ticket) else decision.ticket.version,
                "its_reported_at": moments[decision.ticket.id].at,
                "told_by": moments[decision.ticket.id].by.value,
            }
            for decision in accepted
        ],
    )


def submissions_of_batch(connection: Connection, batch_id: int) -> dict[int, int]:
    """Return row number → submission id of a batch."""
    statement = sa.select(batch_row.c.row_number, batch_row.c.submission_id).where(
        batch_row.c.batch_id == batch_id
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def awaits_receipts(connection: Connection, batch_id: int) -> bool:
    """Tell whether any submission of a batch still waits for its receipt."""
    waiting = sa.select(submission.c.id).where(
        submission.c.batch_id == batch_id, submission.c.state == State.AWAITING_RECEIPT.value
    )
    return connection.execute(waiting.limit(1)).scalar_one_or_none() is not None


def occupied(connection: Connection, batch_id: int) -> bool:
    """Tell whether any submission of a batch is not decided, whoever is to decide it."""
    open_ones = sa.select(submission.c.id).where(submission.c.batch_id == batch_id, OPEN)
    return connection.execute(open_ones.limit(1)).scalar_one_or_none() is not None


def all_decided(connection: Connection, batch_id: int) -> bool:
    """Tell whether all that was ever in a batch is decided, also what was sent anew since."""
    open_ones = (
        sa.select(submission.c.id)
        .join(batch_row, batch_row.c.submission_id == submission.c.id)
        .where(batch_row.c.batch_id == batch_id, OPEN)
    )
    return connection.execute(open_ones.limit(1)).scalar_one_or_none() is None


def note_serial(connection: Connection, batch_id: int, serial: str) -> None:
    """Keep the number that the platform gave the delivery (受理号)."""
    if serial:
        connection.execute(sa.update(batch).where(batch.c.id == batch_id).values(serial=serial))
