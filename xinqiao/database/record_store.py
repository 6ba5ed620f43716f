"""How the content of records is kept: readable JSON in which identity numbers are encrypted."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import record_version
from xinqiao.privacy.keys import KeyRing, is_token
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.records.identity_text import contains_identity_number


def protect(
    content: Mapping[str, str], record_id: str, identity_fields: Iterable[str], keys: KeyRing
) -> dict[str, str]:
    """Return ``content`` as it may be stored.

    Identity fields are encrypted always; any other text, and a text that happens to look like a
    token, as soon as it holds an identity number or what looks like one.
    """
    always = frozenset(identity_fields)
    return {
        path: keys.encrypt_text(text, f"{record_id}/{path}")
        if path in always or is_token(text) or _may_hold_identity_number(text)
        else text
        for path, text in content.items()
    }


def _may_hold_identity_number(text: str) -> bool:
    # masking knows the 15-digit ones and wrong check digits too; what it would hide is encrypted
    return contains_identity_number(text) or mask_identity_numbers(text) != text


def reveal(stored: Mapping[str, str], record_id: str, keys: KeyRing) -> dict[str, str]:
    """Return the content that :func:`protect` stored.

    Raises:
        SettingsError: The key of a value is missing.
        DamageError: A value was changed or moved.
    """
    return {
        path: keys.decrypt_text(text, f"{record_id}/{path}") if is_token(text) else text
        for path, text in stored.items()
    }


def load_contents(
    connection: Connection, wanted: Iterable[tuple[str, int]], keys: KeyRing
) -> dict[tuple[str, int], dict[str, str]]:
    """Return (record id, version) → content for every version asked for."""
    pairs = list(wanted)
    contents: dict[tuple[str, int], dict[str, str]] = {}
    for chunk in in_chunks(pairs):
        rows = connection.execute(
            sa.select(
                record_version.c.record_id, record_version.c.version, record_version.c.content
            ).where(
                # the record alone is looked up; a record has few versions
                record_version.c.record_id.in_({record_id for record_id, _ in chunk})
            )
        )
        asked = set(chunk)
        for row in rows:
            if (row.record_id, row.version) in asked:
                contents[row.record_id, row.version] = reveal(row.content, row.record_id, keys)
    return contents
