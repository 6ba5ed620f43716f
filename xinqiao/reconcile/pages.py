"""Reading a platform's ledger page by page, and knowing whether it was read to its end (台账)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from xinqiao.adapters.base import Connector, LedgerEntry

_MOST_PAGES = 100_000


@dataclass(slots=True)
class LedgerReader:
    """Reads the ledger of one kind; afterwards ``incomplete`` says whether all of it was seen.

    Attributes:
        connector: The way to the platform.
        kind: Record kind.
        start: First day, by the platform's time of taking in.
        end: Last day, included.
        incomplete: Why it was not read to its end, in Chinese; empty when it was.
    """

    connector: Connector
    kind: str
    start: date
    end: date
    incomplete: str = "还没有读取"
    _references: set[str] = field(default_factory=set)

    def pages(self) -> Iterator[tuple[LedgerEntry, ...]]:
        """Yield the entries of each page; stops at the end, or where the ledger breaks off."""
        page = 1
        while page <= _MOST_PAGES:
            read = self.connector.ledger(self.kind, self.start, self.end, page)
            yield read.entries
            if not read.complete:
                words = read.reply.message or read.reply.code or "没有说明"
                self.incomplete = f"台账第 {page} 页没有读全（{words}）"
                return
            if self._moved(read.entries):
                self.incomplete = f"读到第 {page} 页时台账有变动，前后页有重复，请稍后再对"
                return
            if read.next_page is None:
                self.incomplete = ""
                return
            if read.next_page <= page:
                self.incomplete = f"台账第 {page} 页之后的页码不再前进"
                return
            page = read.next_page
        self.incomplete = f"台账超过 {_MOST_PAGES} 页，请缩短对账的日期范围"

    def _moved(self, entries: tuple[LedgerEntry, ...]) -> bool:
        """Tell whether an entry was seen on an earlier page: the pages moved under our hands."""
        references = {entry.reference for entry in entries if entry.reference}
        moved = not self._references.isdisjoint(references)
        self._references |= references
        return moved
