"""A lease (租约): how a worker holds what it claims."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FARTHEST_LEASE = timedelta(days=2)
"""No lease lasts longer than a day: one that ends later was written by a clock that ran ahead."""


@dataclass(frozen=True, slots=True)
class Lease:
    """How a worker holds what it claims.

    Attributes:
        worker: Name of this very process, unique for ever.
        seconds: How long the claim lasts without word from the worker.
        deaths_before_hold: After this many claims that never came back a person decides.
    """

    worker: str
    seconds: float
    deaths_before_hold: int

    def until(self, now: datetime) -> datetime:
        """Return when a claim made now ends."""
        return now + timedelta(seconds=self.seconds)
