"""Free text in which somebody may be named by a number (疑似含个人信息的文字)."""

import re
import unicodedata

from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.records.identity_text import contains_identity_number

_TELEPHONE = re.compile(
    r"(?<![0-9])(?:1[3-9][0-9]{9}|0[0-9]{2,3}[ -]?[0-9]{7,8})(?![0-9])"
    r"|(?<![0-9])1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}(?![0-9])"
)
"""Mobile numbers in one piece or in groups, and fixed lines with their area code."""


def may_hold_identity_number(text: str) -> bool:
    """Tell whether ``text`` holds an identity number, or what looks like one."""
    return contains_identity_number(text) or mask_identity_numbers(text) != text


def may_hold_telephone_number(text: str) -> bool:
    """Tell whether ``text`` holds what looks like a telephone number."""
    return _TELEPHONE.search(unicodedata.normalize("NFKC", text)) is not None
