"""Tables as wide as the terminal (表格排版).

Numbers and identifiers are never broken across lines: a number in two halves can be neither read
out nor copied. Where the columns do not fit, what is the same in every row is said once above; if
they still do not fit, each row is printed as a block of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

_LONGEST_NUMBER = 32
_PROSE = 12
_HEADING = 8
_PIECE = re.compile(r"[!-~]+|.", re.DOTALL)
_NUMBER = re.compile(r"[^\s，。；：、！？（）“”]*[0-9][^\s，。；：、！？（）“”]*")
"""A document number, a date, a code: a digit in it, and nothing that ends a phrase."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How rows are shown.

    Attributes:
        constants: Heading and cell of columns that are the same in every row and left out.
        columns: Headings that are shown.
        rows: Their cells, broken into lines.
        widths: Width of each column; none when the rows are to be printed as blocks.
    """

    constants: tuple[tuple[str, Text], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    widths: tuple[int, ...]


def lay_out(columns: Sequence[str], rows: Sequence[Sequence[Text]], width: int) -> Layout:
    """Return how a table is shown on a terminal.

    Args:
        columns: Headings.
        rows: A cell for each heading.
        width: Columns of a Latin letter that the terminal has.
    """
    if _total(_natural(columns, rows)) > width:
        same = [
            place
            for place in range(1, len(columns))
            if len({row[place].plain for row in rows}) == 1
        ]
    else:
        same = []
    # one row is the same as itself in every column
    same = same if len(rows) > 1 else []
    kept = [place for place in range(len(columns)) if place not in same]
    constants = tuple((columns[place], rows[0][place]) for place in same)
    headings = tuple(columns[place] for place in kept)
    cells = tuple(tuple(row[place] for place in kept) for row in rows)
    widths = _fitted(_least(headings, cells), _natural(headings, cells), width)
    if widths:
        cells = tuple(
            tuple(broken(cell, room) for cell, room in zip(row, widths, strict=True))
            for row in cells
        )
    return Layout(constants, headings, cells, widths)


def broken(text: Text, width: int) -> Text:
    """Return ``text`` in lines of at most ``width``, broken at no place inside a number."""
    offsets: list[int] = []
    used, end = 0, 0
    for piece in _pieces(text.plain):
        if piece == "\n":
            used = 0
        elif used and used + cell_len(piece) > width:
            offsets.append(end)
            used = cell_len(piece)
        else:
            used += cell_len(piece)
        end += len(piece)
    if not offsets:
        return text
    lines = text.divide(offsets)
    for line in lines:
        line.rstrip()
    return Text("\n").join(lines)


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    end = 0
    for match in _NUMBER.finditer(text):
        if cell_len(match[0]) <= _LONGEST_NUMBER:
            pieces += [*_PIECE.findall(text[end : match.start()]), match[0]]
        else:
            pieces += _PIECE.findall(text[end : match.end()])
        end = match.end()
    return [*pieces, *_PIECE.findall(text[end:])]


def _natural(columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> list[int]:
    """Return how wide each column is when nothing in it is broken."""
    return [
        max(cell_len(heading), *(max(map(cell_len, row[place].plain.split("\n"))) for row in rows))
        if rows
        else cell_len(heading)
        for place, heading in enumerate(columns)
    ]


def _least(columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> list[int]:
    """Return how narrow each column may be."""
    natural = _natural(columns, rows)
    longest = [
        max((cell_len(piece) for row in rows for piece in _pieces(row[place].plain)), default=0)
        for place in range(len(columns))
    ]
    return [
        min(whole, max(piece, min(cell_len(heading), _HEADING), min(whole, _PROSE)))
        for whole, piece, heading in zip(natural, longest, columns, strict=True)
    ]


def _total(widths: Sequence[int]) -> int:
    # a blank at either edge, and two between columns
    return sum(widths) + 2 * len(widths)


def _fitted(least: Sequence[int], natural: Sequence[int], width: int) -> tuple[int, ...]:
    """Return a width for each column; none when they do not fit at all."""
    room = width - _total(least)
    if room < 0:
        return ()
    widths = list(least)
    # what needs little gets all it needs
    wanting = sorted(range(len(least)), key=lambda place: natural[place] - least[place])
    for done, place in enumerate(wanting):
        share = min(natural[place] - least[place], room // (len(wanting) - done))
        widths[place] += share
        room -= share
    return tuple(widths)
