"""Permission for every single call to a platform, counted in the database (调用许可).

What the profile allows holds for all workers on all machines together. Nobody sleeps to keep a
rate: whoever may not call now leaves, and is told when to come back. A call whose worker died is
over at the end of its lease and blocks nobody after that.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import platform_call
from xinqiao.errors import XinqiaoError
from xinqiao.queue.lease import FARTHEST_LEASE, Lease
from xinqiao.queue.platforms import Platform, standing
from xinqiao.queue.worker import Worker

_KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a platform may be called now.

    Attributes:
        allowed: Whether it may.
        why: What stands in the way: ``paused``, ``resting`` (after failures), ``closed`` (outside
            its hours), ``crowded`` (enough calls under way) or ``rate``; empty when nothing does.
        not_before: When to come back, if that is known.
        reason: What a person gave as the reason of a pause.
    """

    allowed: bool
    why: str = ""
    not_before: datetime | None = None
    reason: str = ""


_FREE = Admission(allowed=True)


def admission(
    connection: Connection, platform: Platform, now: datetime, *, own: int = 0
) -> Admission:
    """Return whether ``platform`` may be called at ``now``.

    After failures one call alone is let through to see whether the platform is back (half-open
    circuit); the others follow once it has answered.

    Args:
        connection: A transaction; a write transaction where a call is to follow.
        platform: Which platform.
        now: The instant, by the database's clock.
        own: Calls under way in whose place the asker calls, one after the other.
    """
    stands = standing(connection, platform.id)
    if stands.paused_at is not None:
        return Admission(allowed=False, why="paused", reason=stands.paused_reason)
    if stands.next_call_at is not None and stands.next_call_at > now:
        return Admission(allowed=False, why="resting", not_before=stands.next_call_at)
    opens = platform.pace.hours.opens(now)
    if opens is not None:
        return Admission(allowed=False, why="closed", not_before=opens)
    most = 1 if stands.failures else platform.pace.parallel_calls
    if _under_way(connection, platform.id, now) - own >= most:
        return Admission(allowed=False, why="crowded")
    for rate in platform.pace.rates:
        span = timedelta(seconds=rate.seconds)
        begun = connection.execute(
            sa.select(platform_call.c.started_at)
            .where(
                platform_call.c.platform == platform.id,
                platform_call.c.started_at > now - span,
                # a clock that ran ahead and was put right must not close the platform for years
                platform_call.c.started_at <= now,
            )
            .order_by(platform_call.c.started_at.desc())
            .offset(rate.calls - 1)
            .limit(1)
        ).scalar_one_or_none()
        if begun is not None:
            return Admission(allowed=False, why="rate", not_before=begun + span)
    return _FREE


def begin_call(connection: Connection, platform: Platform, lease: Lease, now: datetime) -> int:
    """Note that a call begins, in the transaction in which :func:`admission` was asked.

    Returns:
        Its number, for :func:`finish_call`.
    """
    connection.execute(
        sa.delete(platform_call).where(
            platform_call.c.platform == platform.id,
            platform_call.c.started_at < now - _KEPT,
            platform_call.c.until < now,
        )
    )
    number: int = connection.execute(
        sa.insert(platform_call).returning(platform_call.c.id),
        {
            "platform": platform.id,
            "worker": lease.worker,
            "started_at": now,
            "until": lease.until(now),
        },
    ).scalar_one()
    return number


def finish_call(connection: Connection, number: int, now: datetime) -> None:
    """Note that a call is over."""
    connection.execute(
        sa.update(platform_call).where(platform_call.c.id == number).values(finished_at=now)
    )


@contextmanager
def call_under_way(worker: Worker, number: int) -> Iterator[None]:
    """Guard what is done during a call: if it raises, the call is noted as over all the same.

    Otherwise its place would stay taken until the lease ends, and with one place the whole
    platform would stand still.
    """
    try:
        yield
    except Exception:
        with suppress(XinqiaoError), worker.database.writing() as connection:
            finish_call(connection, number, worker.cause(connection).at)
        raise


def _under_way(connection: Connection, platform: str, now: datetime) -> int:
    count: int = connection.execute(
        sa.select(sa.func.count())
        .select_from(platform_call)
        .where(
            platform_call.c.platform == platform,
            platform_call.c.finished_at.is_(None),
            platform_call.c.until > now,
            platform_call.c.until < now + FARTHEST_LEASE,
        )
    ).scalar_one()
    return count
