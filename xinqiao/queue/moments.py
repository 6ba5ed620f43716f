"""Which moment counts as reported, among those that are known (以何时计算报送): no database.

The order is the platform's own time, the arrival of its answer, the send. What a platform did not
tell gives way to what is known later, never to something earlier: an earlier moment proves nothing.
Only a platform whose profile says so is counted from the send. What a person proves goes before.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from xinqiao.adapters.base import CountsFrom
from xinqiao.clock import local_date, start_of


class ReportedBy(StrEnum):
    """What tells when something was reported (依据)."""

    PLATFORM_TIME = "platform_time"
    """The platform's own time (平台入库时间)."""

    RECEIPT = "receipt"
    """The arrival of its answer (收到回执)."""

    SENT = "sent"
    """The beginning of the delivery (发出)."""

    PERSON = "person"
    """A person, with evidence (人工凭证据登记)."""


@dataclass(frozen=True, slots=True)
class MomentRule:
    """Which moment counts at one platform.

    Attributes:
        counts_from: The moment that is wanted.
        clock_offset: Seconds by which the platform's clock may differ from ours.
    """

    counts_from: CountsFrom = CountsFrom.PLATFORM_TIME
    clock_offset: float = 300

    def believes(self, told: datetime, sent: datetime | None, received: datetime) -> bool:
        """Tell whether a platform can have taken in at ``told`` what was sent and answered so."""
        offset = timedelta(seconds=self.clock_offset)
        if told > received + offset:
            return False
        return sent is None or told >= sent - offset or _only_a_day(told, sent)


@dataclass(frozen=True, slots=True)
class Known:
    """The moments of one acceptance that are known.

    Attributes:
        told: What the platform says, or a person with evidence; None where nobody says anything.
        by_person: Whether a person says it.
        sent: The beginning of the first send; None where nothing was sent through us.
        received: When the answer reached us.
    """

    told: datetime | None
    by_person: bool
    sent: datetime | None
    received: datetime


@dataclass(frozen=True, slots=True)
class Reported:
    """When something counts as reported, and by what.

    Attributes:
        at: The instant.
        by: What tells it.
        disbelieved: What the platform said instead, where that cannot be; else None.
    """

    at: datetime
    by: ReportedBy
    disbelieved: datetime | None = None


def reported(rule: MomentRule, known: Known) -> Reported:
    """Return the moment that counts."""
    told = known.told
    if told is not None and known.by_person:
        return Reported(_after_send(told, known.sent), ReportedBy.PERSON)
    if rule.counts_from is CountsFrom.SENT and known.sent is not None:
        return Reported(known.sent, ReportedBy.SENT)
    if rule.counts_from is not CountsFrom.PLATFORM_TIME or told is None:
        return Reported(known.received, ReportedBy.RECEIPT)
    if rule.believes(told, known.sent, known.received):
        return Reported(_after_send(told, known.sent), ReportedBy.PLATFORM_TIME)
    return Reported(known.received, ReportedBy.RECEIPT, disbelieved=told)


def _only_a_day(told: datetime, sent: datetime) -> bool:
    """Tell whether a platform names only the day, and that is the day of the send."""
    day = local_date(told)
    return told == start_of(day) and day == local_date(sent)


def _after_send(told: datetime, sent: datetime | None) -> datetime:
    """Return ``told``; the send where only its day is named, for it was no earlier than that."""
    return sent if sent is not None and told < sent and _only_a_day(told, sent) else told
