"""Signs of life of the processes that work on the queue (工作进程); work itself goes by leases."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import worker as worker_table
from xinqiao.queue.worker import Worker

LIVES = timedelta(minutes=2)
"""Without a sign for so long a worker is taken for dead by people; its leases know better."""

_SHOWN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """What is known of one worker.

    Attributes:
        name: Person or service, machine, process, and a part that makes it unique.
        started_at: When it began.
        progress_at: Its last sign of life.
        clock_offset: Its machine's clock less the database's, in seconds.
        stopped_at: When it left in an orderly way; None while it lives, or when it died.
    """

    name: str
    started_at: datetime
    progress_at: datetime
    clock_offset: float
    stopped_at: datetime | None

    def alive(self, now: datetime) -> bool:
        """Tell whether it gave a sign of late."""
        return self.stopped_at is None and now - self.progress_at < LIVES


def sign(connection: Connection, worker: Worker, *, leaves: bool = False) -> None:
    """Leave a sign of life of ``worker``, or note that it leaves."""
    now = worker.cause(connection).at
    values = {
        "progress_at": now,
        "clock_offset": (worker.clock.now() - now).total_seconds(),
        "stopped_at": now if leaves else None,
    }
    known = connection.execute(
        sa.update(worker_table).where(worker_table.c.name == worker.lease.worker).values(values)
    )
    if known.rowcount == 0:
        connection.execute(
            sa.insert(worker_table).values(name=worker.lease.worker, started_at=now, **values)
        )


def signs(connection: Connection, now: datetime) -> list[SignOfLife]:
    """Return the workers of the last days, the latest sign first."""
    columns = [worker_table.c[name] for name in SignOfLife.__dataclass_fields__]
    statement = (
        sa.select(*columns)
        .where(worker_table.c.progress_at > now - _SHOWN)
        .order_by(worker_table.c.progress_at.desc(), worker_table.c.name)
    )
    return [SignOfLife(*row) for row in connection.execute(statement)]
