"""Reads a worksheet in a process of its own: arguments name|number SHEET, workbook in, JSON out.

The library that reads workbooks is fast and is made for whole files. Half a file makes it panic,
and a damaged one may make it ask for so much memory that the process ends: whoever collects
receipts must survive that.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

MOST_MEMORY = 2 << 30
"""Bytes of address space that reading may take."""

SHEET_MISSING = 3
"""Exit code: there is no such worksheet."""

DAMAGED = 4
"""Exit code: the workbook cannot be read."""


def main() -> int:
    """Read the workbook on standard input, write its rows of texts; return the exit code."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    by, which = sys.argv[1:]
    content = sys.stdin.buffer.read()
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            names = dict(enumerate(workbook.sheet_names, 1))
            name = names.get(int(which)) if by == "number" else which
            if name not in names.values():
                return SHEET_MISSING
            rows = workbook.get_sheet_by_name(str(name)).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError):
        return DAMAGED
    json.dump([[text_of(cell) for cell in row] for row in rows], sys.stdout)
    return 0


def text_of(cell: Any) -> str:
    """Return a cell as text: whole numbers without a point, dates as ISO 8601."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


if __name__ == "__main__":
    sys.exit(main())
