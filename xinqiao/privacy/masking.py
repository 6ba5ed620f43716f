"""Masking of identity numbers in any text that leaves the program (脱敏).

Reporting uses the full number; logs, messages, audit entries and the console never do. The test is
deliberately wide: a number that merely looks like an identity number is hidden too.
"""

import re

MASK = "［证件号已隐去］"

_IDENTITY_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])"
    r"\d{6}(?:(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
    r"|\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})"
    r"(?![0-9A-Za-z])"
)


def mask_identity_numbers(text: str) -> str:
    """Return ``text`` with every 18- or 15-digit identity number replaced by a fixed mark."""
    return _IDENTITY_NUMBER.sub(MASK, text)
