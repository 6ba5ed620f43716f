"""Text files with a row on each line (CSV), in UTF-8 or GB18030, read without being held."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from xinqiao.errors import InputError
from xinqiao.intake.files.sheets import Cell, Merged

_ENCODINGS = ("utf-8-sig", "gb18030")
_DELIMITERS = ",;\t，"
_LINES_TO_LOOK_AT = 20


@dataclass(frozen=True, slots=True)
class TextSheet:
    """The one sheet of a text file.

    Attributes:
        path: Where the file is.
        encoding: How its characters are written.
        delimiter: What stands between its cells.
        length: How many lines it has.
        width: How many cells its widest row has.
    """

    path: Path
    encoding: str
    delimiter: str
    length: int
    width: int

    @property
    def name(self) -> str:
        """Text files have no sheets with names."""
        return ""

    @property
    def merged(self) -> tuple[Merged, ...]:
        """Text files have no merged cells."""
        return ()

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Yield (row number, from 1; cells), top to bottom; short rows are filled up."""
        for number, cells in _records(self.path, self.encoding, self.delimiter):
            yield number, [*cells, *[""] * (self.width - len(cells))]


def open_text(path: Path) -> TextSheet:
    """Return the sheet of a text file.

    Raises:
        InputError: A byte fits no encoding, or a quotation mark is not closed; the message names
            the row.
    """
    encoding, lines = _encoding(path)
    delimiter = _delimiter(path, encoding)
    width = max((len(cells) for _, cells in _records(path, encoding, delimiter)), default=0)
    return TextSheet(path, encoding, delimiter, lines, width)


def _encoding(path: Path) -> tuple[str, int]:
    """Return the first encoding that explains every line, and how many lines there are.

    A line break is never a part of another character in either encoding.
    """
    wrong: dict[str, tuple[int, UnicodeDecodeError]] = {}
    number = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            for encoding in _ENCODINGS:
                if encoding not in wrong:
                    try:
                        line.decode(encoding)
                    except UnicodeDecodeError as error:
                        wrong[encoding] = (number, error)
            if len(wrong) == len(_ENCODINGS):
                break
    for encoding in _ENCODINGS:
        if encoding not in wrong:
            return encoding, number
    # the encoding that went furthest is the one that was meant
    row, reason = max(wrong.values(), key=lambda found: (found[0], found[1].start))
    byte = reason.object[reason.start]
    raise InputError(
        f"{path.name}：第 {row} 行第 {reason.start + 1} 个字节（0x{byte:02X}）既不是 UTF-8 也不是 "
        "GB18030 的文字，文件可能在传输中损坏，请重新导出为 CSV（UTF-8）",
        code="byte_unexplained",
    )


def _delimiter(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        head = "".join(islice(file, _LINES_TO_LOOK_AT))
    return max(_DELIMITERS, key=head.count)


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        number, line = 0, 0
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                ends = "" if reader.line_num <= line + 1 else f"（读到第 {reader.line_num} 行为止）"
                raise InputError(
                    f"{path.name}：第 {line + 1} 行的双引号没有配对{ends}：引号内的引号要写两个，"
                    "请改正后再导入，或用 Excel、WPS 打开另存为 .xlsx",
                    code="quote_broken",
                ) from error
            line = reader.line_num
            yield number, cells
