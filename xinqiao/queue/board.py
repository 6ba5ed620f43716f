"""The board: the figures of each platform at one glance (看板)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.clock import local_date
from xinqiao.database.tables import (
    MOVING,
    UNFIT,
    attempt,
    batch,
    duty,
    holding,
    record,
    submission,
    withdrawal,
)
from xinqiao.queue.counts import read_counts
from xinqiao.queue.incidents import open_incidents
from xinqiao.queue.platforms import Platform, standing
from xinqiao.queue.publicity import shown_past_bound
from xinqiao.queue.publishing import RELEASABLE
from xinqiao.queue.refusals import count_open_refusals
from xinqiao.queue.reviewing import AWAITING, RETURNED, says
from xinqiao.queue.states import State
from xinqiao.queue.targets import unmatched_repairs
from xinqiao.routing.rules import BUREAU
from xinqiao.routing.thresholds import Thresholds


def platform_board(connection: Connection, platform: str, thresholds: Thresholds) -> dict[str, Any]:
    """Return the figures of one platform.

    Args:
        connection: A reading connection.
        platform: Identifier.
        thresholds: What open duties are judged by.
    """
    now = thresholds.now
    states = read_counts(connection, platform)
    open_duties = (duty.c.platform == platform, duty.c.closed_at.is_(None), duty.c.legal.is_(True))
    count = sa.select(sa.func.count()).select_from(duty).where(*open_duties)
    oldest = connection.execute(
        sa.select(duty.c.due_on, duty.c.provisional)
        .where(*open_duties)
        .order_by(duty.c.due_at)
        .limit(1)
    ).one_or_none()
    invalid = connection.execute(
        sa.select(sa.func.count()).select_from(holding).where(UNFIT, holding.c.platform == platform)
    ).scalar_one()
    waiting = _unfit(connection, platform, *RELEASABLE)
    to_review = _unfit(connection, platform, AWAITING)
    busy = under_way(connection, platform)
    refused = count_open_refusals(connection, platform)
    stands = standing(connection, platform)
    return {
        "states": {state.value: states[state] for state in State},
        "invalid": invalid - to_review,
        "to_look_at": waiting,
        "to_review": to_review,
        "to_review_urgent": _urgent_reviews(connection, platform, thresholds.due_soon_at)
        if to_review
        else 0,
        "returned": _unfit(connection, platform, RETURNED),
        "past_bound": shown_past_bound(connection, platform, local_date(now)),
        "to_correct": refused,
        **_urgency(connection, count, thresholds),
        "oldest_due": None if oldest is None else oldest.due_on.isoformat(),
        "sending_until": busy.until.isoformat() if busy.until is not None else None,
        "oldest_due_provisional": oldest is not None and oldest.provisional,
        "paused": stands.paused_at is not None,
        "paused_reason": stands.paused_reason,
        "next_call_at": stands.next_call_at.isoformat()
        if stands.next_call_at is not None and stands.next_call_at > now
        else None,
        "last_success_at": stands.last_success_at.isoformat() if stands.last_success_at else None,
        "incidents": [
            {
                "kind": one.kind.value,
                "message": one.message,
                "opened_at": one.opened_at.isoformat(),
                "times": one.times,
            }
            for one in open_incidents(connection, platform)
        ],
    }


def _urgency(
    connection: Connection, count: sa.Select[tuple[int]], thresholds: Thresholds
) -> dict[str, int]:
    """Return how many of the legal duties that ``count`` counts are over, and how many soon are."""
    ends = duty.c.due_at
    over, left = ends <= thresholds.now, ends > thresholds.now
    return {
        "overdue": connection.execute(count.where(over)).scalar_one(),
        "due_soon": connection.execute(
            count.where(left, ends <= thresholds.due_soon_at)
        ).scalar_one(),
        "past_slack": connection.execute(
            count.where(left, ends <= thresholds.past_slack_at)
        ).scalar_one(),
    }


def _unfit(connection: Connection, platform: str, *codes: str) -> int:
    """Return how many versions cannot be sent because of a finding of one of ``codes``."""
    statement = (
        sa.select(sa.func.count())
        .select_from(holding)
        .where(UNFIT, holding.c.platform == platform, sa.or_(*map(says, sorted(codes))))
    )
    count: int = connection.execute(statement).scalar_one()
    return count


def _urgent_reviews(connection: Connection, platform: str, due_soon_at: datetime) -> int:
    """Return how many versions wait for a second person and are due soon, or overdue."""
    # asked for as a set: of each holding by itself, SQLite would walk every open duty
    urgent = sa.select(duty.c.record_id).where(
        duty.c.platform == platform,
        duty.c.closed_at.is_(None),
        duty.c.legal.is_(True),
        duty.c.due_at <= due_soon_at,
    )
    statement = (
        sa.select(sa.func.count())
        .select_from(holding)
        .where(
            UNFIT,
            holding.c.platform == platform,
            says(AWAITING),
            holding.c.record_id.in_(urgent),
        )
    )
    count: int = connection.execute(statement).scalar_one()
    return count


def handling_board(connection: Connection, thresholds: Thresholds) -> dict[str, Any]:
    """Return the figures of what the bureau must handle itself (本单位办理).

    Args:
        connection: A reading connection.
        thresholds: What open duties are judged by.
    """
    waiting = (duty.c.platform == BUREAU, duty.c.closed_at.is_(None))
    legal = (*waiting, duty.c.legal.is_(True))
    count = sa.select(sa.func.count()).select_from(duty)
    oldest = connection.execute(
        sa.select(duty.c.due_on).where(*legal).order_by(duty.c.due_at).limit(1)
    ).scalar_one_or_none()
    return {
        "open": connection.execute(count.where(*waiting)).scalar_one(),
        **_urgency(connection, count.where(*legal), thresholds),
        "unmatched": len(unmatched_repairs(connection)),
        "oldest_due": None if oldest is None else oldest.isoformat(),
    }


def ready_without_form(connection: Connection, platform: Platform) -> dict[str, int]:
    """Return kind → how many submissions wait because the profile has no form for the kind."""
    if platform.kinds is None:
        return {}
    statement = (
        sa.select(submission.c.kind, sa.func.count())
        .where(
            MOVING,
            submission.c.platform == platform.id,
            submission.c.state == State.READY.value,
            submission.c.kind.not_in(sorted(platform.kinds)),
        )
        .group_by(submission.c.kind)
        .order_by(submission.c.kind)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Submissions that a worker holds, and when the last of their leases ends."""

    count: int
    until: datetime | None


def under_way(connection: Connection, platform: str) -> UnderWay:
    """Return what is being sent to ``platform`` by a worker that lives, or was when one died."""
    row = connection.execute(
        sa.select(sa.func.count(), sa.func.max(submission.c.lease_until)).where(
            MOVING,
            submission.c.platform == platform,
            submission.c.state == State.SENDING.value,
        )
    ).one()
    return UnderWay(row[0], row[1])


def last_words(connection: Connection, platform: str) -> str:
    """Return what the last call of ``platform`` came to, in Chinese; empty if nothing was said."""
    said: str | None = connection.execute(
        sa.select(attempt.c.message)
        .join(batch, batch.c.id == attempt.c.batch_id)
        .where(batch.c.platform == platform, attempt.c.finished_at.is_not(None))
        .order_by(attempt.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return said or ""


def unclaimed_records(connection: Connection, kinds: Collection[str]) -> int:
    """Return how many records of ``kinds`` are owed, but to no platform there is (没有平台接收)."""
    statement = sa.select(sa.func.count()).where(
        record.c.kind.in_(sorted(kinds)),
        record.c.exemption.is_(None),
        ~sa.exists().where(withdrawal.c.record_id == record.c.id),
        ~sa.exists().where(holding.c.record_id == record.c.id),
    )
    count: int = connection.execute(statement).scalar_one()
    return count


def exempt_records(connection: Connection) -> dict[str, int]:
    """Return exemption → how many records are owed to nobody because of it."""
    statement = (
        sa.select(record.c.exemption, sa.func.count())
        .where(record.c.exemption.is_not(None))
        .group_by(record.c.exemption)
        .order_by(record.c.exemption)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}
