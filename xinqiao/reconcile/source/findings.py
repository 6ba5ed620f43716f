"""What comparing a list of the case system with the hub found (源头对账结果)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

MOST_EXAMPLES = 200
"""How many of each sort a report lists; all are differences: ``reconcile items list``."""


@dataclass(frozen=True, slots=True)
class NeverImported:
    """A decision of the case system that never reached the hub (漏报).

    Attributes:
        row: Where it stands in the list.
        document_number: Its number, and what else tells it from others.
        decided_on: Day of the decision; empty where the list does not tell it.
        due_on: Last day in time by law; empty where none is known.
        overdue: Whether that day has passed: it was never reported, and is late (瞒报).
        department: Whose it is.
    """

    row: int
    document_number: str
    decided_on: str
    due_on: str
    overdue: bool
    department: str


@dataclass(frozen=True, slots=True)
class NotInSource:
    """A record of ours that the list does not show (业务系统无)."""

    record: str
    document_number: str
    decided_on: str
    department: str


@dataclass(slots=True)
class SourceFindings:
    """The comparison of one list.

    Attributes:
        file: Its name.
        kind: Record kind.
        start: First day of decision that was compared; None where all were.
        end: Last one.
        listed: Decisions compared.
        matched: Those that the hub has records of.
        exempt: Those that nobody is owed, imported or not (不报送).
        earlier: Those made before the bureau reported through the hub, and not imported.
        never_imported: Examples of what never reached the hub.
        missing: How many did not.
        overdue: How many of these are overdue by law.
        not_in_source: Examples of records that the list does not show.
        strangers: How many it does not.
        not_judged: Why it cannot be said which records the list does not show, in Chinese; empty
            where it was said.
        accepted: How many of both a person has accepted as they are.
        closed: How many differences came to their end.
        remarks: What a person should know of the file, in Chinese.
        unreadable: Why decisions could not be compared, in Chinese; empty where all were.
        undated: How many decisions have no day that can be read: whether they are late is unknown.
    """

    file: str
    kind: str
    start: date | None = None
    end: date | None = None
    listed: int = 0
    matched: int = 0
    exempt: int = 0
    earlier: int = 0
    never_imported: list[NeverImported] = field(default_factory=list)
    missing: int = 0
    overdue: int = 0
    not_in_source: list[NotInSource] = field(default_factory=list)
    strangers: int = 0
    not_judged: str = ""
    accepted: int = 0
    closed: int = 0
    remarks: list[str] = field(default_factory=list)
    unreadable: str = ""
    undated: int = 0

    @property
    def clean(self) -> bool:
        """Whether there is nothing that a person must look at."""
        left = self.missing + self.strangers - self.accepted
        return not (left or self.undated or self.unreadable)

    def note_missing(self, found: Sequence[NeverImported]) -> None:
        """Note what never reached the hub."""
        self.missing += len(found)
        self.overdue += sum(one.overdue for one in found)
        self.never_imported += found[: max(0, MOST_EXAMPLES - len(self.never_imported))]

    def note_strangers(self, found: Sequence[NotInSource]) -> None:
        """Note what the list does not show."""
        self.strangers += len(found)
        self.not_in_source += found[: max(0, MOST_EXAMPLES - len(self.not_in_source))]

    def plain(self) -> dict[str, Any]:
        """Return the findings as ``--json`` shows them."""
        return {
            "file": self.file,
            "kind": self.kind,
            "from": self.start.isoformat() if self.start is not None else None,
            "to": self.end.isoformat() if self.end is not None else None,
            "listed": self.listed,
            "matched": self.matched,
            "exempt": self.exempt,
            "before_start": self.earlier,
            "counts": {
                "never_imported": self.missing,
                "overdue": self.overdue,
                "not_in_source": self.strangers,
                "accepted_as_known": self.accepted,
                "closed": self.closed,
            },
            "never_imported": [asdict(one) for one in self.never_imported],
            "not_in_source": [asdict(one) for one in self.not_in_source],
            "complete": not (self.unreadable or self.not_judged),
            "unreadable": self.unreadable,
            "undated": self.undated,
            "not_judged": self.not_judged,
            "remarks": self.remarks,
        }
