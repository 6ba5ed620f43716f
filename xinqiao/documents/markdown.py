"""Building blocks of the pages: tables, and text that is safe inside one."""

from collections.abc import Iterable, Sequence

GENERATED = "<!-- made from the tables by `make docs`; do not edit -->"
"""First line of every page."""


def cell(text: object) -> str:
    """Return ``text`` as it may stand in a cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def code(text: str) -> str:
    """Return ``text`` as code; nothing for nothing."""
    return f"`{text}`" if text else ""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a table."""
    return [
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
        *(f"| {' | '.join(cell(one) for one in row)} |" for row in rows),
    ]


def page(*blocks: str | Sequence[str]) -> str:
    """Return a page of ``blocks`` with an empty line between each two; lines end with a newline."""
    texts = [one if isinstance(one, str) else "\n".join(one) for one in blocks]
    return "\n\n".join([GENERATED, *texts]) + "\n"
