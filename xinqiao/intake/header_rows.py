"""Finding the header in a sheet: below titles, in one row or merged over two (表头)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from xinqiao.intake.cells import cell_text
from xinqiao.intake.files.sheets import Sheet
from xinqiao.intake.headers import HeaderTable

WITHIN_ROWS = 10
"""A header stands in one of so many rows at the top; titles may stand above it."""

FEWEST_LABELS = 3
"""A title or a record may hold one or two words that are also labels."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header that was found.

    Attributes:
        sheet: Where.
        row: Its row number; of a header over two rows the lower one. Records follow it.
        texts: What it calls each column, empty for a column without a header.
    """

    sheet: Sheet
    row: int
    texts: tuple[str, ...]


def find_header(
    sheet: Sheet, tables: Sequence[HeaderTable], fewest: int = FEWEST_LABELS
) -> Header | None:
    """Return the header of ``sheet`` in which most labels of one of ``tables`` stand, if any.

    Args:
        sheet: The sheet.
        tables: What may stand in the header.
        fewest: Fewest labels by which a row is known to be a header.
    """
    rows = [
        (number, [cell_text(cell) for cell in cells])
        for number, cells in islice(sheet.rows(), WITHIN_ROWS)
    ]
    best, found = 0, Header(sheet, 0, ())
    for place, (number, texts) in enumerate(rows):
        known = _known(texts, tables)
        if known > best:
            best, found = known, Header(sheet, number, tuple(texts))
        if place + 1 < len(rows):
            lower, below = rows[place + 1]
            merged = _merged(texts, below, tables)
            known = _known(merged, tables)
            if known > best:
                best, found = known, Header(sheet, lower, tuple(merged))
    return found if best >= fewest else None


def _known(texts: Sequence[str], tables: Sequence[HeaderTable]) -> int:
    return max(len(table.paths(texts)) for table in tables)


def _merged(upper: Sequence[str], lower: Sequence[str], tables: Sequence[HeaderTable]) -> list[str]:
    """Return the texts of two header rows as one.

    A cell merged over both rows has its text in the upper one. A cell merged over several columns
    has it in the first of them and names a group: 法定代表人 over 姓名 and 证件号码.
    """
    merged: list[str] = []
    group = ""
    for above, below in zip(upper, lower, strict=True):
        group = above or group
        whole = group + below
        if not below:
            merged.append(above)
        elif _known([whole], tables):
            merged.append(whole)
        else:
            merged.append(below)
    return merged
