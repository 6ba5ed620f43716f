"""What an adoption came to, for people and for ``--json`` (接管结果)."""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from xinqiao.queue.field_differences import FieldDifference

MOST_LISTED = 500
"""More than that of one sort are counted and not listed."""


@dataclass(frozen=True, slots=True)
class Differing:
    """An entry that says something else than our record of that key (内容不一致).

    Attributes:
        record: 记录标识; empty where several records have that key.
        document_number: The platform's key, masked.
        fields: Where they differ; none where several records have that key.
    """

    record: str
    document_number: str
    fields: tuple[FieldDifference, ...]


@dataclass(frozen=True, slots=True)
class StillOwed:
    """A record that the platform does not show and that is owed to it (接管后须报送).

    Attributes:
        record: 记录标识.
        name: By what people name it.
        rule: Identifier of the time limit.
        due_on: Last day in time.
        legal: Whether law sets it.
        overdue: Whether that day is over.
    """

    record: str
    name: str
    rule: str
    due_on: date
    legal: bool
    overdue: bool


@dataclass(slots=True)
class Adopted:
    """What the ledger of one kind came to.

    Attributes:
        id: Of the adoption; None for a trial.
        kind: Record kind.
        read: Keys that the ledger shows.
        adopted: Records taken over as held.
        by_number_only: Those among them of which the ledger tells nothing but the key.
        different_accepted: Those among them that differ, and were taken over all the same.
        withdrawn: Those among them that were withdrawn here: the platform is asked to let go.
        already: Records that were held already.
        under_way: Entries of records that are under way to the platform.
        without_record: Entries that no record of ours is there for; known from now on.
        different: How many records differ and were not taken over.
        several: Keys that several of our records have.
        kept_back: Submissions that a person must decide about, since they differ.
        repeated: How many keys stand in the ledger with two contents.
        without_key: Entries that do not tell the whole key.
        differing: The first of those that differ.
        repeated_keys: The first of those that are repeated, masked.
        owed: How many records are owed to the platform all the same.
        overdue: How many of them by a legal limit that is over.
        still_owed: The most urgent of them.
        before_start: How many records from before the start are still not taken over.
        incomplete: Why the ledger was not read to its end; empty when it was.
        note: Why nothing was read, where nothing was.
    """

    kind: str
    id: int | None = None
    read: int = 0
    adopted: int = 0
    by_number_only: int = 0
    different_accepted: int = 0
    withdrawn: int = 0
    already: int = 0
    under_way: int = 0
    without_record: int = 0
    different: int = 0
    several: int = 0
    kept_back: int = 0
    repeated: int = 0
    without_key: int = 0
    differing: list[Differing] = field(default_factory=list)
    repeated_keys: list[str] = field(default_factory=list)
    owed: int = 0
    overdue: int = 0
    still_owed: list[StillOwed] = field(default_factory=list)
    before_start: int = 0
    incomplete: str = ""
    note: str = ""

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody must look at something."""
        unclear = self.different + self.several + self.repeated + self.without_key
        return bool(unclear or self.overdue or self.incomplete)

    @property
    def counts(self) -> dict[str, int]:
        """The figures alone, by name."""
        names = (
            "read",
            "adopted",
            "by_number_only",
            "different_accepted",
            "withdrawn",
            "already",
            "under_way",
            "without_record",
            "different",
            "several",
            "kept_back",
            "repeated",
            "without_key",
        )
        return {name: getattr(self, name) for name in names}

    def plain(self) -> dict[str, Any]:
        """Return the result as ``--json`` shows it."""
        told = asdict(self)
        for one in told["still_owed"]:
            one["due_on"] = one["due_on"].isoformat()
        return told | {"complete": not self.incomplete}
