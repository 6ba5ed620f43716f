"""A platform with a ledger that shows what a test wrote into it, and breaks off as told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from tests.submission_queue.world import ScriptedPlatform, World
from xinqiao.adapters.base import (
    Capabilities,
    LedgerEntry,
    LedgerPage,
    Outcome,
    Reply,
    RowResult,
    SealedBatch,
)
from xinqiao.queue.delivery import deliver
from xinqiao.reconcile.ledgers.comparison import compare_ledger
from xinqiao.reconcile.ledgers.findings import LedgerFindings
from xinqiao.reconcile.window import Window

TODAY = date(2026, 11, 20)
"""The day on which the frozen clock stands."""

Break = Callable[[LedgerPage], LedgerPage]

LONGEST_FIRST_REST = 75
"""Seconds after which a platform that failed once may be called again."""

BREAKS: Mapping[str, Break] = {
    "no answer": lambda _: LedgerPage(Reply(Outcome.IN_DOUBT, "read_timeout")),
    "cut short": lambda page: LedgerPage(
        Reply(Outcome.IN_DOUBT, "list_cut_short", raw=b"[..."), page.entries
    ),
    "one lost": lambda page: replace(page, entries=page.entries[:-1]),
    "other total": lambda page: replace(page, total=(page.total or 0) + 1),
    "ends early": lambda page: LedgerPage(Reply(Outcome.RECEIVED), complete=True, total=page.total),
}
"""Ways in which a page may prove nothing about what it does not show."""


@dataclass
class LedgerPlatform(ScriptedPlatform):
    """A scripted platform with a ledger; ``breaks`` names pages that go wrong, from 1."""

    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(poll=True, query=True, ledger=True, visible_after=10)
    )
    shown: list[LedgerEntry] = field(default_factory=list)
    page_size: int = 100
    breaks: dict[int, Break] = field(default_factory=dict)
    read: list[int] = field(default_factory=list)

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        del kind, start, end
        self.on_call()
        self.read.append(page)
        first = (page - 1) * self.page_size
        entries = tuple(self.shown[first : first + self.page_size])
        more = first + self.page_size < len(self.shown)
        whole = LedgerPage(
            Reply(Outcome.RECEIVED),
            entries,
            page + 1 if more else None,
            complete=True,
            total=len(self.shown),
        )
        broken = self.breaks.get(page)
        return whole if broken is None else broken(whole)

    def shows(self, number: int, **changes: str) -> None:
        """Let the ledger show the last row sent under a document number, with ``changes``."""
        key = document(number)
        (sent,) = [row for batch in self.sent for row in batch.rows if row.key == key][-1:]
        entry = LedgerEntry(key, {**sent.values, **changes}, f"SD-{number}")
        self.shown = [one for one in self.shown if one.key != key] + [entry]

    def shows_foreign(self, key: str, reference: str = "", **values: str) -> None:
        """Let the ledger show something that was never sent."""
        self.shown.append(LedgerEntry(key, {"XK_WSH": key, **values}, reference))


def document(number: int) -> str:
    return f"云交许〔2026〕{number:04}号"


def took(at: datetime | None = None) -> Callable[[SealedBatch], Reply]:
    """Return an answer that accepts every row, taken in at ``at`` where the platform says so."""

    def answer(batch: SealedBatch) -> Reply:
        rows = tuple(
            RowResult(row.number, Outcome.ACCEPTED, "0000", "", _reference(row.key), at)
            for row in batch.rows
        )
        return Reply(Outcome.ACCEPTED, rows=rows)

    return answer


def _reference(key: str) -> str:
    return f"SD-{int(key[-5:-1])}"


def ledger_of(world: World) -> LedgerPlatform:
    assert isinstance(world.connector, LedgerPlatform)
    return world.connector


def report(world: World, *numbers: int, at: datetime | None = None) -> list[str]:
    """Import permits and have them accepted; the ledger shows nothing of itself."""
    ids = world.add(*numbers)
    send(world, took(at))
    return ids


def send(world: World, *answers: Reply | Callable[[SealedBatch], Reply]) -> None:
    world.connector.answers = list(answers)
    deliver(world.worker, world.platform)


def settle_down(world: World) -> None:
    """Let so much time pass that the ledger must show everything, and that nobody rests."""
    world.clock.advance(world.connector.capabilities.visible_after + LONGEST_FIRST_REST)


def compare(
    world: World, start: date = TODAY - timedelta(7), end: date = TODAY, kind: str = "permit"
) -> LedgerFindings:
    return compare_ledger(world.worker, world.platform, kind, Window(start, end))


def numbers_missing(found: LedgerFindings) -> list[str]:
    return [one.document_number for one in found.missing]


def strangers(found: LedgerFindings) -> list[tuple[str, str]]:
    """Return (document number, why) of what should not be there."""
    return [(one.document_number, one.why) for one in found.unexpected]


def differences(found: LedgerFindings) -> list[tuple[str, str, str]]:
    """Return (field, ours, theirs)."""
    return [(one.field, one.ours, one.theirs) for one in found.different]


def entries(*pairs: tuple[str, str]) -> Sequence[LedgerEntry]:
    """Return entries of (key, reference) that tell nothing else."""
    return [LedgerEntry(key, {}, reference) for key, reference in pairs]
