"""How the content of records is kept: readable JSON in which identity numbers are encrypted."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import record_version
from xinqiao.errors import DamageError
from xinqiao.privacy.keys import KeyRing, is_token
from xinqiao.records.doubtful_text import may_hold_identity_number


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
        if path in always or is_token(text) or may_hold_identity_number(text)
        else text
        for path, text in content.items()
    }


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
    """Return (record id, version) → content; a version whose content was pruned is left out.

    Pruning never drops the present version, nor one that a platform holds, should hold or is being
    sent; whoever needs the present one asks :func:`load_present_contents`.
    """
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
            if row.content is not None and (row.record_id, row.version) in asked:
                contents[row.record_id, row.version] = reveal(row.content, row.record_id, keys)
    return contents


def load_present_contents(
    connection: Connection, wanted: Iterable[tuple[str, int]], keys: KeyRing
) -> dict[tuple[str, int], dict[str, str]]:
    """Return (record id, version) → content for versions that are the present ones of their record.

    Raises:
        DamageError: The content of one is gone, which no pruning does.
    """
    pairs = list(wanted)
    contents = load_contents(connection, pairs, keys)
    for pair in pairs:
        if pair not in contents:
            raise content_gone(pair[0])
    return contents


def content_gone(record_id: str) -> DamageError:
    """Return the error of a record whose present content is not there."""
    return DamageError(
        f"记录 {record_id} 现行版本的内容不在库中，清理（prune）不会这样做，数据库被改动过："
        "请停止操作，从备份恢复",
        code="content_gone",
    )
