"""What every stand-in is: the platform's own paths, what it received, what it does by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from xinqiao.clock import Clock
from xinqiao.simulator.answers import Answer
from xinqiao.simulator.faults import Fault
from xinqiao.simulator.planting import Planting
from xinqiao.simulator.platform import Payload
from xinqiao.simulator.request import Request
from xinqiao.simulator.rules import CredentialRules

Routes = Mapping[tuple[str, str], Callable[[Request], Answer]]
"""Method and path → what answers it."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How a stand-in starts, and starts again after a reset.

    Attributes:
        platform: Which platform is stood in for.
        faults: Faults it has from the start.
        receipt_delay: Seconds from a submission to its receipts.
        seed: Seed of everything that happens by chance.
        credentials: What clients must show; None for those of the platform's table.
        accept_repeats: Whether a document number that is held is taken in once more.
        where: Exchange database (a URL) or folder that the stand-in serves; empty for one that is
            reached over HTTP alone.
        clock: Tells the time.
    """

    platform: str = "credit_shandong"
    faults: tuple[Fault, ...] = ()
    receipt_delay: float = 0.0
    seed: int = 0
    credentials: CredentialRules | None = None
    accept_repeats: bool = False
    where: str = ""
    clock: Clock = field(default_factory=Clock)


class StandIn(Protocol):
    """One platform as its clients meet it. Not safe for threads: the caller holds a lock."""

    @property
    def routes(self) -> Routes:
        """The platform's own paths; none where it is not reached over HTTP."""

    def received(self) -> Payload:
        """Return what was really received, and what came of it.

        ``calls`` and ``queries`` are the journal; ``effects`` tells document number → how often it
        was taken in, and ``history`` with which operations.
        """

    def plant(self, change: Planting) -> None:
        """Change what the platform holds behind the client's back."""

    def work(self) -> None:
        """Do what the platform does by itself; called many times a second."""
