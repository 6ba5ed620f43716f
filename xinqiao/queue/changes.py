"""A new version of a record, as everything that follows from it is told of it (变动)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Change:
    """A new version of a record.

    Attributes:
        record_id: Which record.
        kind: Its kind.
        version: Number of the new version.
        content: The plain content.
        valid: Whether the record itself has no errors.
        decided_on: Decision date, or None when it is missing or in error.
    """

    record_id: str
    kind: str
    version: int
    content: Mapping[str, str]
    valid: bool
    decided_on: date | None
