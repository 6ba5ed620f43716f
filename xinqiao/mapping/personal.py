"""What identifies a person, and what of it is never shown to everybody (个人信息)."""

import re
import unicodedata

from xinqiao.records.identifiers import is_identity_number

PERSONAL_PATHS = frozenset(
    {
        "author",
        "decided_by",
        "principal",
        "qualification_number",
        "responsible_certificate_number",
        "responsible_name",
        "responsible_role",
        "reviewer",
        "subject.certificate_number",
        "subject.certificate_type",
        "subject.identifier",
        "subject.legal_representative",
        "subject.legal_representative_certificate_number",
        "subject.legal_representative_certificate_type",
        "telephone",
    }
)
"""Paths of fields by which a person is named or reached: no public table may take from them."""

_BETWEEN = r"[\s\-_./\\·•‐-―−]{0,3}"
_PREFIX = rf"[1-9](?:{_BETWEEN}[0-9]){{5}}"
_CENTURY = rf"{_BETWEEN}(?:1{_BETWEEN}[89]|2{_BETWEEN}0)"
# looked for at every digit: the number may stand inside a longer run
_NUMBER = re.compile(rf"(?=({_PREFIX}{_CENTURY}(?:{_BETWEEN}[0-9]){{9}}{_BETWEEN}[0-9Xx]))")
_DIGIT_OF_ANOTHER_SCRIPT = re.compile(r"[^\D0-9]")
_NOT_THE_NUMBER = re.compile(r"[^0-9Xx]")


def holds_identity_number(text: str) -> bool:
    """Tell whether a real 公民身份号码 (GB 11643-1999) can be read out of ``text``.

    Digits of any script and width, any grouping by blanks, line breaks, hyphens, dots or strokes
    and a longer run of digits around the number are seen through; check digit and date of birth
    must hold.
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if _DIGIT_OF_ANOTHER_SCRIPT.search(plain):
        plain = "".join(map(_plain, plain))
    return any(
        is_identity_number(_NOT_THE_NUMBER.sub("", match[1]).upper())
        for match in _NUMBER.finditer(plain)
    )


def _plain(character: str) -> str:
    digit = unicodedata.digit(character, None)
    return character if digit is None else str(digit)
