"""What the spreadsheet library leaves out about an .xlsx: far cells, and formulas that failed.

It sets aside room for every cell up to the farthest one, and the process dies when there is none;
and it shows a cell that says #N/A as a blank one.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from posixpath import join, normpath
from zipfile import BadZipFile, ZipFile

_SHEET = re.compile(rb'<(?:\w+:)?sheet\s[^>]*?\bid="([^"]+)"')
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ID = re.compile(rb'\bId="([^"]+)"')
_TARGET = re.compile(rb'\bTarget="([^"]+)"')
_EXTENT = re.compile(rb'<(?:\w+:)?dimension\s[^>]*?\bref="[A-Z0-9$]*?([A-Z]+)\$?([0-9]+)"')
_FAILED_MARK = b't="e"'
_FAILED = re.compile(
    rb'<(?:\w+:)?c\s(?=[^>]*\bt="e")[^>]*?\br="([A-Z]+)([0-9]+)"[^>]*>'
    rb"(?:(?!</?(?:\w+:)?c[\s>]).)*?<(?:\w+:)?v>([^<]*)<",
    re.DOTALL,
)
_CHUNK = 1 << 20
_OVERLAP = 1 << 16  # no cell with its formula is longer
_LETTERS = 26


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """One worksheet.

    Attributes:
        far: Its farthest cell as the file names it, such as ``XFD1048576``; empty if it does not.
        cells: How many cells there are up to that one.
        failed: Row number, from 1 → index of the column → error that the cell shows, as ``#N/A``.
    """

    far: str
    cells: int
    failed: Mapping[int, Mapping[int, str]]


def sheet_facts(content: bytes) -> tuple[SheetFacts, ...]:
    """Return what is known of each worksheet, in the workbook's order; nothing if it is no .xlsx.

    Args:
        content: The file's bytes, damaged or not.
    """
    try:
        with ZipFile(BytesIO(content)) as archive:
            return tuple(_facts(archive, part) for part in _parts(archive))
    except (BadZipFile, KeyError, OSError, EOFError, RuntimeError, zlib.error):
        # the library says what is wrong with it
        return ()


def _parts(archive: ZipFile) -> Iterator[str]:
    relations = {}
    for relation in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels")):
        identifier, target = _ID.search(relation), _TARGET.search(relation)
        if identifier and target:
            relations[identifier[1]] = normpath(join("/xl", target[1].decode())).lstrip("/")
    for identifier in _SHEET.findall(archive.read("xl/workbook.xml")):
        yield relations[identifier]


def _facts(archive: ZipFile, part: str) -> SheetFacts:
    far, cells = "", 0
    failed: dict[int, dict[int, str]] = {}
    with archive.open(part) as file:
        content = file.read(_CHUNK)
        if extent := _EXTENT.search(content):
            far = (extent[1] + extent[2]).decode()
            cells = _number(extent[1]) * int(extent[2])
        while content:
            if _FAILED_MARK in content:
                for letters, row, shown in _FAILED.findall(content):
                    failed.setdefault(int(row), {})[_number(letters) - 1] = shown.decode()
            more = file.read(_CHUNK)
            content = content[-_OVERLAP:] + more if more else b""
    return SheetFacts(far, cells, failed)


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number
