"""The record's own id (记录标识) as a source of fields.

Platforms that we may tell what names a record are told this id: it stays the same whatever is
corrected, and so no identity number need be a key.
"""

from collections.abc import Mapping

RECORD_ID = "record.id"
"""Path by which a format table takes the 记录标识; no kind has a field of that path."""


def identified(record_id: str, content: Mapping[str, str]) -> dict[str, str]:
    """Return ``content`` together with the id of its record, as formats render it."""
    return {**content, RECORD_ID: record_id}
