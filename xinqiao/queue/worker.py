"""One process at work on the queue (工作进程), and how it holds on to what it could not store."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from sqlalchemy.engine import Connection
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from xinqiao.clock import Clock
from xinqiao.database.dialect import database_time
from xinqiao.database.engine import Database
from xinqiao.errors import BusyError, XinqiaoError
from xinqiao.mapping.registry import Formats
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.lease import Lease
from xinqiao.queue.retry import Backoff
from xinqiao.queue.transitions import Cause

log = structlog.get_logger()

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0

Result = TypeVar("Result")


def _passes(error: BaseException) -> bool:
    """Tell whether the database may do by itself, or by somebody's help, what it just could not."""
    full = isinstance(error, XinqiaoError) and error.code == "disk"
    return full or isinstance(error, BusyError)


@dataclass(frozen=True, slots=True)
class Worker:
    """What every part of the queue's work needs.

    Attributes:
        database: The hub's database.
        keys: The workspace's keys.
        clock: The clock.
        lease: How this process holds what it claims.
        backoff: When something that failed is tried again.
        questions_before_hold: Unanswered questions about one submission in doubt before a person.
        lanes: Most calls that this process makes to one platform at once.
        stopping: Set when the process is to end: nothing more is claimed.
        formats: The format tables in use.
    """

    database: Database
    keys: KeyRing
    clock: Clock
    lease: Lease
    backoff: Backoff
    questions_before_hold: int
    lanes: int = 1
    stopping: threading.Event = field(default_factory=threading.Event)
    formats: Formats = field(default_factory=Formats)

    def cause(self, connection: Connection) -> Cause:
        """Return this worker as the cause of a change now."""
        return Cause(self.lease.worker, database_time(connection, self.clock))

    def lease_end(self) -> float:
        """Return the instant, by the clock's ``elapsed``, at which a lease taken now surely lasts.

        Taken before the transaction that writes the lease, it is never later than what the
        database says.
        """
        return self.clock.elapsed() + self.lease.seconds

    def store(self, until: float, work: Callable[[Connection], Result]) -> Result:
        """Do ``work`` in a write transaction; while the database is away, try again.

        What a platform answered is too dear to be dropped because the database had a hiccup. The
        work must do nothing when it is done a second time, since a commit may have counted though
        its answer was lost.

        Args:
            until: Instant of the clock's ``elapsed`` after which the lease is over and trying on
                would be in vain.
            work: What is done.

        Raises:
            BusyError: The database stayed away; the submissions end in doubt.
            SettingsError: Its disk stayed full; the same.
        """

        def once() -> Result:
            with self.database.writing() as connection:
                return work(connection)

        def told(state: RetryCallState) -> None:
            log.warning("database.away", tries=state.attempt_number)

        return Retrying(
            retry=retry_if_exception(_passes),
            stop=lambda _: self.clock.elapsed() >= until,
            wait=wait_random_exponential(_FIRST_PAUSE_SECONDS, max=_LONGEST_PAUSE_SECONDS),
            before_sleep=told,
            sleep=self.clock.sleep,
            reraise=True,
        )(once)
