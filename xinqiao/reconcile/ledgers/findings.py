"""What a comparison with a platform's ledger found (对账结果)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, TypeVar

Example = TypeVar("Example")

MOST_EXAMPLES = 200
"""How many of each sort a report lists; all of them are differences: ``reconcile items list``."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A record that we believe the platform holds and that its ledger does not show (平台缺)."""

    record: str
    kind: str
    document_number: str
    accepted_at: str


@dataclass(frozen=True, slots=True)
class Unexpected:
    """An entry of the ledger that we do not know, or that should not be there (本地无).

    Attributes:
        kind: Record kind of the ledger.
        document_number: The platform's key of it.
        reference: The platform's id of it.
        why: ``never_sent``, ``not_adopted`` (from before us, and our record of that key differs),
            ``refused``, ``withdrawn``, ``taken_down``, or ``replaced`` (a late acceptance of a
            version that we have since reported under another key).
        record: Our record, where there is one.
    """

    kind: str
    document_number: str
    reference: str
    why: str
    record: str = ""


@dataclass(frozen=True, slots=True)
class Different:
    """One field in which the ledger differs from what we sent (不一致).

    Attributes:
        record: Our record.
        kind: Its kind.
        document_number: The platform's key of it.
        field: The platform's code of the field.
        name: Its Chinese name.
        ours: What we sent; of fields with identity numbers a remark instead.
        theirs: What the ledger shows, likewise.
    """

    record: str
    kind: str
    document_number: str
    field: str
    name: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission whose fate is unknown here, and whose key the ledger shows (已见于台账)."""

    submission: int
    record: str
    document_number: str
    state: str


@dataclass(slots=True)
class LedgerFindings:
    """The comparison with one platform's ledger for a window of days.

    Of what was found the first :data:`MOST_EXAMPLES` are kept as examples, and all are counted.

    Attributes:
        matched: Records that both sides hold alike; those that both hold as void are among them.
        by_number_only: Records of which the ledger tells nothing but the key.
        under_way: Entries of records whose submission has no decision yet, or had it a moment ago:
            no difference.
        accepted: Submissions that had no receipt and stand in the ledger as they were sent: they
            are accepted.
        taken_over: Entries from before us that no record of ours is there for; they are known.
        waiting: See :class:`Waiting`; a help for whoever resolves them, no difference.
        missing: See :class:`Missing`; empty while ``incomplete``.
        unexpected: See :class:`Unexpected`.
        different: See :class:`Different`.
        repeated: Keys that the ledger shows more than once.
        incomplete: Why the ledger was not read to its end, in Chinese; empty when it was.
        counts: How many there are in all of ``waiting``, ``missing``, ``unexpected`` and
            ``repeated``; of ``different`` records, and of their ``fields``.
        entries: How many entries the ledger showed.
        copies: How many entries of a file were copies of others in it.
        known: How many of the differences a person has accepted as they are.
        read: First and last day that were read; None where nothing was.
        checked_to: Day up to which the ledger was read whole and without a gap; None for none.
    """

    matched: int = 0
    by_number_only: int = 0
    under_way: int = 0
    accepted: int = 0
    taken_over: int = 0
    waiting: list[Waiting] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    unexpected: list[Unexpected] = field(default_factory=list)
    different: list[Different] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    incomplete: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    copies: int = 0
    known: int = 0
    read: tuple[date, date] | None = None
    checked_to: date | None = None

    @property
    def clean(self) -> bool:
        """Whether there is nothing that a person must look at."""
        found = sum(self.counts[one] for one in ("missing", "unexpected", "different", "repeated"))
        return not (found - self.known or self.incomplete)

    def note_waiting(self, found: Sequence[Waiting]) -> None:
        """Note what waits for a decision."""
        self._note("waiting", self.waiting, found)

    def note_missing(self, found: Sequence[Missing]) -> None:
        """Note what is missing."""
        self._note("missing", self.missing, found)

    def note_unexpected(self, found: Sequence[Unexpected]) -> None:
        """Note what should not be there."""
        self._note("unexpected", self.unexpected, found)

    def note_repeated(self, found: Sequence[str]) -> None:
        """Note keys that stand there twice."""
        self._note("repeated", self.repeated, found)

    def note_different(self, found: Sequence[Different]) -> None:
        """Note the fields in which one record differs."""
        self._note("fields", self.different, found)
        self.counts["different"] += 1

    def _note(self, name: str, kept: list[Example], found: Sequence[Example]) -> None:
        self.counts[name] += len(found)
        kept += found[: max(0, MOST_EXAMPLES - len(kept))]

    def add(self, other: "LedgerFindings") -> None:
        """Put what another ledger shows beside this one's."""
        self.matched += other.matched
        self.by_number_only += other.by_number_only
        self.under_way += other.under_way
        self.accepted += other.accepted
        self.waiting += other.waiting
        self.missing += other.missing
        self.unexpected += other.unexpected
        self.different += other.different
        self.repeated += other.repeated
        self.incomplete = self.incomplete or other.incomplete
        self.counts += other.counts
        self.entries += other.entries
        self.known += other.known

    def plain(self) -> dict[str, Any]:
        """Return the findings as ``--json`` shows them."""
        return {
            "matched": self.matched,
            "by_number_only": self.by_number_only,
            "under_way": self.under_way,
            "accepted_by_ledger": self.accepted,
            "taken_over": self.taken_over,
            "accepted_as_known": self.known,
            "entries": self.entries,
            "counts": {
                "found_while_waiting": self.counts["waiting"],
                "missing_at_platform": self.counts["missing"],
                "unknown_locally": self.counts["unexpected"],
                "different": self.counts["different"],
                "different_fields": self.counts["fields"],
                "repeated_at_platform": self.counts["repeated"],
            },
            "found_while_waiting": [asdict(one) for one in self.waiting],
            "missing_at_platform": [asdict(one) for one in self.missing],
            "unknown_locally": [asdict(one) for one in self.unexpected],
            "different": [asdict(one) for one in self.different],
            "repeated_at_platform": self.repeated,
            "complete": not self.incomplete,
            "incomplete_because": self.incomplete,
        }

    def reading(self) -> dict[str, Any]:
        """Return what was read, as ``--json`` shows it for each ledger."""
        return {
            "from": self.read[0].isoformat() if self.read is not None else None,
            "to": self.read[1].isoformat() if self.read is not None else None,
            "entries": self.entries,
            "complete": not self.incomplete,
            "incomplete_because": self.incomplete,
            "checked_to": self.checked_to.isoformat() if self.checked_to is not None else None,
        }
