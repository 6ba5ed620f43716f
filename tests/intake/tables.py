"""Reading files that hold one table."""

from datetime import date
from pathlib import Path

from xinqiao.intake.reading import Table, read_tables


def read_only_table(path: Path, *, kind: str | None, today: date) -> Table:
    """Return the table of a file that holds one."""
    (table,) = read_tables(path, kind=kind, today=today)
    return table
