"""Reading a ledger within the platform's limits: every page is a call like any other (调用许可)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.engine import Connection

from xinqiao.adapters.base import LedgerPage, Outcome, Reply
from xinqiao.clock import SHANGHAI
from xinqiao.queue.calls import (
    Admission,
    admission,
    begin_call,
    call_under_way,
    finish_call,
)
from xinqiao.queue.platforms import Platform
from xinqiao.queue.resting import note_reply
from xinqiao.queue.worker import Worker

_LONGEST_WAIT_SECONDS = 120.0
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class PermittedLedger:
    """The ledger of one platform, asked only when a call is permitted.

    A person waits for the comparison, so a short wait for a turn or a rate is waited out here;
    nobody else's work is held up by it.
    """

    worker: Worker
    platform: Platform

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        """Ask for one page; one that may not be asked for is a page that could not be read."""
        given_up = self.worker.clock.elapsed() + _LONGEST_WAIT_SECONDS
        while True:
            lease_end = self.worker.lease_end()
            allowed, call, now = self._begin()
            if call is not None:
                break
            wait = _wait(allowed, now)
            if wait is None or self.worker.clock.elapsed() + wait > given_up:
                return LedgerPage(Reply(Outcome.RETRYABLE, allowed.why, words(allowed)))
            self.worker.clock.sleep(wait)
        with call_under_way(self.worker, call):
            read = self.platform.connector.ledger(kind, start, end, page)

        def store(connection: Connection) -> None:
            cause = self.worker.cause(connection)
            finish_call(connection, call, cause.at)
            note_reply(connection, self.platform.id, read.reply, self.worker.backoff, cause)

        self.worker.store(lease_end, store)
        return read

    def _begin(self) -> tuple[Admission, int | None, datetime]:
        with self.worker.database.writing() as connection:
            now = self.worker.cause(connection).at
            allowed = admission(connection, self.platform, now)
            if not allowed.allowed:
                return allowed, None, now
            return allowed, begin_call(connection, self.platform, self.worker.lease, now), now


def words(refused: Admission) -> str:
    """Return why a platform may not be called now, in Chinese; empty when it may."""
    again = ""
    if refused.not_before is not None:
        again = f"，{refused.not_before.astimezone(SHANGHAI):%m-%d %H:%M} 之后再试"
    return {
        "": "",
        "paused": f"平台已暂停（{refused.reason}），恢复用 xinqiao platforms resume",
        "resting": f"平台暂时不可用{again}",
        "closed": f"现在不在平台允许的时段{again}",
        "crowded": "平台允许的并行调用已满，请稍后再试",
        "rate": f"已到平台允许的调用频率{again}",
    }[refused.why]


def _wait(refused: Admission, now: datetime) -> float | None:
    """Return how many seconds to wait for a turn; None where waiting is not worth while."""
    if refused.why == "crowded":
        return _LOOK_SECONDS
    if refused.why == "rate" and refused.not_before is not None:
        return (refused.not_before - now + timedelta(milliseconds=1)).total_seconds()
    return None
