"""Masking of identity numbers in any text that leaves the program (脱敏).

Reporting uses the full number; logs, messages, audit entries and the console never do. The test is
deliberately wide: a number that merely looks like an identity number is hidden too.
"""

import re
import unicodedata
from collections.abc import Iterator

from stdnum.cn import ric

MASK = "［证件号已隐去］"

_LENGTH = 18
_ENOUGH_DIGITS = re.compile(r"\d{6}")
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
# people also write the number in groups: region, date of birth, order and check
_NUMBER = re.compile(rf"(?=([0-9]{{6}}[ -]?(?:18|19|20)[0-9]{{2}}{_DAY}[ -]?[0-9]{{3}}[0-9Xx]))")
# 承诺编码: region, day and serial, 20 digits in all. The first 18 of one in eleven pass the check
# of an identity number. Nobody born since 2014 is old enough to drive, trade or promise in 2030.
_COMMITMENT_CODE = re.compile(
    rf"(?<![0-9])[0-9]{{6}}20(?:1[4-9]|[2-9][0-9]){_DAY}[0-9]{{6}}(?![0-9])"
)
_OLD_NUMBER_OR_DIGEST = re.compile(
    rf"(?P<digest>[0-9a-f]{{32,}})|(?<![0-9])[0-9]{{8}}{_DAY}[0-9]{{3}}(?![0-9])"
)


def mask_identity_numbers(text: str) -> str:
    """Return ``text`` with every 18- or 15-digit identity number replaced by a fixed mark.

    Full-width digits are seen through, and letters or Chinese beside the number. A number in groups
    or inside a longer run of digits is hidden only if its check digit holds (GB 11643-1999), since
    serial numbers look alike; digits inside a hash (32 hex digits and more) are not a 15-digit one,
    and the number of a commitment (承诺编码) holds none.
    """
    if not _ENOUGH_DIGITS.search(text):
        return text
    plain = text if text.isascii() else "".join(map(_half_width, text))
    pieces, end = [], 0
    for start, stop in sorted([*_numbers(plain), *_old_numbers(plain)]):
        pieces += [text[end:start], MASK]
        end = stop
    return "".join(pieces) + text[end:]


def _half_width(character: str) -> str:
    """Return the plain form of one character, so that places in the text stay the same."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def _numbers(plain: str) -> Iterator[tuple[int, int]]:
    codes = [match.span() for match in _COMMITMENT_CODE.finditer(plain)]
    end = 0
    for match in _NUMBER.finditer(plain):
        start, stop = match.span(1)
        if start < end or any(first <= start and stop <= last for first, last in codes):
            continue
        if _stands_alone(plain, start, stop) or _check_digit_holds(match[1]):
            yield start, stop
            end = stop


def _stands_alone(plain: str, start: int, stop: int) -> bool:
    beside = plain[max(start - 1, 0) : start] + plain[stop : stop + 1]
    return stop - start == _LENGTH and not any(character in "0123456789" for character in beside)


def _check_digit_holds(number: str) -> bool:
    digits = number.replace(" ", "").replace("-", "").upper()
    return bool(ric.calc_check_digit(digits) == digits[-1])


def _old_numbers(plain: str) -> Iterator[tuple[int, int]]:
    for match in _OLD_NUMBER_OR_DIGEST.finditer(plain):
        if match["digest"] is None:
            yield match.span()
