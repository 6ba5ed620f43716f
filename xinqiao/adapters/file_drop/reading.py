"""From the bytes of an answer to its lines; what cannot be read whole is no answer (读文件)."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

from xinqiao.adapters.file_drop import workbook_child
from xinqiao.adapters.file_drop.layout import CODECS, Sheet

LARGEST = 16 * 1024 * 1024
"""Bytes of the largest answer that is read."""

_READING_SECONDS = 60.0


class UnreadableError(Exception):
    """An answer that cannot be read; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an answer.

    Attributes:
        number: Its position in the file, from 1.
        cells: Its texts, from the first column on; in XML none.
        named: Name → text, in XML only.
    """

    number: int
    cells: Sequence[str]
    named: Mapping[str, str] | None = None


def read_lines(sheet: Sheet, content: bytes) -> list[Line]:
    """Return the lines of ``content``, headings included.

    Raises:
        UnreadableError: It is empty, cut off, of another kind or in another encoding.
    """
    if not content:
        raise UnreadableError("empty")
    if sheet.format == "xml":
        return _xml(sheet, content)
    rows = _csv(sheet, content) if sheet.format == "csv" else _workbook(sheet, content)
    return [Line(number, cells) for number, cells in enumerate(rows, 1)]


def _workbook(sheet: Sheet, content: bytes) -> list[list[str]]:
    by, which = ("number", sheet.sheet) if isinstance(sheet.sheet, int) else ("name", sheet.sheet)
    command = [sys.executable, "-P", "-m", workbook_child.__name__, by, str(which)]
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter and module
            command, input=content, capture_output=True, check=False, timeout=_READING_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        raise UnreadableError("file_damaged") from None
    if child.returncode == workbook_child.SHEET_MISSING:
        raise UnreadableError("sheet_missing")
    if child.returncode != 0:
        raise UnreadableError("file_damaged")
    rows: list[list[str]] = json.loads(child.stdout)
    return rows


def _csv(sheet: Sheet, content: bytes) -> list[list[str]]:
    text = _decoded(sheet, content)
    try:
        # strict: a file that ends inside quotes is half a file
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=sheet.delimiter, strict=True)
        return list(reader)
    except csv.Error:
        raise UnreadableError("file_damaged") from None


def _xml(sheet: Sheet, content: bytes) -> list[Line]:
    text = _decoded(sheet, content)
    if text.startswith("<?xml"):
        # what the head says of the encoding holds for bytes; here is text
        text = text.partition("?>")[2]
    try:
        document = xmltodict.parse(text, force_list=(sheet.row,), strip_whitespace=False)
    except (ExpatError, ValueError, RecursionError):
        raise UnreadableError("file_damaged") from None
    if sheet.root not in document:
        raise UnreadableError("headings_differ")
    root = document[sheet.root] or {}
    inside = root if isinstance(root, dict) else {"#text": root}
    rows = inside.get(sheet.row, [])
    # whatever else it holds says something; without a row, so may an attribute
    silent = "@" if rows else "@xmlns"
    for name, value in inside.items():
        blank = name == "#text" and not value.strip()
        if name != sheet.row and not blank and not name.startswith(silent):
            raise UnreadableError("headings_differ")
    return [Line(number, (), _named(sheet, row)) for number, row in enumerate(rows, 1)]


def _named(sheet: Sheet, row: Any) -> dict[str, str]:
    values = row if isinstance(row, dict) else {}
    mark = "@" if sheet.shape == "attributes" else ""
    named = {
        name.removeprefix(mark): value or ""
        for name, value in values.items()
        if name.startswith(mark) and name != "#text"
    }
    if not all(isinstance(value, str) for value in named.values()):
        raise UnreadableError("rows_unreadable")
    return named


def _decoded(sheet: Sheet, content: bytes) -> str:
    try:
        return content.decode(CODECS[sheet.charset]).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise UnreadableError("wrong_encoding") from None
