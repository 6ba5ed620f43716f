"""What makes two rows the same record, and what makes two versions the same content."""

import unicodedata
from collections.abc import Mapping

import rfc8785

from xinqiao.records.kinds import kind_of

_BRACKETS = str.maketrans(dict.fromkeys("〔【(", "[") | dict.fromkeys("〕】)", "]"))


def matching_key(kind: str, content: Mapping[str, str]) -> str | None:
    """Return the key by which a row finds its record, such as ``permit|<机关代码>|<文书号>``.

    Widths, shapes of brackets and blanks make no difference, so 〔2026〕 and [2026] are one key. An
    identity number never stands in a key.

    Returns:
        The key, or None when one of its parts is missing.

    Raises:
        InputError: ``kind`` is not known.
    """
    parts = [_plain(content.get(field, "")) for field in kind_of(kind).key_fields]
    return "|".join((kind, *parts)) if all(parts) else None


def content_for_hash(content: Mapping[str, str]) -> bytes:
    """Return the canonical bytes of ``content`` (RFC 8785): equal bytes, equal content."""
    return rfc8785.dumps(dict(content))


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).translate(_BRACKETS).split())
