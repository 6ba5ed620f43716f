"""Comparing a downloaded ledger with what we believe the platform holds (下载台账对账)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.clock import SHANGHAI
from xinqiao.database.tables import ledger_reading
from xinqiao.errors import InputError, RefusedError
from xinqiao.mapping.registry import format_for, formats
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.ledger_files.names import LedgerNames
from xinqiao.reconcile.ledger_files.opening import Claims, open_ledger
from xinqiao.reconcile.ledgers.comparison import compare_source
from xinqiao.reconcile.ledgers.findings import LedgerFindings
from xinqiao.reconcile.ledgers.readings import Origin
from xinqiao.reconcile.ledgers.terms import Terms
from xinqiao.reconcile.span import Span
from xinqiao.reconcile.window import Window
from xinqiao.records.kinds import kind_of

FILE = "file"


@dataclass(frozen=True, slots=True)
class FileReport:
    """What comparing one file came to.

    Attributes:
        platform: Whose ledger.
        kind: Record kind.
        file: Name of the file.
        findings: The comparison.
        seen_until: What was taken in later is not expected in the file.
        remarks: What a person should know of the file, in Chinese.
    """

    platform: str
    kind: str
    file: str
    findings: LedgerFindings
    seen_until: datetime
    remarks: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """Return the report as ``--json`` shows it."""
        return {
            "platform": self.platform,
            "kind": self.kind,
            "file": self.file,
            **self.findings.reading(),
            **self.findings.plain(),
            "copies": self.findings.copies,
            "seen_until": self.seen_until.isoformat(),
            "remarks": list(self.remarks),
        }


@dataclass(frozen=True, slots=True)
class LedgerFiles:
    """Compares downloaded ledgers of one platform.

    Attributes:
        worker: What the queue's work needs.
        platform: The platform.
        kinds: Record kinds that it takes.
        names: What it calls the columns.
        visible_after: How long after it was sent a record may still not show.
        report_from: The day since which the bureau reports to it, where the settings say one.
    """

    worker: Worker
    platform: str
    kinds: frozenset[str]
    names: LedgerNames
    visible_after: timedelta
    report_from: date | None = None

    def compare(self, path: Path, kind: str, window: Window, claims: Claims) -> FileReport:
        """Compare the ledger in a file.

        Args:
            path: A workbook or a text file.
            kind: Record kind that it lists.
            window: Days for which it was downloaded, by the time of taking in.
            claims: What a person says of it.

        Raises:
            InputError: The file is not that ledger; nothing was compared.
            RefusedError: The platform itself showed these days later than the file.
        """
        self._check_kind(kind)
        compiled = format_for(self.platform, kind)
        with self.worker.database.reading() as connection:
            now = self.worker.cause(connection).at
        file = open_ledger(path, compiled, self.names, window, claims, now)
        with self.worker.database.reading() as connection:
            self._refuse_what_is_older(connection, kind, window, file.seen_until)
            span = Span(window.end, window, report_from=self.report_from)
            _, since = span.of(connection, self.platform, kind)
        terms = Terms(self.visible_after, file.seen_until, file.lacking, copies=True)
        origin = Origin(FILE, file.name, file.sha256)
        found = compare_source(self.worker, self.platform, kind, window, file, origin, terms, since)
        copied = (f"{found.copies} 行与文件里别的行完全相同，只算一次",) if found.copies else ()
        remarks = (*file.remarks, *copied)
        return FileReport(self.platform, kind, file.name, found, file.seen_until, remarks)

    def _check_kind(self, kind: str) -> None:
        known = [
            one.kind
            for one in formats()
            if one.platform == self.platform and one.kind in self.kinds
        ]
        if kind not in known:
            names = "、".join(f"{kind_of(one).name}（{one}）" for one in known) or "（没有）"
            raise InputError(
                f"{kind_of(kind).name}不报送这个平台，没有台账可对；这个平台有{names}",
                code="kind_not_reported",
            )

    def _refuse_what_is_older(
        self, connection: Connection, kind: str, window: Window, seen_until: datetime
    ) -> None:
        """Refuse a file older than what the platform itself showed of these days."""
        later = connection.execute(
            sa.select(sa.func.max(ledger_reading.c.begun_at)).where(
                ledger_reading.c.platform == self.platform,
                ledger_reading.c.kind == kind,
                ledger_reading.c.origin != FILE,
                ledger_reading.c.finished_at.is_not(None),
                ledger_reading.c.incomplete == "",
                ledger_reading.c.begun_at > seen_until,
                ledger_reading.c.starts_on <= window.start,
                ledger_reading.c.ends_on >= window.end,
            )
        ).scalar_one()
        if later is not None:
            raise RefusedError(
                f"平台自己的台账在 {later.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 已经读全过这些日子，"
                "比这份文件新，旧台账不再核对；文件是那以后下载的，请用 --downloaded 写明时间",
                code="ledger_older",
            )
