"""The form of an audit entry and how entries are chained.

``body`` is the RFC 8785 text of the whole entry, including its number and the hash of the entry
before it; ``hash`` is SHA-256 over ``body``. Format and algorithm are named in every body, so that
entries of an older form stay verifiable.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import rfc8785

from xinqiao.privacy.masking import mask_identity_numbers

FORMAT = "xinqiao-audit/1"
ALGORITHM = "sha256"
GENESIS = "0" * 64
"""What the first entry names as the hash before it."""

Detail = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: who did what to which thing, and why.

    Attributes:
        action: Dotted English name, such as ``submission.accepted``.
        record_id: Record concerned, if one is.
        submission_id: Submission concerned, if one is.
        platform: Platform concerned, if one is.
        reason: Why, in the words of the person or rule that caused it.
        details: Further facts; texts are masked.
    """

    action: str
    record_id: str | None = None
    submission_id: int | None = None
    platform: str | None = None
    reason: str = ""
    details: Mapping[str, Detail] = field(default_factory=dict)


def body_of(entry: Entry, *, sequence: int, at: datetime, actor: str, previous: str) -> str:
    """Return the canonical text of ``entry`` as link ``sequence`` after ``previous``.

    Raises:
        ValueError: ``at`` names no zone.
    """
    if at.tzinfo is None:
        raise ValueError("an instant without a zone must not be stored")
    details = {
        name: _text(value) if isinstance(value, str) else value
        for name, value in entry.details.items()
    }
    return rfc8785.dumps(
        {
            "format": FORMAT,
            "algorithm": ALGORITHM,
            "sequence": sequence,
            "previous": previous,
            "at": at.isoformat(),
            "actor": actor,
            "action": entry.action,
            "record": entry.record_id,
            "submission": entry.submission_id,
            "platform": entry.platform,
            "reason": _text(entry.reason),
            "details": details,
        }
    ).decode()


def _text(text: str) -> str:
    """Mask ``text``; bytes that a terminal or a file name passed on undecoded become readable."""
    return mask_identity_numbers(text.encode(errors="backslashreplace").decode())


def hash_of(body: str) -> str:
    """Return the hash (64 hex digits) that chains ``body`` to the next entry."""
    return hashlib.sha256(body.encode()).hexdigest()
