"""The parts that make a connector: how rows leave, how receipts come back, what can be asked.

Each transport brings its own; :mod:`xinqiao.adapters.connector` puts together what a profile names.
Like a connector, a part never raises for what a platform or a network did.
"""

from datetime import date
from typing import Protocol

from xinqiao.adapters.base import (
    BatchReport,
    KeyReport,
    LedgerPage,
    Probe,
    Reply,
    SealedBatch,
    SentBatch,
)


class Delivery(Protocol):
    """How rows leave (报送)."""

    def render(self, batch: SealedBatch) -> bytes:
        """Return what leaves for ``batch``, as bytes: the same for the same batch. Sends nothing.

        Raises:
            SettingsError: The profile does not fit the batch.
        """

    def submit(self, batch: SealedBatch, send_before: float) -> Reply:
        """As :meth:`xinqiao.adapters.base.Connector.submit`."""

    def probe(self) -> Probe:
        """Check everything that the way out needs, without sending a record."""

    def close(self) -> None:
        """Give up connections."""


class ReceiptSource(Protocol):
    """Where receipts come from (回执来源)."""

    @property
    def answers_in_doubt(self) -> bool:
        """As :attr:`xinqiao.adapters.base.Capabilities.poll_in_doubt`."""

    def poll(self, sent: SentBatch) -> BatchReport:
        """As :meth:`xinqiao.adapters.base.Connector.poll`."""

    def probe(self) -> Probe:
        """Check what is needed to read receipts; no checks where the delivery's own cover it."""

    def close(self) -> None:
        """Give up connections."""


class LedgerBook(Protocol):
    """Where the platform shows what it took in (台账)."""

    def ledger(self, kind: str, start: date, end: date, page: int) -> LedgerPage:
        """As :meth:`xinqiao.adapters.base.Connector.ledger`."""

    def probe(self) -> Probe:
        """Check what is needed to read it."""

    def close(self) -> None:
        """Give up connections."""


class Questions(Protocol):
    """What else can be asked of the platform (查询与台账)."""

    def query(self, kind: str, key: str) -> KeyReport:
        """As :meth:`xinqiao.adapters.base.Connector.query`."""

    def ledger(self, kind: str, start: date, end: date, page: int) -> LedgerPage:
        """As :meth:`xinqiao.adapters.base.Connector.ledger`."""

    def probe(self) -> Probe:
        """Check what is needed to ask, without sending a record."""

    def close(self) -> None:
        """Give up connections."""
