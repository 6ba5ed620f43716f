"""What figures count, one case at a time, and what each case adds to them (统计单元).

A case tells only what a figure needs, so that the database can count equal cases together.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from xinqiao.reconcile.figures.limits import Limit

ACCEPTED = "accepted"
REFUSED = "rejected"
"""What a platform said of a row; the first closes its duty too."""

ADOPTED = "adopted"
WAIVED = "waived"
"""What else closes a duty: see the table."""

_NOT_OWED = frozenset({WAIVED, ADOPTED})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case is counted.

    Attributes:
        platform: Platform identifier; None where no platform is meant.
        kind: Record kind.
        department: 科室; empty where the import named none.
        day: The decision, the change or the import; None where nobody can read it.
    """

    platform: str | None
    kind: str
    department: str
    day: date | None


class Share(NamedTuple):
    """What cases add to a figure.

    Attributes:
        numerator: To the numerator.
        denominator: To the denominator.
        provisional: Cases in neither, since their time limit may still move (暂定).
    """

    numerator: int = 0
    denominator: int = 0
    provisional: int = 0

    def plus(self, other: "Share", times: int = 1) -> "Share":
        """Return the sum with ``times`` cases like ``other``."""
        return Share(*(ours + times * one for ours, one in zip(self, other, strict=True)))


class Standing(StrEnum):
    """How a duty stands by one way of counting (报送情况)."""

    ON_TIME = "on_time"
    """Reported on the last day or before it (按时)."""

    LATE = "late"
    """Reported after it (迟报)."""

    OVERDUE = "overdue"
    """Not reported, and the last day has passed (逾期未报)."""

    OPEN = "open"
    """Not reported, and there is still time (未到期)."""

    PROVISIONAL = "provisional"
    """The last day may still move: nobody can say yet (暂定)."""


class Answer(StrEnum):
    """What a platform said of a first report (平台结论)."""

    STORED = "stored"
    """Taken in at the first attempt."""

    STORED_AFTER_CORRECTION = "stored_after_correction"
    """Refused at the first attempt, taken in later."""

    REFUSED = "refused"
    """Refused, and not taken in since."""

    UNDECIDED = "undecided"
    """Nothing that lasts: no answer yet, or one that was taken back."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """What is owed, and when it was fulfilled; the duty of a first report or of a change.

    Attributes:
        rule: Identifier of the deadline rule.
        starts_on: The day on which its clock starts.
        legal: Whether its time limit is a legal one; 内部时限 enter no figure about time.
        closed_by: What closed it; None while it is open.
        reported_on: The day, in Asia/Shanghai, on which it counts as reported.
    """

    rule: str
    starts_on: date
    legal: bool
    closed_by: str | None
    reported_on: date | None

    @property
    def owed(self) -> bool:
        """Whether it is or was owed: neither waived nor taken over."""
        return self.closed_by not in _NOT_OWED

    @property
    def reported(self) -> bool:
        """Whether the platform took it in."""
        return self.closed_by == ACCEPTED and self.reported_on is not None

    def standing(self, limit: Limit, today: date) -> Standing:
        """Return how it stands ``today``; a legal day ends at midnight in Asia/Shanghai."""
        if limit.provisional:
            return Standing.PROVISIONAL
        if self.reported and self.reported_on is not None:
            return Standing.ON_TIME if self.reported_on <= limit.last else Standing.LATE
        return Standing.OVERDUE if limit.last < today else Standing.OPEN


@dataclass(frozen=True, slots=True)
class FirstReport:
    """The first report of one record to one platform.

    Attributes:
        place: Where it is counted.
        obligation: Its duty; None while the record has no decision date that can be read.
        wanted: Whether the platform should hold the record now.
        sent: Whether it may have reached the platform.
        first: What the platform first said of the row, ``accepted`` or ``rejected``; None: nothing.
        stored: Whether the platform took it in, then or after a correction.
        repeated: Whether the platform called it a duplicate of something that is not what we sent.
    """

    place: Place
    obligation: Obligation | None
    wanted: bool
    sent: bool = False
    first: str | None = None
    stored: bool = False
    repeated: bool = False

    @property
    def answer(self) -> Answer:
        """What the platform said, in one word."""
        if self.stored:
            return Answer.STORED if self.first == ACCEPTED else Answer.STORED_AFTER_CORRECTION
        return Answer.REFUSED if self.first == REFUSED else Answer.UNDECIDED


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """A correction or withdrawal of what a platform holds (更正、撤回)."""

    place: Place
    obligation: Obligation


@dataclass(frozen=True, slots=True)
class Amount:
    """Something that is counted by itself: items of a record, rows of a file.

    Attributes:
        place: Where it is counted.
        numerator: Filled items, repeated rows.
        denominator: Required items, all rows.
    """

    place: Place
    numerator: int
    denominator: int


Case = FirstReport | ChangeReport | Amount
