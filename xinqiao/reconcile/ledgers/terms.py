"""On what terms a ledger is believed: what its silence proves, and until when (台账条件)."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a ledger is believed.

    Attributes:
        visible_after: How long after it was sent a record may still not show.
        seen_until: The last instant of which the ledger can tell; None for the present. What was
            decided later is neither expected in it nor denied by it.
        lacking: Why nothing can be called missing by it, in Chinese; empty when it can.
        copies: Whether the very same entry twice is a copy of one, as in files that people put
            together, and not a sign that the pages moved.
    """

    visible_after: timedelta = timedelta(0)
    seen_until: datetime | None = None
    lacking: str = ""
    copies: bool = False
