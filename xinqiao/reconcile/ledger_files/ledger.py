"""A downloaded workbook or text file as a platform's ledger, read page by page (台账文件).

Its records are handed on in pages, as those of an interface are; never all at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from xinqiao.adapters.base import LedgerPage, Outcome, Reply
from xinqiao.intake.header_rows import Header
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.reconcile.below_table import Note, Total
from xinqiao.reconcile.ledger_files.columns import LedgerColumns
from xinqiao.reconcile.ledger_files.merged import unmerged
from xinqiao.reconcile.ledger_files.rows import Record, RowReader
from xinqiao.reconcile.ledger_files.survey import Survey
from xinqiao.reconcile.window import Window

PAGE_ROWS = 1000
"""Records on a page; as many are held in memory at once."""


@dataclass(frozen=True, slots=True)
class Part:
    """One sheet of the file whose header was understood."""

    header: Header
    columns: LedgerColumns


@dataclass(slots=True)
class LedgerFile:
    """The ledger in one file; gives pages as a platform does.

    Attributes:
        name: Name of the file, without what may be an identity number.
        sha256: Of its bytes, in hex.
        window: The days that are compared.
        survey: What its rows come to.
        seen_until: What a platform decided later than this is not expected in the file.
        lacking: Why nothing can be called missing by it, in Chinese; empty when it can.
        remarks: What a person should know of it, in Chinese.
        parts: The sheets that hold the ledger.
        compiled: The platform's format of the kind.
    """

    name: str
    sha256: str
    window: Window
    survey: Survey
    seen_until: datetime
    lacking: str
    remarks: tuple[str, ...]
    parts: tuple[Part, ...]
    compiled: CompiledFormat
    _reading: Iterator[Record] = field(default_factory=lambda: iter(()))
    _next: int = 1

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        """Return one page of the file; pages are read in order, each once, or from the first anew.

        What is asked for is what the file was opened for.
        """
        del kind, start, end
        if page == 1:
            self._reading = self._records()
        elif page != self._next:
            return LedgerPage(Reply(Outcome.IN_DOUBT, "page_skipped", "台账文件须逐页读取"))
        self._next = page + 1
        entries = tuple(one.entry for one in islice(self._reading, PAGE_ROWS))
        more = len(entries) == PAGE_ROWS
        return LedgerPage(
            Reply(Outcome.RECEIVED),
            entries,
            self._next if more else None,
            complete=True,
            total=self.survey.inside,
        )

    def _records(self) -> Iterator[Record]:
        for row in rows_of(self.parts, self.compiled):
            if isinstance(row, Record) and self.survey.takes(row):
                yield row


def rows_of(parts: tuple[Part, ...], compiled: CompiledFormat) -> Iterator[Record | Total | Note]:
    """Yield the rows of all sheets below their headers, blank ones left out."""
    for part in parts:
        reader = RowReader(part.columns, compiled)
        for number, cells in islice(unmerged(part.header.sheet), part.header.row, None):
            row = reader.read(number, cells)
            if row is not None:
                yield row
