"""Deliveries as people see them (报送批次): found by number, and those that wait for a person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import OPEN, batch, batch_row, submission
from xinqiao.errors import InputError
from xinqiao.queue.claims import TAKEN
from xinqiao.queue.states import State

_FEWEST_CHARACTERS = 6
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Delivery:
    """One batch that left.

    Attributes:
        id: Of the stored batch.
        number: Batch number (批次号).
        platform: Where it went.
        kind: Record kind.
        operation: What was asked for every row.
        rows: How many it has.
        serial: Number that the platform gave it (受理号), or empty.
        sent_at: When it was sent.
    """

    id: int
    number: str
    platform: str
    kind: str
    operation: str
    rows: int
    serial: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    """A delivery of which a person must say what the platform answered.

    Attributes:
        delivery: Which.
        waiting: How many of its rows wait.
        held: How many of these are held, since the time for an answer is over or nobody knows
            whether they arrived.
        due_at: When the most urgent of them ends to be in time.
    """

    delivery: Delivery
    waiting: int
    held: int
    due_at: datetime


_COLUMNS = (
    batch.c.id,
    batch.c.number,
    batch.c.platform,
    batch.c.kind,
    batch.c.operation,
    batch.c.row_count,
    batch.c.serial,
    batch.c.sent_at,
)


def find_delivery(connection: Connection, text: str) -> Delivery:
    """Return the delivery that ``text`` names: its batch number, the beginning of it, or 受理号.

    Raises:
        InputError: No delivery fits, or several do.
    """
    wanted = text.strip()
    fits = [batch.c.number == wanted]
    if wanted:
        # a delivery without a number of the platform's has an empty one
        fits.append(batch.c.serial == wanted)
    if len(wanted) >= _FEWEST_CHARACTERS:
        fits.append(batch.c.number.startswith(wanted, autoescape=True))
    statement = sa.select(*_COLUMNS).where(sa.or_(*fits)).order_by(batch.c.id).limit(_LISTED + 1)
    found = [Delivery(*row) for row in connection.execute(statement)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise InputError(
            f"没有批次“{wanted}”：请写批次号（至少前 {_FEWEST_CHARACTERS} 位）或受理号，"
            "待登记的批次用 xinqiao queue confirm-delivery 查看",
            code="unknown_delivery",
        )
    listed = "、".join(one.number for one in found[:_LISTED])
    raise InputError(f"符合的批次不止一个，请写明批次号：{listed}", code="ambiguous_delivery")


def waiting_deliveries(connection: Connection, asked: Collection[str]) -> list[WaitingDelivery]:
    """Return the deliveries that wait for a person, the most urgent first.

    Args:
        connection: A reading connection.
        asked: Platforms whose receipts are asked for: what only awaits one there waits for nobody,
            unless it was taken without a word.
    """
    awaiting = sa.and_(
        submission.c.state == State.AWAITING_RECEIPT.value,
        # what was taken without a word (取走, 未确认) is told by nobody else any more
        sa.or_(submission.c.platform.not_in(sorted(asked)), submission.c.waits_for == TAKEN),
    )
    held = sa.and_(
        submission.c.state == State.HELD.value, submission.c.request_started_at.is_not(None)
    )
    due_at = sa.func.min(submission.c.due_at)
    statement = (
        sa.select(
            *_COLUMNS,
            sa.func.count(),
            sa.func.sum(sa.case((submission.c.state == State.HELD.value, 1), else_=0)),
            due_at.label("due_at"),
        )
        .join(batch, batch.c.id == submission.c.batch_id)
        .where(OPEN, sa.or_(awaiting, held))
        .group_by(*_COLUMNS)
        .order_by(due_at, batch.c.id)
    )
    size = len(_COLUMNS)
    return [
        WaitingDelivery(Delivery(*row[:size]), row[size], int(row[size + 1]), row.due_at)
        for row in connection.execute(statement)
    ]


def superseded(connection: Connection, numbers: Collection[str]) -> set[str]:
    """Return those of the batch ``numbers`` of which a row is not theirs any more.

    It goes into another batch, or is cancelled: sending the old batch again would report it twice.
    """
    gone = sa.or_(
        submission.c.batch_id.is_distinct_from(batch.c.id),
        submission.c.state.in_([State.READY.value, State.CANCELLED.value]),
    )
    found: set[str] = set()
    for chunk in in_chunks(sorted(numbers)):
        statement = (
            sa.select(batch.c.number)
            .distinct()
            .join(batch_row, batch_row.c.batch_id == batch.c.id)
            .join(submission, submission.c.id == batch_row.c.submission_id)
            .where(batch.c.number.in_(chunk), gone)
        )
        found.update(connection.execute(statement).scalars())
    return found
