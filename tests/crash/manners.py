"""Platforms that can be asked, that only take identical bytes once, and that can do neither."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from xinqiao.adapters.base import (
    BatchReport,
    Capabilities,
    Connector,
    KeyReport,
    LedgerPage,
    Probe,
    Reply,
    SealedBatch,
    SentBatch,
)

MANNERS: Mapping[str, dict[str, bool]] = {
    "answers questions": {},
    "takes identical bytes once": {"query": False, "poll_in_doubt": False, "deduplicates": True},
    "neither": {"query": False, "poll_in_doubt": False, "deduplicates": False},
}
"""Name → what of a platform's abilities is otherwise than its profile says."""


@dataclass(frozen=True, slots=True)
class InManner:
    """A connector that says it can do less than it can.

    Attributes:
        connector: The way to the platform.
        changes: What is otherwise.
    """

    connector: Connector
    changes: Mapping[str, Any]

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can be asked."""
        return replace(self.connector.capabilities, **self.changes)

    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        """Send it."""
        return self.connector.submit(batch, send_before)

    def poll(self, sent: SentBatch) -> BatchReport:
        """Ask for receipts."""
        return self.connector.poll(sent)

    def query(self, kind: str, key: str) -> KeyReport:
        """Ask for a record."""
        return self.connector.query(kind, key)

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        """Ask for a page."""
        return self.connector.ledger(kind, start, end, page)

    def probe(self) -> Probe:
        """Look whether it is there."""
        return self.connector.probe()

    def close(self) -> None:
        """Give up connections."""
        self.connector.close()


def in_manner(connector: Connector, manner: str) -> Connector:
    """Return ``connector`` as one of :data:`MANNERS`."""
    return InManner(connector, MANNERS[manner])
