"""What stands below a table and is no record: totals and remarks (合计行、备注行)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TOTAL = re.compile(
    r"(?:合计|总计|共计|小计|总数)[:：]?(?:[0-9]+[条行笔件]?)?|共[0-9]+[条行笔件]记?录?"
)
_COUNT = re.compile(r"([0-9]+)[条行笔件]")


@dataclass(frozen=True, slots=True)
class Total:
    """A row that adds up the others (合计); ``count`` is the number of records that it tells."""

    row: int
    count: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """A row with a single cell that is no record: a remark below the table."""

    row: int


def below_table(row: int, filled: Sequence[str], *, named: bool) -> Total | Note | None:
    """Return what a row is that is no record; None for a record.

    Args:
        row: Row number in the sheet.
        filled: The texts of its cells that are not blank.
        named: Whether it tells which record it is.
    """
    texts = ["".join(text.split()) for text in filled]
    if _TOTAL.fullmatch(texts[0]):
        # a number without a measure word may be a sum of money
        counts = {int(one) for text in texts for one in _COUNT.findall(text)}
        return Total(row, counts.pop() if len(counts) == 1 else None)
    return Note(row) if len(filled) == 1 and not named else None
