"""Identity numbers inside free text, and quoting values in messages without leaking one."""

import re
import unicodedata

from xinqiao.records.identifiers import identity_check_digit_holds

# people write the number in groups: region, date of birth, order and check
_CANDIDATE = re.compile(r"(?<![0-9])([0-9]{6})[ -]?([0-9]{8})[ -]?([0-9]{3}[0-9Xx])(?![0-9])")
_LONGEST_QUOTE = 20
_MOST_DIGITS = 4


def contains_identity_number(text: str) -> bool:
    """Return whether ``text`` holds 18 characters that pass the check of a 公民身份号码.

    Full-width digits, a lower-case x and blanks or hyphens between the groups are seen through.
    """
    return any(
        identity_check_digit_holds("".join(match.groups()).upper())
        for match in _CANDIDATE.finditer(unicodedata.normalize("NFKC", text))
    )


def quote(text: str) -> str:
    """Return ``text`` in Chinese quotation marks, or nothing if it might be a personal number.

    A value in the wrong column may be an identity, passport or telephone number, so whatever is
    long or holds more than four digits is not quoted.
    """
    digits = sum(character.isdigit() for character in text)
    if len(text) > _LONGEST_QUOTE or digits > _MOST_DIGITS:
        return ""
    return f"“{text}”"
