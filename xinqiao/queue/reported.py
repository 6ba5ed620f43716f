"""What is known of when accepted submissions were reported, and the moment that counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Outcome
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import attempt, batch_row, receipt
from xinqiao.queue.moments import Known, MomentRule, Reported, reported
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.transitions import Cause
from xinqiao.queue.verdicts import BY_HAND, Verdict

log = structlog.get_logger()

_LOOKED_AT = frozenset({State.HELD, State.IN_DOUBT, State.CONFLICT})
"""States of what somebody found out, maybe long after the platform had answered."""


class Acceptance(Protocol):
    """What became of one submission: it was accepted."""

    @property
    def ticket(self) -> Ticket:
        """The submission as it was read."""

    @property
    def verdict(self) -> Verdict:
        """What the platform said, or a person for it."""


def moments_of(
    connection: Connection, accepted: Sequence[Acceptance], rule: MomentRule, cause: Cause
) -> dict[int, Reported]:
    """Return submission → when it counts as reported.

    Args:
        connection: The transaction; the receipts that came now are stored already.
        accepted: The submissions, of one platform.
        rule: Which moment counts there.
        cause: Its instant is when the answer arrived.
    """
    sent = _sends(connection, accepted)
    before = _answers_before(connection, accepted)
    found: dict[int, Reported] = {}
    doubted: list[Acceptance] = []
    for one in accepted:
        known = _known(one, sent, before, cause)
        found[one.ticket.id] = reported(rule, known)
        if found[one.ticket.id].disbelieved is not None:
            doubted.append(one)
    if doubted:
        # the platform may have taken it in from an earlier delivery of the same row
        first = _first_sends(connection, doubted)
        for one in doubted:
            earliest = {**sent, one.ticket.batch_id: first.get(one.ticket.id)}
            moment = reported(rule, _known(one, earliest, before, cause))
            found[one.ticket.id] = moment
            if moment.disbelieved is not None:
                log.warning(
                    "receipt.time_not_believed",
                    submission=one.ticket.id,
                    told=moment.disbelieved.isoformat(),
                    counted=moment.at.isoformat(),
                    by=moment.by.value,
                )
    return found


def _known(
    one: Acceptance,
    sent: Mapping[int | None, datetime | None],
    before: Mapping[int, Any],
    cause: Cause,
) -> Known:
    begun = sent.get(one.ticket.batch_id) or one.ticket.request_started_at
    answer = before.get(one.ticket.id)
    if answer is None:
        return Known(one.verdict.at, one.verdict.by_person, begun, cause.at)
    return Known(answer.platform_time, answer.code == BY_HAND, begun, answer.received_at)


def _sends(
    connection: Connection, accepted: Sequence[Acceptance]
) -> dict[int | None, datetime | None]:
    """Return batch → the beginning of its first send."""
    ids = {one.ticket.batch_id for one in accepted if one.ticket.batch_id is not None}
    found: dict[int | None, datetime | None] = {}
    for chunk in in_chunks(sorted(ids)):
        statement = (
            sa.select(attempt.c.batch_id, sa.func.min(attempt.c.request_started_at))
            .where(attempt.c.batch_id.in_(chunk), attempt.c.purpose == "send")
            .group_by(attempt.c.batch_id)
        )
        found.update((row[0], row[1]) for row in connection.execute(statement))
    return found


def _first_sends(connection: Connection, accepted: Sequence[Acceptance]) -> dict[int, datetime]:
    """Return submission → the beginning of the first send that it was ever part of."""
    found: dict[int, datetime] = {}
    for chunk in in_chunks([one.ticket.id for one in accepted]):
        statement = (
            sa.select(batch_row.c.submission_id, sa.func.min(attempt.c.request_started_at))
            .join(attempt, attempt.c.batch_id == batch_row.c.batch_id)
            .where(batch_row.c.submission_id.in_(chunk), attempt.c.purpose == "send")
            .group_by(batch_row.c.submission_id)
        )
        found.update((row[0], row[1]) for row in connection.execute(statement))
    return found


def _answers_before(connection: Connection, accepted: Sequence[Acceptance]) -> dict[int, Any]:
    """Return submission → the first positive receipt of this very delivery, where one is there.

    A person who resolves a conflict confirms what the platform had said before it contradicted
    itself: that, and not the day on which the person came to it, is when it was reported.
    """
    asked = {
        (one.ticket.id, one.ticket.batch_id): None
        for one in accepted
        if one.ticket.state in _LOOKED_AT and one.verdict.at is None
    }
    found: dict[int, Any] = {}
    for chunk in in_chunks([submission_id for submission_id, _ in asked]):
        statement = (
            sa.select(
                receipt.c.submission_id,
                receipt.c.batch_id,
                receipt.c.code,
                receipt.c.platform_time,
                receipt.c.received_at,
            )
            .where(receipt.c.submission_id.in_(chunk), receipt.c.verdict == Outcome.ACCEPTED.value)
            .order_by(receipt.c.received_at, receipt.c.id)
        )
        for row in connection.execute(statement):
            if (row.submission_id, row.batch_id) in asked:
                found.setdefault(row.submission_id, row)
    return found
