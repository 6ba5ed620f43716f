"""What makes two rows the same record, and what makes two versions the same content."""

import unicodedata
from collections.abc import Iterable, Mapping

import rfc8785

from xinqiao.records.kinds import kind_of
from xinqiao.records.subject import CODE_FIELDS

IDENTIFIER_PATHS = (
    "subject.unified_social_credit_code",
    "subject.certificate_number",
    "subject.identifier",
)
"""Where the number that identifies a subject may stand."""

_NUMBERS = frozenset({*CODE_FIELDS, *IDENTIFIER_PATHS})
_BRACKETS = str.maketrans(dict.fromkeys("〔【(", "[") | dict.fromkeys("〕】)", "]"))


def document_key(kind: str, content: Mapping[str, str]) -> str | None:
    """Return the key of the document of a row, such as ``permit|<机关代码>|<文书号>``.

    For most kinds it is the key by which the row finds its record; see :func:`matching_key`.

    Widths, shapes of brackets and blanks make no difference, so 〔2026〕 and [2026] are one key. An
    identity number never stands in a key.

    Returns:
        The key, or None when one of its parts is missing.

    Raises:
        InputError: ``kind`` is not known.
    """
    definition = kind_of(kind)
    parts = {field: plain_number(content.get(field, "")) for field in definition.key_fields}
    missing = {field for field, part in parts.items() if not part}
    whole = missing <= definition.optional_key_fields
    return "|".join((kind, *parts.values())) if whole else None


def matching_key(document: str, subject_hash: str | None = None) -> str:
    """Return the key by which a row finds its record.

    Args:
        document: The key of its document.
        subject_hash: Keyed hash of :func:`subject_text`, for kinds whose key the subject is part
            of; None for all others.
    """
    return document if subject_hash is None else f"{document}|{subject_hash}"


def completes(document: str, other: str) -> bool:
    """Tell whether ``document`` is ``other`` with parts filled in that are blank there.

    Both are keys as :func:`document_key` gives them.
    """
    filled, held = document.split("|"), other.split("|")
    return (
        len(filled) == len(held)
        and filled != held
        and all(was in ("", now) for now, was in zip(filled, held, strict=True))
    )


def subject_identifier(content: Mapping[str, str]) -> str:
    """Return the number that identifies the subject, or nothing; only its hash may be stored."""
    return next((content[path] for path in IDENTIFIER_PATHS if content.get(path)), "")


def subject_text(content: Mapping[str, str]) -> str:
    """Return what tells the subjects of one document apart: the number, or without one the name."""
    return subject_identifier(content) or f"name {plain_number(content.get('subject.name', ''))}"


def number_in_doubt(wrong: Iterable[str]) -> bool:
    """Return whether one of the fields that are ``wrong`` holds a number of the subject."""
    return not _NUMBERS.isdisjoint(wrong)


def same_name(one: str, other: str) -> bool:
    """Return whether two names differ in widths, brackets and blanks at most; blank is no name."""
    return bool(plain_number(one)) and plain_number(one) == plain_number(other)


def content_for_hash(content: Mapping[str, str]) -> bytes:
    """Return the canonical bytes of ``content`` (RFC 8785): equal bytes, equal content."""
    return rfc8785.dumps(dict(content))


def plain_number(text: str) -> str:
    """Return a 文书号 or name without what makes no difference: widths, brackets and blanks."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_BRACKETS).split())
