"""What a comparison with a platform's ledger found (对账结果)."""

from dataclasses import asdict, dataclass, field
from typing import Any


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
        why: ``never_sent``, ``refused``, ``withdrawn``, ``taken_down``, or ``replaced`` (a late
            acceptance of a version that we have since reported under another key).
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

    @property
    def clean(self) -> bool:
        """Whether there is nothing that a person must look at."""
        found = (self.missing, self.unexpected, self.different, self.repeated, self.incomplete)
        return not any(found)

    def plain(self) -> dict[str, Any]:
        """Return the findings as ``--json`` shows them."""
        return {
            "matched": self.matched,
            "by_number_only": self.by_number_only,
            "under_way": self.under_way,
            "accepted_by_ledger": self.accepted,
            "taken_over": self.taken_over,
            "found_while_waiting": [asdict(one) for one in self.waiting],
            "missing_at_platform": [asdict(one) for one in self.missing],
            "unknown_locally": [asdict(one) for one in self.unexpected],
            "different": [asdict(one) for one in self.different],
            "repeated_at_platform": self.repeated,
            "complete": not self.incomplete,
            "incomplete_because": self.incomplete,
        }
