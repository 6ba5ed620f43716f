"""Comparing a platform's ledger with what we believe it holds (台账对账), in bounded memory.

A difference changes nothing: it is kept for a person. What shows as it was sent is a receipt for
what had none. A ledger that breaks off proves nothing about what it did not show, so nothing is
called missing then, and nothing gone.

Pages are taken together into blocks, so that a ledger of many small pages costs no more; what was
seen, and what differs, is in the database before the next block is read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy.engine import Connection

from xinqiao.adapters.base import LedgerEntry
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.calls import admission
from xinqiao.queue.platforms import Platform
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.differences.catalogue import LEDGER
from xinqiao.reconcile.differences.store import (
    GONE,
    Found,
    Sides,
    any_open,
    close,
    close_unseen,
    note_differences,
    open_under,
    see_again,
)
from xinqiao.reconcile.key_hash import hash_of_key
from xinqiao.reconcile.ledgers.findings import LedgerFindings, Missing
from xinqiao.reconcile.ledgers.judging import Judge, Judged
from xinqiao.reconcile.ledgers.lines import Page, SeenLines
from xinqiao.reconcile.ledgers.missing import close_found_again
from xinqiao.reconcile.ledgers.ours import Scope, TakenIn, not_shown
from xinqiao.reconcile.ledgers.pages import LedgerReader, LedgerSource
from xinqiao.reconcile.ledgers.permitted import PermittedLedger, words
from xinqiao.reconcile.ledgers.readings import (
    OVERTAKEN,
    Origin,
    Reading,
    begin,
    drop_lines,
    finish,
    goes_on,
    mark_of,
    whole_days,
)
from xinqiao.reconcile.ledgers.shown import accept_shown
from xinqiao.reconcile.ledgers.terms import Terms
from xinqiao.reconcile.window import Window

_NOT_WORTH_TRYING = frozenset({"paused", "resting", "closed"})

_BLOCK = 500
"""Entries, at least, that are compared together."""

_KEY_NOT_TOLD = "台账没有给出区分各条记录的全部字段，不能逐条核对"
_MOVED = "读取期间台账有变动，前后页有重复，请稍后再对"


def compare_ledger(
    worker: Worker, platform: Platform, kind: str, window: Window, since: date | None = None
) -> LedgerFindings:
    """Compare the ledger that a platform itself gives with ours.

    A platform that is paused or rests is not called.

    Args:
        worker: What the queue's work needs; no transaction is open while the platform is asked.
        platform: The platform; it must have a ledger.
        kind: Record kind.
        window: Days of the ledger.
        since: The day from which on it leaves no gap; None where nothing is known.
    """
    with worker.database.reading() as connection:
        refused = admission(connection, platform, worker.cause(connection).at)
        checked_to = mark_of(connection, platform.id, kind, since)
    if refused.why in _NOT_WORTH_TRYING:
        return LedgerFindings(incomplete=words(refused), checked_to=checked_to)
    source = PermittedLedger(worker, platform)
    visible_after = timedelta(seconds=platform.connector.capabilities.visible_after)
    terms = Terms(visible_after, moment=platform.moment)
    return compare_source(worker, platform.id, kind, window, source, Origin(), terms, since)


def compare_source(
    worker: Worker,
    platform: str,
    kind: str,
    window: Window,
    source: LedgerSource,
    origin: Origin,
    terms: Terms,
    since: date | None = None,
) -> LedgerFindings:
    """Compare a ledger with ours, wherever its pages come from.

    Args:
        worker: What the queue's work needs; no transaction is open while a page is read.
        platform: The platform whose ledger it is.
        kind: Record kind.
        window: Days of the ledger.
        source: Gives the pages.
        origin: Where they come from.
        terms: What its silence proves.
        since: The day from which on it leaves no gap; None where nothing is known.
    """
    with worker.database.writing() as connection:
        cause = worker.cause(connection)
        until = min(cause.at, terms.seen_until or cause.at)
        scope = Scope(platform, kind, until - terms.visible_after, terms.moment)
        whole = whole_days(until, terms.visible_after)
        asked = Reading(0, platform, kind, window, whole, since)
        reading, left = begin(connection, asked, origin, cause)
    drop_lines(worker.database, left)
    comparison = _Comparison(worker, scope, reading, worker.formats.of(platform, kind), terms)
    comparison.run(source)
    with worker.database.writing() as connection:
        findings = comparison.findings
        findings.read = window.start, window.end
        findings.entries = comparison.lines.entries
        findings.checked_to = finish(
            connection, reading, findings.entries, findings.incomplete, worker.cause(connection)
        )
    drop_lines(worker.database, [reading.id])
    return findings


@dataclass(slots=True)
class _Comparison:
    worker: Worker
    scope: Scope
    reading: Reading
    compiled: CompiledFormat
    terms: Terms
    findings: LedgerFindings = field(default_factory=LedgerFindings)
    lines: SeenLines = field(init=False)
    sides: Sides = field(init=False)
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        keys = self.worker.keys
        self.lines = SeenLines(self.reading.id, keys, self.terms.copies)
        self.sides = Sides(self.scope.platform, self.scope.kind, self.reading.id)
        days = self.reading.window.start, self.reading.window.end
        self.judge = Judge(self.scope, self.compiled, keys, self.findings, days)

    def run(self, source: LedgerSource) -> None:
        """Read the ledger and compare it; afterwards ``findings`` tells all."""
        window = self.reading.window
        reader = LedgerReader(source, self.scope.kind, window.start, window.end, self.lines)
        for pages in _blocks(reader.pages()):
            if not self._take(pages):
                self.findings.incomplete = OVERTAKEN
                return
        moved = _MOVED if self.lines.has_moved else ""
        broken = reader.incomplete or self.findings.incomplete or moved
        incomplete = broken or self.terms.lacking
        if not incomplete and not self._find_missing():
            incomplete = OVERTAKEN
        if not incomplete:
            self._close_gone()
        self.findings.incomplete = incomplete
        self.findings.copies = self.lines.copied

    def _take(self, pages: Sequence[Sequence[LedgerEntry]]) -> bool:
        """Compare some pages; tell whether this reading still goes on."""
        keyed: list[Page] = [[(self._key(entry), entry) for entry in page] for page in pages]
        database = self.worker.database
        with database.reading() as connection:
            block = self.lines.tell_apart(connection, keyed)
        self.findings.accepted += accept_shown(self.worker, self.scope, block.fresh)
        with database.reading() as connection:
            judged = self.judge.judge(connection, block, self.lines)
        with database.writing() as connection:
            if not goes_on(connection, self.reading):
                return False
            self.lines.note(connection, block, judged.holdings)
            self._close_disproved(connection, judged)
            self._note(connection, judged.found)
        return True

    def _key(self, entry: LedgerEntry) -> str:
        codes = self.compiled.table.key_fields
        if all(code in entry.values for code in codes):
            return self.compiled.key_of({code: entry.values[code].strip() for code in codes})
        if len(codes) > 1:
            self.findings.incomplete = _KEY_NOT_TOLD
        return entry.key

    def _note(self, connection: Connection, found: Sequence[Found]) -> None:
        cause = self.worker.cause(connection)
        noted = note_differences(connection, self.sides, found, self.worker.keys, cause)
        self.findings.known += noted.known

    def _close_disproved(self, connection: Connection, judged: Judged) -> None:
        """Close what these pages prove not to differ any more."""
        if not any_open(connection, self.sides):
            return
        hashes = {
            hash_of_key(self.worker.keys, self.scope.platform, self.scope.kind, key): key
            for key in judged.shown | judged.undecided
        }
        disproved = {
            "missing_at_platform": judged.shown,
            "unknown_locally": judged.known,
            "different": judged.alike,
        }
        over, unclear = [], []
        for row in open_under(connection, self.sides, LEDGER, hashes):
            key = hashes[row.key_hash]
            if key in disproved.get(row.what, ()):
                over.append(row.id)
            elif key in judged.undecided:
                unclear.append(row.id)
        close(connection, over, GONE, self.worker.cause(connection))
        see_again(connection, self.sides, unclear)

    def _find_missing(self) -> bool:
        """Note what must stand in the ledger and did not show; tell whether the reading goes on."""
        database = self.worker.database
        with database.reading() as connection:
            if not goes_on(connection, self.reading):
                return False
            missing = not_shown(connection, self.scope, self.reading.window, self.reading.id)
            for portion in missing:
                with database.writing() as writing:
                    if not goes_on(writing, self.reading):
                        return False
                    self._note(writing, [_missing(one) for one in portion])
                self.findings.note_missing([self._told(one) for one in portion])
        return True

    def _told(self, one: TakenIn) -> Missing:
        number = mask_identity_numbers(one.key)
        return Missing(one.record_id, self.scope.kind, number, one.at.isoformat())

    def _close_gone(self) -> None:
        """Close what this reading covers and did not see; it was whole."""
        window = self.reading.window.start, self.reading.window.end
        whats = [one for one in LEDGER if one != "missing_at_platform"]
        closed = 1
        while closed:
            with self.worker.database.writing() as connection:
                cause = self.worker.cause(connection)
                closed = close_unseen(connection, self.sides, whats, window, cause)
        close_found_again(self.worker, self.sides, window)


def _missing(one: TakenIn) -> Found:
    return Found(
        "missing_at_platform",
        one.key,
        one.days,
        one.record_id,
        details={"accepted_at": one.at.isoformat()},
    )


def _blocks(
    pages: Iterator[tuple[LedgerEntry, ...]],
) -> Iterator[list[tuple[LedgerEntry, ...]]]:
    """Yield pages together, so many that they hold a block of entries."""
    block: list[tuple[LedgerEntry, ...]] = []
    entries = 0
    for page in pages:
        block.append(page)
        entries += len(page)
        if entries >= _BLOCK:
            yield block
            block, entries = [], 0
    if block:
        yield block
