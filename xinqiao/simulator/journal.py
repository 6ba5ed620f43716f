"""What the stand-in really received, in order, so that a test can judge the hub from outside.

No field values are kept here, only document numbers and the hash of each body.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from xinqiao.clock import SHANGHAI


@dataclass(slots=True)
class CallEntry:
    """One submission as it arrived.

    Attributes:
        sequence: Position among all calls and queries, from 1.
        at: When it arrived.
        body_hash: SHA-256 of the body, hexadecimal.
        batch_number: The sender's number of the batch; empty when the body was not read.
        operation: What it asked for.
        resource: What the rows are.
        rows: How many rows it held.
        fault: Name of the fault it suffered, or None.
        applied: Whether this call was the one that the platform took.
        code: Code that the platform gave, whether or not the answer reached anybody; None for a
            request that a fault kept from being taken, or that could not be read.
    """

    sequence: int
    at: datetime
    body_hash: str
    batch_number: str = ""
    operation: str = ""
    resource: str = ""
    rows: int = 0
    fault: str | None = None
    applied: bool = False
    code: str | None = None


@dataclass(frozen=True, slots=True)
class QueryEntry:
    """One question as it arrived: ``query`` is receipts, records or ledger."""

    sequence: int
    at: datetime
    query: str
    parameters: dict[str, str]
    fault: str | None


class Journal:
    """Everything received since the start. Not safe for threads: the caller holds a lock."""

    def __init__(self) -> None:
        self._calls: list[CallEntry] = []
        self._queries: list[QueryEntry] = []

    def next_sequence(self) -> int:
        """Return the position of the entry to be added next."""
        return len(self._calls) + len(self._queries) + 1

    def add_call(self, entry: CallEntry) -> None:
        """Note a submission."""
        self._calls.append(entry)

    def add_query(self, entry: QueryEntry) -> None:
        """Note a question."""
        self._queries.append(entry)

    def plain(self) -> dict[str, list[dict[str, Any]]]:
        """Return everything as JSON objects."""
        return {
            "calls": [_plain_call(entry) for entry in self._calls],
            "queries": [_plain_query(entry) for entry in self._queries],
        }


def _plain_call(entry: CallEntry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "at": _local(entry.at),
        "batchNo": entry.batch_number,
        "operation": entry.operation,
        "resource": entry.resource,
        "bodySha256": entry.body_hash,
        "rows": entry.rows,
        "fault": entry.fault,
        "applied": entry.applied,
        "code": entry.code,
    }


def _plain_query(entry: QueryEntry) -> dict[str, Any]:
    return asdict(entry) | {"at": _local(entry.at)}


def _local(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).isoformat(timespec="microseconds")
