"""A platform that remembers: what it took, what it holds, and what it told of it.

It is the truth against which the queue's beliefs are held. Whether a call reaches it and whether
its answer comes back is chosen from outside, one :class:`Fate` per call.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from tests.submission_queue.fates import DEFINITE, MARK, VOID, Crash, Deed, Fate, Nature, deed_of
from tests.support import FrozenClock
from xinqiao.adapters.base import (
    REMOVALS,
    TOO_LATE,
    BatchProgress,
    BatchReport,
    Capabilities,
    KeyReport,
    LedgerEntry,
    LedgerPage,
    Operation,
    Outcome,
    Probe,
    Reply,
    RowResult,
    SealedBatch,
    SealedRow,
    SentBatch,
)

_SLOW_SECONDS = 50

SILENCE = Reply(Outcome.IN_DOUBT, "read_timeout")
_ASKED = Reply(Outcome.RECEIVED, raw=b"{}")

_NOT_TAKEN: Mapping[Fate, Reply] = {
    Fate.UNREACHABLE: Reply(Outcome.RETRYABLE, "connect_refused"),
    Fate.BUSY: Reply(Outcome.RATE_LIMITED, "429", retry_after=17.0),
    Fate.STRANGE: Reply(Outcome.AUTH, "401"),
    Fate.SILENT_LOST: SILENCE,
}


@dataclass(frozen=True, slots=True)
class _Change:
    """One change of what is held under a number; ``adds`` leaves what was there beside it."""

    visible_at: datetime
    key: str
    entry: LedgerEntry | None
    adds: bool


@dataclass(frozen=True, slots=True)
class _Unsettled:
    """A send whose fate its sender does not know."""

    number: str
    row: SealedRow
    visible_at: datetime


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A batch that is still on the line."""

    at: datetime
    visible_at: datetime
    batch: SealedBatch


@dataclass(slots=True)
class Taken:
    """A batch that the platform has, with the rows it has decided."""

    batch: SealedBatch
    decided: dict[int, RowResult] = field(default_factory=dict)

    def reply(self) -> Reply:
        """Return what the platform answers about it now."""
        complete = len(self.decided) == len(self.batch.rows)
        overall = Outcome.ACCEPTED if complete else Outcome.RECEIVED
        return Reply(overall, rows=tuple(self.decided.values()), raw=b"{}")


@dataclass
class RememberingPlatform:
    """A connector to a platform with a memory.

    Attributes:
        clock: The time at the platform.
        nature: What kind it is.
        fates: Fates of the next sends; afterwards it answers.
        deaf: How many of the next questions it does not answer.
        unwelcome: Records that it refuses.
        deeds: What took effect, and how often.
        taken_down: Record → how often it was taken down.
        taken: Batch number → what it has.
        turned_away: Numbers of batches that it refused as a whole, as it tells with receipts.
        refused: Deeds that it refused, by row or alone in their batch.
        fickle: Records of which it contradicted itself.
        meanwhile: Happens once, after a call reached the platform and before its answer is there.
    """

    clock: FrozenClock
    nature: Nature
    fates: list[Fate] = field(default_factory=list)
    deaf: int = 0
    unwelcome: set[int] = field(default_factory=set)
    deeds: Counter[Deed] = field(default_factory=Counter)
    taken_down: Counter[int] = field(default_factory=Counter)
    taken: dict[str, Taken] = field(default_factory=dict)
    turned_away: set[str] = field(default_factory=set)
    refused: set[Deed] = field(default_factory=set)
    fickle: set[int] = field(default_factory=set)
    meanwhile: Callable[[], None] | None = None
    _changes: list[_Change] = field(default_factory=list)
    _arrivals: list[_Arrival] = field(default_factory=list)
    _unsettled: dict[int, _Unsettled] = field(default_factory=dict)
    _just_told: dict[int, _Unsettled] = field(default_factory=dict)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            poll=self.nature.poll,
            query=self.nature.query,
            deduplicates=self.nature.deduplicates,
            visible_after=self.nature.visible_after,
        )

    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        self.arrive()
        usual = Fate.RECEIVES if self.nature.decides_later else Fate.ANSWERS
        fate = self.fates.pop(0) if self.fates else usual
        if fate is Fate.SLOW_TAKEN:
            self.clock.advance(_SLOW_SECONDS)
        if self.clock.elapsed() >= send_before:
            return Reply(Outcome.RETRYABLE, TOO_LATE)
        visible_at = self.clock.now() + timedelta(seconds=self.nature.visible_after)
        before = dict(self._unsettled)
        self._note_send(batch, visible_at)
        reply = self._outcome(fate, batch, visible_at)
        told = fate in DEFINITE and self.meanwhile is None
        self._let_time_pass()
        if fate in (Fate.DIES_BEFORE, Fate.DIES_AFTER):
            raise Crash
        if told:
            self._just_told = dict(self._unsettled)
            if fate in _NOT_TAKEN:
                # whatever became of an earlier send of the same bytes is as unknown as before
                self._unsettled = before
            else:
                self._settle(lambda one: one.number == batch.number)
        return reply

    def poll(self, sent: SentBatch) -> BatchReport:
        batch_number = sent.batch.number
        if self._is_deaf():
            return BatchReport(BatchProgress.NO_ANSWER, Reply(Outcome.RETRYABLE, "timeout"))
        self.arrive()
        taken = self.taken.get(batch_number)
        if batch_number in self.turned_away:
            self._settle(lambda one: one.number == batch_number)
            report = BatchReport(BatchProgress.REFUSED, replace(_ASKED, code="4001"))
        elif taken is None:
            report = BatchReport(BatchProgress.UNKNOWN_BATCH, _ASKED)
        else:
            self._settle(lambda one: one.number == batch_number)
            complete = len(taken.decided) == len(taken.batch.rows)
            progress = BatchProgress.COMPLETE if complete else BatchProgress.PENDING
            report = BatchReport(progress, _ASKED, tuple(taken.decided.values()))
        self._let_time_pass()
        return report

    def query(self, kind: str, key: str) -> KeyReport:
        del kind
        if self._is_deaf():
            return KeyReport(Reply(Outcome.RETRYABLE, "timeout"), None)
        self.arrive()
        now = self.clock.now()
        shown = self._held(key, now)
        values = [entry.values for entry in shown]
        self._settle(
            lambda one: one.row.key == key and (one.visible_at <= now or one.row.values in values)
        )
        self._let_time_pass()
        return KeyReport(_ASKED, tuple(shown))

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        del kind, start, end, page
        return LedgerPage(Reply(Outcome.RETRYABLE))

    def probe(self) -> Probe:
        return Probe(ok=True)

    def close(self) -> None:
        """Nothing is held open."""

    def arrive(self) -> None:
        """Let everything that is on the line and due by now arrive."""
        due = [one for one in self._arrivals if one.at <= self.clock.now()]
        self._arrivals = [one for one in self._arrivals if one not in due]
        for one in due:
            self._take(one.batch, one.visible_at, decides=True)

    def decide(self, most: int) -> None:
        """Decide up to ``most`` rows that were only received."""
        for taken in self.taken.values():
            for row in taken.batch.rows:
                if row.number not in taken.decided and most > 0:
                    self._decide(taken, row, self._visible_from_now())
                    most -= 1

    def change_its_mind(self, record: int) -> None:
        """Turn the decision about the last version of a record into its contrary.

        Only what nobody has asked for anew since: of two answers to two deliveries, both true, it
        would depend on their order which one holds.
        """
        told = [
            (taken, row)
            for taken in self.taken.values()
            for row in taken.batch.rows
            if deed_of(taken.batch, row).record == record and row.number in taken.decided
        ]
        if not told or record in self._unsettled:
            return
        taken, row = told[-1]
        self.fickle.add(record)
        before = taken.decided[row.number].outcome
        if before is Outcome.REJECTED:
            self._do(taken.batch, row, self._visible_from_now())
            taken.decided[row.number] = RowResult(row.number, Outcome.ACCEPTED, "0000")
        elif before is Outcome.ACCEPTED:
            self._changes.append(_Change(self._visible_from_now(), row.key, None, adds=False))
            taken.decided[row.number] = RowResult(row.number, Outcome.REJECTED, "1009", "复核未过")
            self.refused.add(deed_of(taken.batch, row))

    def truth(self, deed: Deed, batch_number: str | None) -> Outcome | None:
        """Return what a person finds out at the platform: accepted, rejected, absent (retryable).

        None while it is not decided, or while somebody would have to choose.
        """
        self.arrive()
        if any(one.batch.number == batch_number for one in self._arrivals):
            return None
        if deed.record in self.fickle:
            return Outcome.REJECTED if self._went_back(deed, batch_number) else None
        if self.deeds[deed]:
            return Outcome.ACCEPTED
        taken = self.taken.get(batch_number or "")
        if taken is None:
            return Outcome.RETRYABLE
        for row in taken.batch.rows:
            if deed_of(taken.batch, row) == deed and row.number in taken.decided:
                refused = taken.decided[row.number].outcome is Outcome.REJECTED
                return Outcome.REJECTED if refused else None
        return None

    def _went_back(self, deed: Deed, batch_number: str | None) -> bool:
        """Tell whether the last word about a delivered row is a refusal."""
        taken = self.taken.get(batch_number or "")
        return taken is not None and any(
            taken.decided[row.number].outcome is Outcome.REJECTED
            for row in taken.batch.rows
            if deed_of(taken.batch, row) == deed and row.number in taken.decided
        )

    def answer_kept(self) -> None:
        """Take note that the sender stored its last answer."""
        self._just_told = {}

    def answer_lost(self) -> None:
        """Take note that the sender could not store its last answer: it does not know it."""
        self._unsettled |= self._just_told

    def settled(self, record: int) -> None:
        """Take note that the sender knows by other ways what became of its last send."""
        self._unsettled.pop(record, None)

    def settled_by(self, record: int, batch_number: str | None) -> None:
        """Take note that the sender knows what became of a record in one batch, if it was last."""
        last = self._unsettled.get(record)
        if last is not None and last.number == batch_number:
            del self._unsettled[record]

    def holds(self, key: str) -> list[tuple[int, int]]:
        """Return (record, version) of everything that is valid under ``key``, seen or not."""
        found = (
            MARK.search(entry.values["XK_NR"])
            for entry in self._held(key, None)
            if entry.values["XK_ZT"] != VOID
        )
        return [(int(one[1]), int(one[2])) for one in found if one is not None]

    def _note_send(self, batch: SealedBatch, visible_at: datetime) -> None:
        for row in batch.rows:
            record = deed_of(batch, row).record
            before = self._unsettled.get(record)
            identical = (
                before is not None and self.nature.deduplicates and before.number == batch.number
            )
            assert before is None or identical, f"record {record} was sent again without a question"
            self._unsettled[record] = _Unsettled(batch.number, row, visible_at)

    def _settle(self, which: Callable[[_Unsettled], bool]) -> None:
        known = [record for record, one in self._unsettled.items() if which(one)]
        for record in known:
            del self._unsettled[record]

    def _outcome(self, fate: Fate, batch: SealedBatch, visible_at: datetime) -> Reply:
        if fate in _NOT_TAKEN:
            return _NOT_TAKEN[fate]
        if fate is Fate.SILENT_LATE:
            later = self.clock.now() + timedelta(seconds=self.nature.visible_after / 2)
            self._arrivals.append(_Arrival(later, visible_at, batch))
            return SILENCE
        if fate is Fate.DIES_BEFORE:
            return SILENCE
        receives = fate is Fate.RECEIVES and self.nature.poll
        reply = self._take(batch, visible_at, decides=not receives)
        return SILENCE if fate in (Fate.SILENT_TAKEN, Fate.SLOW_TAKEN) else reply

    def _take(self, batch: SealedBatch, visible_at: datetime, *, decides: bool) -> Reply:
        if self.nature.deduplicates and batch.number in self.taken:
            return self.taken[batch.number].reply()
        if batch.number in self.turned_away:
            return Reply(Outcome.RECEIVED, raw=b"{}")
        deeds = [deed_of(batch, row) for row in batch.rows]
        if self.nature.refuses_whole and any(one.record in self.unwelcome for one in deeds):
            if len(deeds) == 1:
                self.refused.update(deeds)
            if self.nature.refuses_later:
                self.turned_away.add(batch.number)
                return Reply(Outcome.RECEIVED, raw=b"{}")
            return Reply(Outcome.REJECTED, "4001", raw=b"{}")
        taken = self.taken[batch.number] = Taken(batch)
        if decides:
            for row in batch.rows:
                self._decide(taken, row, visible_at)
        return taken.reply()

    def _decide(self, taken: Taken, row: SealedRow, visible_at: datetime) -> None:
        deed = deed_of(taken.batch, row)
        if deed.record in self.unwelcome:
            self.refused.add(deed)
            result = RowResult(row.number, Outcome.REJECTED, "1001", "主体不存在")
        elif self.nature.knows_numbers and self._is_second(deed, row.key):
            result = RowResult(row.number, Outcome.DUPLICATE, "0040", "已存在")
        else:
            self._do(taken.batch, row, visible_at)
            result = RowResult(row.number, Outcome.ACCEPTED, "0000")
        taken.decided[row.number] = result

    def _do(self, batch: SealedBatch, row: SealedRow, visible_at: datetime) -> None:
        deed = deed_of(batch, row)
        self.deeds[deed] += 1
        entry = LedgerEntry(row.key, row.values, f"SD{deed.record}")
        gone = batch.operation in REMOVALS
        self.taken_down[deed.record] += deed.operation is Operation.TAKE_DOWN
        adds = self._is_second(deed, row.key)
        self._changes.append(_Change(visible_at, row.key, None if gone else entry, adds))

    def _is_second(self, deed: Deed, key: str) -> bool:
        return deed.operation is Operation.INSERT and bool(self.holds(key))

    def _held(self, key: str, now: datetime | None) -> list[LedgerEntry]:
        held: list[LedgerEntry] = []
        for change in self._changes:
            if change.key == key and (now is None or change.visible_at <= now):
                held = [*(held if change.adds else ()), *([change.entry] if change.entry else ())]
        return held

    def _visible_from_now(self) -> datetime:
        return self.clock.now() + timedelta(seconds=self.nature.visible_after)

    def _is_deaf(self) -> bool:
        deaf = self.deaf > 0
        self.deaf = max(0, self.deaf - 1)
        return deaf

    def _let_time_pass(self) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
