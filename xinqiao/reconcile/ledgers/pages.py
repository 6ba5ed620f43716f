"""Reading a platform's ledger page by page, and knowing whether it was read to its end (台账)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from xinqiao.adapters.base import LedgerEntry, LedgerPage, Reply

_MOST_PAGES = 100_000


class LedgerSource(Protocol):
    """What gives a ledger page by page."""

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        """Return one page of the records taken in from ``start`` to ``end``, both included."""


class Seen(Protocol):
    """What tells whether the pages moved under the reader's hands."""

    def moved(self, entries: Sequence[LedgerEntry]) -> bool:
        """Tell of a page's entries whether one was seen on an earlier page."""


@dataclass(slots=True)
class Remembered:
    """Remembers every entry of a ledger that is known to be short."""

    _seen: set[str] = field(default_factory=set)

    def moved(self, entries: Sequence[LedgerEntry]) -> bool:
        """Tell of a page's entries whether one was seen on an earlier page."""
        here = {identity_text(entry) for entry in entries}
        moved = not self._seen.isdisjoint(here)
        self._seen |= here
        return moved


@dataclass(slots=True)
class LedgerReader:
    """Reads the ledger of one kind; afterwards ``incomplete`` says whether all of it was seen.

    A ledger that changes while it is read moves records from one page to another: one is seen
    twice, or not at all. Both show: by the same record on two pages, and by the total.

    Attributes:
        source: Gives the pages.
        kind: Record kind.
        start: First day, by the platform's time of taking in.
        end: Last day, included.
        seen: Notices what is seen twice.
        incomplete: Why it was not read to its end, in Chinese; empty when it was.
        reply: What the last call came to.
    """

    source: LedgerSource
    kind: str
    start: date
    end: date
    seen: Seen = field(default_factory=Remembered)
    incomplete: str = "还没有读取"
    reply: Reply | None = None
    _read: int = 0
    _total: int | None = None

    def pages(self) -> Iterator[tuple[LedgerEntry, ...]]:
        """Yield the entries of each page; stops at the end, or where the ledger breaks off."""
        page = 1
        while page <= _MOST_PAGES:
            read = self.source.ledger(self.kind, self.start, self.end, page)
            self.reply = read.reply
            yield read.entries
            self.incomplete = self._broken(page, read)
            if self.incomplete or read.next_page is None:
                return
            page = read.next_page
        self.incomplete = f"台账超过 {_MOST_PAGES} 页，请缩短对账的日期范围"

    def _broken(self, page: int, read: LedgerPage) -> str:
        """Return what keeps the ledger from being believed whole after this page, in Chinese."""
        if not read.complete:
            words = read.reply.message or read.reply.code or "没有说明"
            return f"台账第 {page} 页没有读全（{words}）"
        self._read += len(read.entries)
        if self.seen.moved(read.entries):
            return f"读到第 {page} 页时台账有变动，前后页有重复，请稍后再对"
        if page == 1:
            self._total = read.total
        if read.total != self._total:
            return f"读到第 {page} 页时台账总数有变动，请稍后再对"
        if read.next_page is not None and read.next_page <= page:
            return f"台账第 {page} 页之后的页码不再前进"
        if read.next_page is None and self._total not in {None, self._read}:
            return f"台账共 {self._total} 条，只读到 {self._read} 条"
        return ""


def identity_text(entry: LedgerEntry) -> str:
    """Return what tells an entry from every other: the platform's id of it, else all it says."""
    if entry.reference:
        return f"id\0{entry.reference}"
    return f"all\0{json.dumps([entry.key, sorted(entry.values.items())], ensure_ascii=False)}"


def whole_text(entry: LedgerEntry) -> str:
    """Return everything that an entry says."""
    at = entry.at.isoformat() if entry.at is not None else ""
    told = [entry.reference, entry.key, sorted(entry.values.items()), at]
    return f"whole\0{json.dumps(told, ensure_ascii=False)}"
