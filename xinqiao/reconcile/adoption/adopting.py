"""Taking over as held what a platform's ledger shows, without sending anything (存量接管).

The ledger is read to its end, or to where it breaks off, before anything of it is believed. Then it
is gone through in portions, each in a transaction of its own: what is interrupted has taken over
whole portions, and the same command takes the rest. What a ledger does not show proves nothing
here: nothing is given up for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from xinqiao.mapping.engine import CompiledFormat
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.acting import ActingFor
from xinqiao.queue.adoptable import DIFFERING, Judged, Verdict, judge, key_told, keyed_by_us
from xinqiao.queue.adopted import keep_entries, kept_entries
from xinqiao.queue.adopting import hold, keep_back
from xinqiao.queue.arrivals import keep_held
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.transitions import Cause
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.adoption.findings import MOST_LISTED, Adopted, Differing
from xinqiao.reconcile.adoption.lines import Line, Lines, Watch
from xinqiao.reconcile.adoption.owed import note_owed
from xinqiao.reconcile.adoption.runs import (
    Run,
    Standing,
    before_start,
    begin_run,
    finish_run,
    runs,
)
from xinqiao.reconcile.adoption.undoing import Undone, undo
from xinqiao.reconcile.ledgers.pages import LedgerReader, LedgerSource
from xinqiao.reconcile.ledgers.readings import Origin
from xinqiao.reconcile.window import Window

KEYED_BY_US = (
    "这个平台按本系统的记录标识识别这类记录，原来报送的没有这个标识，无法逐条接管；"
    "启用日期以前的不补报即可"
)
"""Why there is nothing to be found in a ledger."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks for.

    Attributes:
        platform: Whose ledger it is.
        kind: Record kind.
        window: Days of the ledger, by the platform's time of taking in.
        reason: Why; goes to the audit log.
        dry_run: Tell what it would come to, and keep nothing.
        accept_different: Take over also what differs: what the platform holds counts as our
            record, and the comparison of ledgers goes on telling in what it differs. Where a ledger
            tells no more than the number of a record that was corrected here, the present version
            goes there once.
    """

    platform: str
    kind: str
    window: Window
    reason: str = ""
    dry_run: bool = False
    accept_different: bool = False


@dataclass(frozen=True, slots=True)
class Adoption:
    """Takes over what was reported before.

    Attributes:
        worker: What the queue's work needs.
        planner: Plans what follows.
        acting: Opens a write transaction for the person at the keyboard.
    """

    worker: Worker
    planner: Planner
    acting: ActingFor

    def run(self, order: Order, source: LedgerSource, origin: Origin, lacking: str = "") -> Adopted:
        """Read a ledger and take over what it shows.

        Args:
            order: What a person asks for.
            source: Gives the ledger.
            origin: Where it was read.
            lacking: Why it is known not to be whole before it is read; empty where it may be.

        Raises:
            DamageError: Content in the database was changed.
        """
        compiled = self.worker.formats.of(order.platform, order.kind)
        found = Adopted(order.kind)
        if keyed_by_us(compiled):
            found.note = KEYED_BY_US
            return found
        lines = Lines(self.worker.keys)
        try:
            self._read(order, compiled, source, lines, found)
            found.incomplete = found.incomplete or lacking
            _Taking(self, order, compiled, lines, found).take(origin)
            with self.worker.database.reading() as connection:
                now = self.worker.cause(connection).at
                note_owed(connection, found, order.platform, lines.run, now)
        finally:
            with self.worker.database.writing() as connection:
                lines.clear(connection, self.worker.cause(connection).at)
        return found

    def runs(self) -> list[Run]:
        """Return every adoption, the latest first."""
        with self.worker.database.reading() as connection:
            return runs(connection)

    def before_start(self) -> list[Standing]:
        """Return what was decided before the start and what was taken over."""
        with self.worker.database.reading() as connection:
            return before_start(connection)

    def undo(self, number: int, reason: str, *, dry_run: bool = False) -> Undone:
        """Undo an adoption, as far as nothing was built on it; or tell what that would come to.

        Raises:
            InputError: There is no such adoption.
            RefusedError: It was undone already.
        """
        return undo(self.worker, self.planner, self.acting, number, reason, dry_run=dry_run)

    def _read(
        self,
        order: Order,
        compiled: CompiledFormat,
        source: LedgerSource,
        lines: Lines,
        found: Adopted,
    ) -> None:
        window, seen = order.window, Watch()
        reader = LedgerReader(source, order.kind, window.start, window.end, seen)
        for entries in reader.pages():
            keyed = [(key_told(compiled, entry), entry) for entry in entries]
            told = [(key, entry) for key, entry in keyed if key is not None]
            found.without_key += len(keyed) - len(told)
            with self.worker.database.writing() as connection:
                seen.again = lines.add(connection, told, self.worker.cause(connection).at)
        found.incomplete = reader.incomplete


@dataclass(frozen=True, slots=True)
class _Taking:
    """Going through the lines of one reading."""

    adoption: Adoption
    order: Order
    compiled: CompiledFormat
    lines: Lines
    found: Adopted

    def take(self, origin: Origin) -> None:
        number = 0
        if not self.order.dry_run:
            with self.adoption.acting(self.order.reason) as (connection, cause):
                days = (self.order.window.start, self.order.window.end)
                number = begin_run(
                    connection, self.order.platform, self.order.kind, origin, days, cause
                )
            self.found.id = number
        after = ""
        while True:
            with self.adoption.acting(self.order.reason) as (connection, cause):
                portion = self.lines.portion(connection, after)
                if portion:
                    after = portion[-1].key_hash
                    self._take_portion(connection, portion, number, cause)
                elif not self.order.dry_run:
                    finish_run(connection, number, self.order.platform, self.found, cause)
            if not portion:
                return

    def _take_portion(
        self, connection: Connection, portion: Sequence[Line], number: int, cause: Cause
    ) -> None:
        self.found.read += len(portion)
        entries = {line.key: line.entry for line in portion}
        repeated = {line.key for line in portion if line.repeated}
        self._note_repeated(sorted(repeated))
        judged = judge(connection, self.lines.keys, self.order.platform, self.compiled, entries)
        clear = [one for one in judged if one.key not in repeated]
        held = self._hold(connection, [one for one in clear if self._holds(one)], number, cause)
        digests = {line.key: line.key_hash for line in portion}
        self.lines.note_held(
            connection,
            {
                digests[one.key]: one.candidate.holding_id
                for one in held
                if one.candidate is not None
            },
        )
        differing = [one for one in clear if not self._holds(one) and _differs(one)]
        self._note_differing(differing)
        self._keep(connection, clear, number)
        unclear = [one for one in judged if one.key in repeated and one.candidate is not None]
        if not self.order.dry_run:
            owed = [one for one in unclear if one.verdict is not Verdict.ALREADY]
            self.found.kept_back += keep_back(connection, [*differing, *owed], cause)

    def _holds(self, one: Judged) -> bool:
        accepted = one.verdict in DIFFERING and self.order.accept_different
        return one.verdict is Verdict.ADOPTABLE or accepted

    def _hold(
        self, connection: Connection, judged: Sequence[Judged], number: int, cause: Cause
    ) -> Sequence[Judged]:
        held = judged
        if not self.order.dry_run:
            platform = self.order.platform
            held = hold(connection, self.adoption.planner, platform, judged, number, cause)
            keep_held(connection, self.lines.keys, platform, self.order.kind, held, number)
        self.found.under_way += len(judged) - len(held)
        self.found.adopted += len(held)
        self.found.by_number_only += sum(one.by_number_only for one in held)
        self.found.different_accepted += sum(bool(one.differences) for one in held)
        self.found.withdrawn += sum(
            one.candidate is not None and one.candidate.withdrawn_on is not None for one in held
        )
        return held

    def _note_repeated(self, keys: Sequence[str]) -> None:
        self.found.repeated += len(keys)
        room = MOST_LISTED - len(self.found.repeated_keys)
        self.found.repeated_keys += [mask_identity_numbers(key) for key in keys[:room]]

    def _note_differing(self, differing: Sequence[Judged]) -> None:
        several = [one for one in differing if one.verdict is Verdict.SEVERAL]
        self.found.several += len(several)
        self.found.different += len(differing) - len(several)
        room = MOST_LISTED - len(self.found.differing)
        self.found.differing += [
            Differing(
                "" if one.candidate is None else one.candidate.change.record_id,
                mask_identity_numbers(one.key),
                one.differences,
            )
            for one in differing[:room]
        ]

    def _keep(self, connection: Connection, clear: Sequence[Judged], number: int) -> None:
        """Keep what no record of ours is held as, so that it is known when one comes."""
        platform, kind = self.order.platform, self.order.kind
        found = self.found
        found.already += sum(one.verdict is Verdict.ALREADY for one in clear)
        found.under_way += sum(one.verdict is Verdict.UNDER_WAY for one in clear)
        without = {
            one.key: one.entry
            for one in clear
            if one.verdict is Verdict.NO_RECORD or (_differs(one) and not self._holds(one))
        }
        kept = kept_entries(connection, self.lines.keys, platform, kind, without)
        # taken over once and gone since: it is no stranger, and the comparison tells it
        gone = {key for key, one in kept.items() if one.record_id is not None}
        strangers = [one.key for one in clear if one.verdict is Verdict.NO_RECORD]
        found.already += sum(key in gone for key in strangers)
        found.without_record += sum(key not in gone for key in strangers)
        fresh = {
            key: entry
            for key, entry in without.items()
            if key not in kept or (key not in gone and kept[key].entry != entry)
        }
        if fresh and not self.order.dry_run:
            keep_entries(connection, self.lines.keys, platform, kind, fresh, number)


def _differs(one: Judged) -> bool:
    return one.verdict in (*DIFFERING, Verdict.SEVERAL)
