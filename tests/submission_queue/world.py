"""A small world for the queue: a real database, and a platform that follows a script."""

import math
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support import FrozenClock, same_database
from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    Capabilities,
    KeyReport,
    LedgerEntry,
    LedgerPage,
    Outcome,
    Probe,
    Reply,
    RowResult,
    SealedBatch,
    SentBatch,
)
from xinqiao.database.engine import Database
from xinqiao.database.record_store import protect
from xinqiao.database.tables import (
    audit,
    duty,
    holding,
    receipt,
    record,
    submission,
    submission_count,
)
from xinqiao.intake import store as intake_store
from xinqiao.mapping.registry import Formats
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.changes import Change
from xinqiao.queue.lease import Lease
from xinqiao.queue.moments import MomentRule
from xinqiao.queue.pace import Pace
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.platforms import Correction, Platform, Withdrawal
from xinqiao.queue.retry import Backoff
from xinqiao.queue.states import State
from xinqiao.queue.transitions import Cause
from xinqiao.queue.worker import Worker
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting
from xinqiao.routing.exemptions import exemptions_in_force

PLATFORM = "credit_shandong"

CONTENT: Mapping[str, str] = {
    "subject.name": "云溪县青石货物运输有限公司",
    "subject.category": "法人及非法人组织",
    "subject.unified_social_credit_code": "91350100M000100Y43",
    "subject.legal_representative": "试一",
    "document_name": "道路运输经营许可决定书",
    "document_number": "云交许〔2026〕0001号",
    "permit_class": "普通",
    "content": "道路普通货物运输",
    "decision_date": "2026-11-17",
    "valid_from": "2026-11-17",
    "valid_until": "2030-11-17",
    "authority": "云溪县交通运输局",
    "authority_code": "11420000MB15291767",
    "status": "有效",
    "source_unit": "云溪县交通运输局",
    "source_unit_code": "11420000MB15291767",
}

Submit = Callable[[SealedBatch], Reply]

PATIENCE_SECONDS = 60


class Crash(BaseException):
    """The process dies here."""


def together(work: Callable[[str], None], *names: str) -> None:
    """Do ``work`` under each of ``names`` in a thread of its own; raise the first error."""
    failures: list[BaseException] = []

    def guarded(name: str) -> None:
        try:
            work(name)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test must hear of it
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(name,), name=name) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    if failures:
        raise failures[0]
    assert not any(thread.is_alive() for thread in threads)


def reply(outcome: Outcome, *rows: RowResult, **further: Any) -> Reply:
    """Return a platform's answer."""
    return Reply(outcome, rows=tuple(rows), **further)


@dataclass
class ScriptedPlatform:
    """A connector whose answers are written down in advance, and that notes what it was asked.

    It remembers nothing by itself: what it "holds" is what a test put into ``held``.
    """

    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(poll=True, query=True, visible_after=10)
    )
    answers: list[Reply | Submit | BaseException] = field(default_factory=list)
    reports: list[BatchReport] = field(default_factory=list)
    held: dict[str, list[LedgerEntry]] = field(default_factory=dict)
    reachable: bool = True
    sent: list[SealedBatch] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)
    polled: list[str] = field(default_factory=list)
    told: list[SentBatch] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    on_call: Callable[[], None] = lambda: None
    on_ask: Callable[[], None] = lambda: None

    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        self.deadlines.append(send_before)
        self.on_call()
        self.sent.append(batch)
        answer = self.answers.pop(0) if self.answers else Reply(Outcome.RECEIVED)
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, Reply) else answer(batch)

    def poll(self, sent: SentBatch) -> BatchReport:
        self.polled.append(sent.batch.number)
        self.told.append(sent)
        if self.reports:
            return self.reports.pop(0)
        return BatchReport(BatchProgress.PENDING, Reply(Outcome.RECEIVED))

    def query(self, kind: str, key: str) -> KeyReport:
        del kind
        self.asked.append(key)
        self.on_ask()
        if not self.reachable:
            return KeyReport(Reply(Outcome.RETRYABLE, "connect_refused"), None)
        return KeyReport(Reply(Outcome.ACCEPTED), tuple(self.held.get(key, ())))

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        del kind, start, end, page
        return LedgerPage(Reply(Outcome.RETRYABLE))

    def probe(self) -> Probe:
        return Probe(ok=True)

    def close(self) -> None:
        """Nothing is held open."""

    def holds(self, batch: SealedBatch, *numbers: int, **changes: str) -> None:
        """Let the platform hold rows of ``batch`` as they were sent, with ``changes``."""
        for row in batch.rows:
            if row.number in numbers:
                entry = LedgerEntry(row.key, {**row.values, **changes}, f"SD{row.number}")
                self.held.setdefault(row.key, []).append(entry)


@dataclass
class World:
    """One hub's queue with everything a test needs to push it about."""

    database: Database
    keys: KeyRing
    clock: FrozenClock
    connector: ScriptedPlatform = field(repr=False)
    rows_per_batch: int = 20
    questions_before_hold: int = 3
    deaths_before_hold: int = 2
    withdrawals: Mapping[str, Withdrawal] = field(
        default_factory=lambda: {"permit": Withdrawal.VOID_ROW, "penalty": Withdrawal.OPERATION}
    )

    corrections: Mapping[str, Correction] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    lanes: int = 1
    exchange_seconds: float = 5
    way_digest: str = "a" * 64
    poll_every: float = 5
    expected_within: float = 3600
    moment: MomentRule = field(default_factory=MomentRule)
    platforms: frozenset[str] = frozenset({PLATFORM})
    switches: dict[str, dict[str, bool]] = field(default_factory=dict)
    exemptions: dict[str, bool] = field(default_factory=dict)
    formats: Formats = field(default_factory=Formats)

    @property
    def worker(self) -> Worker:
        return self.another_worker("one")

    def another_worker(self, name: str) -> Worker:
        lease = Lease(name, 60, self.deaths_before_hold)
        backoff = Backoff(60, 3600)
        return Worker(
            self.database,
            self.keys,
            self.clock,
            lease,
            backoff,
            self.questions_before_hold,
            self.lanes,
            formats=self.formats,
        )

    @property
    def platform(self) -> Platform:
        return Platform(
            PLATFORM,
            self.connector,
            self.rows_per_batch,
            5,
            self.poll_every,
            self.expected_within,
            self.withdrawals,
            self.exchange_seconds,
            self.pace,
            self.corrections,
            self.way_digest,
            moment=self.moment,
        )

    def cause(self, reason: str = "") -> Cause:
        return Cause("张科员", self.clock.now(), reason)

    def planner(self) -> Planner:
        return Planner(
            self.platforms,
            WorkingCalendar(),
            Counting.EXCLUSIVE,
            exemptions_in_force(self.exemptions),
            frozenset(
                (PLATFORM, kind)
                for kind, way in self.corrections.items()
                if way is Correction.REPLACE
            ),
            self.switches,
            self.formats,
        )

    @contextmanager
    def acting(self) -> Iterator[tuple[sa.Connection, Cause]]:
        """Give a write transaction, and somebody who acts in it."""
        with self.database.writing() as connection:
            yield connection, self.cause("试验")

    def add(self, *numbers: int, **changes: str) -> list[str]:
        """Import one valid permit per number; ``changes`` name fields with ``__`` for dots."""
        ids = [str(uuid.uuid4()) for _ in numbers]
        for record_id, number in zip(ids, numbers, strict=True):
            self.version(record_id, 1, number, valid=True, decided=True, **changes)
        return ids

    def version(
        self,
        record_id: str,
        version: int,
        number: int = 1,
        *,
        valid: bool = True,
        decided: bool = True,
        **changes: str,
    ) -> None:
        """Write one version of a record and plan what follows from it."""
        content = {
            **CONTENT,
            "document_number": f"云交许〔2026〕{number:04}号",
            **{name.replace("__", "."): text for name, text in changes.items()},
        }
        decided_on = date.fromisoformat(content["decision_date"]) if decided else None
        self._write(record_id, version, "permit", content, valid=valid, decided_on=decided_on)

    def enter(
        self,
        kind: str,
        content: Mapping[str, str],
        decided_on: date | None,
        identity_fields: Iterable[str] = (),
    ) -> str:
        """Import a valid record of any kind; return its id."""
        record_id = str(uuid.uuid4())
        self._write(
            record_id,
            1,
            kind,
            content,
            valid=True,
            decided_on=decided_on,
            identity_fields=identity_fields,
        )
        return record_id

    def _write(
        self,
        record_id: str,
        version: int,
        kind: str,
        content: Mapping[str, str],
        *,
        valid: bool,
        decided_on: date | None,
        identity_fields: Iterable[str] = (),
    ) -> None:
        cause = self.cause()
        with self.database.writing() as connection:
            run_id = intake_store.open_run(
                connection,
                file_name="许可.xlsx",
                file_sha256="0" * 64,
                kind=kind,
                department="",
                cause=cause,
            )
            if version == 1:
                intake_store.insert_records(
                    connection,
                    [
                        {
                            "id": record_id,
                            "kind": kind,
                            "matching_key": record_id,
                            "unkeyed_hash": None,
                            "subject_hash": None,
                            "department": "",
                            "current_version": 1,
                            "created_at": cause.at,
                        }
                    ],
                )
            else:
                connection.execute(
                    sa.update(record)
                    .where(record.c.id == record_id)
                    .values(current_version=version)
                )
            intake_store.insert_versions(
                connection,
                [
                    {
                        "record_id": record_id,
                        "version": version,
                        "content": protect(content, record_id, tuple(identity_fields), self.keys),
                        "content_hash": "0" * 64,
                        "valid": valid,
                        "findings": [],
                        "decided_on": decided_on,
                        "import_run_id": run_id,
                        "source_row": 2,
                        "created_at": cause.at,
                    }
                ],
            )
            change = Change(record_id, kind, version, content, valid, decided_on)
            self.planner().plan(connection, [change], cause)

    def rows(self, table: sa.Table, *where: Any) -> list[sa.Row[Any]]:
        with self.database.reading() as connection:
            statement = sa.select(table).where(*where).order_by(*table.primary_key.columns)
            return list(connection.execute(statement))

    def submissions(self) -> list[sa.Row[Any]]:
        return self.rows(submission)

    def states(self) -> list[str]:
        return [row.state for row in self.submissions()]

    def duties(self) -> list[sa.Row[Any]]:
        return self.rows(duty)

    def holdings(self) -> list[sa.Row[Any]]:
        return self.rows(holding)

    def receipts(self) -> list[sa.Row[Any]]:
        return self.rows(receipt)

    def records(self) -> list[sa.Row[Any]]:
        return self.rows(record)

    def counted(self) -> dict[str, int]:
        """Return state → how many submissions the kept counts say, where there are any."""
        return {
            row.state: row.submissions for row in self.rows(submission_count) if row.submissions
        }

    def audited(self) -> list[str]:
        return [row.action for row in self.rows(audit)]

    @contextmanager
    def reopened(self) -> Iterator[Database]:
        """Give the database as another process would open it, closed at the end."""
        own = same_database(self.database, PATIENCE_SECONDS)
        try:
            yield own
        finally:
            own.close()

    def force(self, state: State, **values: Any) -> None:
        """Put every submission into ``state`` directly, to begin a test in the middle of things."""
        with self.database.writing() as connection:
            connection.execute(sa.update(submission).values(state=state.value, **values))


def accepted(batch: SealedBatch) -> Reply:
    """Accept every row, each with a reference of its own."""
    rows = tuple(
        RowResult(row.number, Outcome.ACCEPTED, "0000", "", f"SD{row.number}") for row in batch.rows
    )
    return Reply(Outcome.ACCEPTED, rows=rows)


def decided(progress: BatchProgress, rows: Iterable[RowResult]) -> BatchReport:
    """Return a report of receipts."""
    return BatchReport(progress, Reply(Outcome.ACCEPTED), tuple(rows))


def with_capabilities(world: World, **changes: Any) -> None:
    """Change what the scripted platform can be asked."""
    world.connector.capabilities = replace(world.connector.capabilities, **changes)


@pytest.fixture(name="world")
def make_world(database: Database, keys: KeyRing, clock: FrozenClock) -> World:
    """Give every test a world of its own."""
    return World(database, keys, clock, ScriptedPlatform())
