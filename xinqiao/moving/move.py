"""The move: one transaction on the target, and the end of the source (搬库).

The source stays in a write transaction throughout, so nobody changes it. The copy is committed
first, then the source's retirement. A program that dies between the two commits leaves two equal
databases and a source that still works; run again, it knows the copy by its log and only retires
the source.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import Clock
from xinqiao.database.complaints import moved, place_of
from xinqiao.database.copying import Fingerprint, copy_tables, fingerprints
from xinqiao.database.dialect import database_time
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade_within
from xinqiao.database.retirement import is_retired, retire
from xinqiao.database.tables import submission
from xinqiao.errors import DamageError, InputError, RefusedError
from xinqiao.moving.chain import COPIED, REFUSED, Head, finished_copy, proven_head
from xinqiao.opening import database_at
from xinqiao.queue.states import State
from xinqiao.queue.transitions import Cause

MOVED = "database.moved"


class Stage(StrEnum):
    """What is being done, for those who wait."""

    VERIFYING = "verifying"
    COPYING = "copying"
    COMPARING = "comparing"


Progress = Callable[[Stage, str, int], None]
"""Called now and then with the stage, the table, and how many of its rows are done."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What the move came to.

    Attributes:
        target: Where the database is now; without user and password.
        rows: Rows copied, of all tables.
        entries: Entries of the log when it was copied; whole on both sides.
        tables: Table → rows copied; empty when the copy was there already.
        resumed: Whether an earlier run made the copy, and this one only retired the source.
    """

    target: str
    rows: int
    entries: int
    tables: Mapping[str, int]
    resumed: bool


def target_at(url: str, busy_seconds: float) -> Database:
    """Return the database to move to; nothing is opened yet.

    Raises:
        SettingsError: The URL cannot be used, or the driver is not installed.
        InputError: It is no PostgreSQL.
    """
    target = database_at(url, busy_seconds, "--to，或环境变量 XINQIAO_TARGET_DATABASE_URL")
    if target.dialect != "postgresql":
        raise InputError(
            "只能搬到 PostgreSQL：--to 写成 postgresql://用户:密码@服务器/库名"
            "（或设环境变量 XINQIAO_TARGET_DATABASE_URL）",
            code="target_dialect",
        )
    return target


@dataclass(frozen=True, slots=True)
class Move:
    """One move.

    Attributes:
        source: The workspace's database, which must be SQLite.
        target: An empty PostgreSQL, or one with the finished copy of ``source``.
        cause: Who moves it, when, and why.
        clock: The clock of this machine, by which the source's leases go.
        progress: See :data:`Progress`.
    """

    source: Database
    target: Database
    cause: Cause
    clock: Clock
    progress: Progress

    def run(self) -> Moved:
        """Copy everything, prove it equal, and retire the source.

        Raises:
            InputError: The source is no SQLite.
            SettingsError: The source has moved already, or one side cannot be written.
            RefusedError: Something is being sent, or the target holds other data; audited.
            BusyError: Somebody else writes, or the target cannot be reached.
            DamageError: A log does not hold, a row does not fit, or the copy differs; as after any
                error, nothing was changed on either side.
        """
        if self.source.dialect != "sqlite":
            raise InputError(
                f"本工作区的数据库已在 PostgreSQL（{place_of(self.source.url)}）上，无须再搬",
                code="source_dialect",
            )
        try:
            return self._run()
        except RefusedError as error:
            self._note_refusal(error)
            raise

    def _run(self) -> Moved:
        with self.source.writing() as ours:
            if is_retired(ours):
                raise moved(self.source.url)
            _refuse_while_sending(ours, self.clock.now())
            head = self._proven_head(ours, "本库")
            with self.target.writing() as theirs:
                place = place_of(self.target.url)
                told = finished_copy(ours, theirs, place)
                if told is None:
                    tables = self._copy(ours, theirs, head)
                    done = Moved(place, sum(tables.values()), head.sequence, tables, resumed=False)
                else:
                    self._proven_head(theirs, "目标库")
                    done = Moved(place, told["rows"], told["head"], {}, resumed=True)
                # not after the target's commit: what cannot be written must undo the copy too
                self._retire(ours, done)
        return done

    def _copy(self, ours: Connection, theirs: Connection, head: Head) -> dict[str, int]:
        """Copy and prove everything in the transactions given; return table → rows."""
        upgrade_within(theirs)
        read = copy_tables(ours, theirs, partial(self.progress, Stage.COPYING))
        _compare(read, fingerprints(theirs, partial(self.progress, Stage.COMPARING)))
        if self._proven_head(theirs, "目标库") != head:
            raise DamageError(
                "目标库的审计链与本库的不同，没有搬，两边都没有改动", code="copy_differs"
            )
        tables = {name: one.rows for name, one in read.items()}
        entry = Entry(
            COPIED,
            reason=self.cause.reason,
            details={
                "source": place_of(self.source.url),
                "tables": len(tables),
                "rows": sum(tables.values()),
                "head": head.sequence,
                "head_hash": head.hash,
            },
        )
        append(theirs, [entry], actor=self.cause.actor, at=database_time(theirs, self.clock))
        return tables

    def _retire(self, ours: Connection, done: Moved) -> None:
        entry = Entry(
            MOVED,
            reason=self.cause.reason,
            details={"target": done.target, "rows": done.rows, "resumed": done.resumed},
        )
        append(ours, [entry], actor=self.cause.actor, at=self.cause.at)
        retire(ours)

    def _proven_head(self, connection: Connection, side: str) -> Head:
        return proven_head(connection, side, partial(self.progress, Stage.VERIFYING, "audit"))

    def _note_refusal(self, error: RefusedError) -> None:
        """Audit a refusal in a transaction of its own."""
        details = {"target": place_of(self.target.url), "why": error.message}
        entry = Entry(REFUSED, reason=self.cause.reason, details=details)
        with self.source.writing() as ours:
            append(ours, [entry], actor=self.cause.actor, at=self.cause.at)


def _refuse_while_sending(ours: Connection, now: datetime) -> None:
    """Refuse while a worker is alive that may be sending, or sending again what is in doubt."""
    statement = sa.select(sa.func.count(), sa.func.max(submission.c.lease_until)).where(
        submission.c.state.in_((State.SENDING.value, State.IN_DOUBT.value)),
        submission.c.lease_until > now,
    )
    count, until = ours.execute(statement).one()
    if until is not None:
        wait = max(1, round((until - now).total_seconds()))
        raise RefusedError(
            f"有 {count} 条正在报送或向平台查证，现在不能搬：请停下定时作业和其他信桥程序，"
            f"约 {wait} 秒后再执行本命令",
            code="sending",
        )


def _compare(read: Mapping[str, Fingerprint], written: Mapping[str, Fingerprint]) -> None:
    differing = [name for name, one in read.items() if written[name] != one]
    if differing:
        raise DamageError(
            f"复制到目标库的内容与本库不同（表 {'、'.join(differing)}），没有搬，"
            "两边都没有改动：请把这一行告诉开发者",
            code="copy_differs",
        )
