"""Counts, points, scores and years as people and spreadsheets write them (数字).

Unlike an amount (see :mod:`xinqiao.intake.amounts`) such a number has one unit only, so a unit that
was written behind it says nothing new and is taken off. The header table says which units those
are.
"""

import re
import unicodedata
from decimal import Decimal

from xinqiao.intake.files.sheets import Cell
from xinqiao.intake.headers import FieldHeader
from xinqiao.records.findings import Finding, Severity

_NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]{1,9})(?P<decimals>\.[0-9]{1,6})?")
_DASHES = str.maketrans(dict.fromkeys("－−–—", "-"))
_NOISE = Decimal("1e-9")
_DECIMALS = 6


def number_text(cell: Cell, text: str, field: FieldHeader) -> tuple[str, Finding | None]:
    """Return a number without what makes no difference, or ``text`` when it is none.

    615.0 is 615, ＋20分 is 20. What is no number is left for the rules of the record to refuse.

    Args:
        cell: The cell as the spreadsheet holds it.
        text: The same as cleaned text.
        field: The column, which says the units that may be written.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _without_noise(Decimal(repr(cell))), None
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).replace(" ", "")
    for unit in field.units:
        plain = plain.removesuffix(unit)
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return text, None
    decimals = (match["decimals"] or "").rstrip("0").rstrip(".")
    number = f"{int(match['whole'])}{decimals}"
    if match["sign"] == "-" and number != "0":
        number = f"-{number}"
    if number == text:
        return text, None
    message = "已改写为不带单位的数字"
    return number, Finding(field.path, "number", Severity.CLEANED, message)


def _without_noise(number: Decimal) -> str:
    # 0.1 + 0.2 in a spreadsheet's formula
    rounded = round(number, _DECIMALS)
    return format((rounded if abs(number - rounded) < _NOISE else number).normalize(), "f")
