"""Scheduled work (定时作业): done once for each time that it was due, by whoever comes first.

The occurrence and its effect are one transaction, keyed by name and due time. So two daemons never
do one job twice, a crash leaves neither half, and after downtime the last missed time is made up
for, once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from xinqiao.clock import SHANGHAI
from xinqiao.database.tables import job_run
from xinqiao.queue.transitions import Cause
from xinqiao.queue.worker import Worker

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Span:
    """The time that one run of a job answers for: after ``begins``, up to ``ends``.

    ``begins`` is None for the first run ever.
    """

    begins: datetime | None
    ends: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is due again and again.

    Attributes:
        name: English word, for ever the same.
        every: Time between two due times; a divisor of a day, counted from midnight in
            Asia/Shanghai.
        work: Does it, in the transaction given; returns figures to keep.
    """

    name: str
    every: timedelta
    work: Callable[[Connection, Span, Cause], Mapping[str, Any]]

    def due_at(self, now: datetime) -> datetime:
        """Return the last time at or before ``now`` at which it was due."""
        local = now.astimezone(SHANGHAI)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + (local - midnight) // self.every * self.every


def run_if_due(worker: Worker, job: Job) -> bool:
    """Do ``job`` unless it was done for the last time that it was due; return whether it was."""
    with worker.database.reading() as connection:
        now = worker.cause(connection).at
        if _last(connection, job, now) == job.due_at(now):
            return False
    with worker.database.writing() as connection:
        cause = worker.cause(connection)
        due_at = job.due_at(cause.at)
        last = _last(connection, job, cause.at)
        if last is not None and last >= due_at:
            return False
        result = dict(job.work(connection, Span(last, due_at), cause))
        connection.execute(
            sa.insert(job_run).values(
                name=job.name,
                due_at=due_at,
                ran_at=cause.at,
                worker=worker.lease.worker,
                result=result,
            )
        )
    log.info("job.done", job=job.name, due_at=due_at, **result)
    return True


def _last(connection: Connection, job: Job, now: datetime) -> datetime | None:
    last: datetime | None = connection.execute(
        sa.select(job_run.c.due_at)
        # what a clock that ran ahead has noted does not count
        .where(job_run.c.name == job.name, job_run.c.due_at <= now)
        .order_by(job_run.c.due_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    return last
