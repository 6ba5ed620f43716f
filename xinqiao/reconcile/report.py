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
from xinqiao.reconcile.figures.punctuality import Punctuality, punctuality
from xinqiao.reconcile.ledgers.comparison import compare_ledger
from xinqiao.reconcile.ledgers.findings import LedgerFindings
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
            whole.matched += one.matched
            whole.by_number_only += one.by_number_only
            whole.under_way += one.under_way
            whole.accepted += one.accepted
            whole.waiting += one.waiting
            whole.missing += one.missing
            whole.unexpected += one.unexpected
            whole.different += one.different
            whole.repeated += one.repeated
            whole.incomplete = whole.incomplete or one.incomplete
        if not self.ledger:
            whole.incomplete = self.note
        return whole.plain() | {
            "receipts": {
                "awaiting": self.receipts.awaiting,
                "in_doubt": self.receipts.in_doubt,
                "overdue": list(self.receipts.overdue),
            },
            "metrics": {one.kind: one.plain() for one in self.punctuality},
            "note": self.note,
        }


def reconcile_platform(
    worker: Worker, platform: Platform, kinds: Sequence[str], window: Window, cause: Cause
) -> PlatformReport:
    """Compare everything with one platform, and note in the log that it was done."""
    database = worker.database
    report = local_report(database, platform.id, window, cause.at)
    with database.reading() as connection:
        report.receipts = waiting(connection, platform, cause.at)
    if platform.connector.capabilities.ledger:
        for kind in kinds:
            report.ledger[kind] = compare_ledger(worker, platform, kind, window)
    else:
        report.note = "这个平台没有台账接口，不能逐条核对；请下载台账后人工核对"
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
        "missing": sum(len(one.missing) for one in found),
        "unknown": sum(len(one.unexpected) for one in found),
        "different": len({d.record for one in found for d in one.different}),
        "complete": all(not one.incomplete for one in found) and bool(report.ledger),
    }
