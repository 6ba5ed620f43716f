"""One reconciliation of one platform: receipts, ledger and time limits together (对账)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import local_date
from xinqiao.database.engine import Database
from xinqiao.queue.platforms import Platform
from xinqiao.queue.transitions import Cause
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.differences.unanswered import note_unanswered
from xinqiao.reconcile.ledgers.comparison import compare_ledger
from xinqiao.reconcile.ledgers.findings import LedgerFindings
from xinqiao.reconcile.metrics import Punctuality, punctuality
from xinqiao.reconcile.span import Span
from xinqiao.reconcile.waiting import Waiting, waiting
from xinqiao.reconcile.window import Window


@dataclass(slots=True)
class PlatformReport:
    """What reconciling with one platform came to.

    Attributes:
        ledger: Kind → what comparing its ledger found; empty when there is no ledger.
        receipts: What waits for an answer.
        punctuality: Legal time limits, by kind.
        note: Why something could not be compared, in Chinese; empty if all could.
    """

    receipts: Waiting = field(default_factory=lambda: Waiting(0, 0, ()))
    ledger: dict[str, LedgerFindings] = field(default_factory=dict)
    punctuality: list[Punctuality] = field(default_factory=list)
    note: str = ""

    @property
    def needs_a_person(self) -> bool:
        """Whether anything differs, is overdue, or could not be compared."""
        return bool(
            self.note
            or self.receipts.overdue
            or any(one.overdue for one in self.punctuality)
            or any(not one.clean for one in self.ledger.values())
        )

    def plain(self) -> dict[str, Any]:
        """Return the report as ``--json`` shows it; the kinds of a ledger are put together."""
        whole = LedgerFindings()
        for one in self.ledger.values():
            whole.add(one)
        if not self.ledger:
            whole.incomplete = self.note
        return whole.plain() | {
            "ledgers": {kind: one.reading() for kind, one in self.ledger.items()},
            "receipts": {
                "awaiting": self.receipts.awaiting,
                "in_doubt": self.receipts.in_doubt,
                "overdue": list(self.receipts.overdue),
            },
            "metrics": {one.kind: one.plain() for one in self.punctuality},
            "note": self.note,
        }


def reconcile_platform(
    worker: Worker,
    platform: Platform,
    kinds: Sequence[str],
    window: Window,
    span: Span,
    cause: Cause,
) -> PlatformReport:
    """Compare everything with one platform, and note in the log that it was done.

    Args:
        worker: What the queue's work needs.
        platform: The platform.
        kinds: Record kinds that it takes.
        window: Days for which time limits are counted.
        span: Days of the ledgers that are read.
        cause: Who reconciles, and when.
    """
    database = worker.database
    report = local_report(database, platform.id, window, cause.at)
    with database.reading() as connection:
        report.receipts = waiting(connection, platform, cause.at)
    note_unanswered(worker, platform.id, report.receipts.overdue)
    if platform.connector.capabilities.ledger:
        for kind in kinds:
            with database.reading() as connection:
                days, since = span.of(connection, platform.id, kind)
            report.ledger[kind] = compare_ledger(worker, platform, kind, days, since)
    else:
        report.note = (
            "这个平台没有台账接口，不能逐条核对；"
            "请从平台下载台账，用 xinqiao reconcile --ledger 文件 核对"
        )
    entry = Entry("reconcile.finished", platform=platform.id, details=_figures(report, window))
    with database.writing() as connection:
        append(connection, [entry], actor=cause.actor, at=cause.at)
    return report


def local_report(
    database: Database, platform: str, window: Window, now: datetime
) -> PlatformReport:
    """Return what can be told without asking the platform."""
    end = min(window.end, local_date(now))
    with database.reading() as connection:
        return PlatformReport(punctuality=punctuality(connection, platform, window.start, end, now))


def _figures(report: PlatformReport, window: Window) -> dict[str, str | int | bool | None]:
    found = report.ledger.values()
    return {
        "from": window.start.isoformat(),
        "to": window.end.isoformat(),
        "matched": sum(one.matched for one in found),
        "accepted_by_ledger": sum(one.accepted for one in found),
        "missing": sum(one.counts["missing"] for one in found),
        "unknown": sum(one.counts["unexpected"] for one in found),
        "different": sum(one.counts["different"] for one in found),
        "complete": all(not one.incomplete for one in found) and bool(report.ledger),
    }
