"""What was sent and had no answer in time becomes a person's matter (逾期未回执).

Where receipts can be asked for, they are asked for once more first. Where they cannot, nobody calls
the platform: the time alone counts, also while it is paused or rests.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Outcome, ReceiptMode
from xinqiao.database.tables import batch, submission
from xinqiao.queue.batches import schedule_poll
from xinqiao.queue.platforms import Platform
from xinqiao.queue.settlement import Decision, settle
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket, read_tickets, select_tickets
from xinqiao.queue.transitions import Cause
from xinqiao.queue.verdicts import Verdict
from xinqiao.queue.worker import Worker

CODE = "receipt_overdue"
"""Code of a submission that is held because no receipt came in time."""

_BATCHES = 50
"""Deliveries in one transaction."""

_ANY = "平台在约定时间内没有给出回执，须人工到平台核实"

_MESSAGES: Mapping[ReceiptMode, str] = {
    ReceiptMode.MANUAL: "报送包在约定时间内没有登记平台答复，"
    "请上传后用 xinqiao queue confirm-delivery 登记",
    ReceiptMode.NONE: "这个平台不给回执，请用 xinqiao reconcile 对账，"
    "或到平台核实后用 xinqiao queue resolve 登记",
    ReceiptMode.ROW_CONSUMED: "平台取走后在约定时间内没有确认，须人工到平台核实",
}
"""Way receipts come back → what a person is told; :data:`_ANY` for the others."""


def overdue(ticket: Ticket, mode: ReceiptMode) -> Decision:
    """Return the decision that holds a submission whose receipt did not come in time."""
    message = _MESSAGES.get(mode, _ANY)
    return Decision(ticket, State.HELD, Verdict(Outcome.IN_DOUBT, CODE, message, named=False))


def hold_unanswered(worker: Worker, platform: Platform) -> Counter[State]:
    """Hold what waits too long at a platform whose receipts cannot be asked for; call nobody.

    The next look at such a delivery stands at the end of its time from the send on, and is moved
    when the profile's time was changed since.

    Returns:
        How many submissions reached each state.
    """
    reached: Counter[State] = Counter()
    can = platform.connector.capabilities
    if can.poll:
        return reached
    while not worker.stopping.is_set():
        with worker.database.writing() as connection:
            cause = worker.cause(connection)
            due = _due(connection, platform.id, cause.at)
            held = _look(connection, platform, due, cause)
        reached.update(decision.after for decision in held)
        if len(due) < _BATCHES:
            break
    return reached


def _due(connection: Connection, platform: str, now: datetime) -> Sequence[Any]:
    statement = (
        sa.select(batch.c.id, batch.c.sent_at)
        .where(batch.c.platform == platform, batch.c.next_poll_at <= now)
        .order_by(batch.c.next_poll_at, batch.c.id)
        .limit(_BATCHES)
        .with_for_update(skip_locked=True)
    )
    return connection.execute(statement).all()


def _look(
    connection: Connection,
    platform: Platform,
    due: Sequence[Any],
    cause: Cause,
) -> list[Decision]:
    """Hold what is overdue by now, and look at the rest again when it will be."""
    over: list[int] = []
    for row in due:
        ends = row.sent_at + timedelta(seconds=platform.expected_within)
        if ends <= cause.at:
            over.append(row.id)
        schedule_poll(connection, row.id, None if ends <= cause.at else ends)
    if not over:
        return []
    waiting = select_tickets().where(
        submission.c.batch_id.in_(over),
        submission.c.state == State.AWAITING_RECEIPT.value,
    )
    mode = platform.connector.capabilities.receipts
    tickets = read_tickets(connection, waiting)
    return settle(connection, [overdue(one, mode) for one in tickets], cause)
