"""What every format comes down to: named sheets of rows of cells (工作表)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Protocol

Merged = tuple[tuple[int, int], tuple[int, int]]
"""A block of cells that are one: (row, column) of its first and of its last cell, from 0."""

Cell = str | int | float | bool | date | datetime | time | timedelta
"""What a cell can hold; a blank cell is an empty text."""


class Sheet(Protocol):
    """One sheet of a file; a text file is a single sheet."""

    @property
    def name(self) -> str:
        """Its name; empty when it has none, as in a text file."""

    @property
    def length(self) -> int:
        """How many rows it has, about: good enough to show progress."""

    @property
    def merged(self) -> Sequence[Merged]:
        """Blocks of merged cells; only the first cell of each has the text."""

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Yield (row number, from 1; cells from column A on), top to bottom.

        May be called more than once. All rows have the same number of cells.

        Raises:
            InputError: A row cannot be read.
        """
