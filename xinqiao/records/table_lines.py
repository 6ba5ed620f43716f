"""Where in a TOML table something stands, for messages to the person who edits it (行号)."""

import re
from collections.abc import Iterator, Sequence

Location = Sequence[str | int]
"""Names of keys, and numbers of rows counted from 0."""

_HEAD = re.compile(r"\s*\[\[?[A-Za-z0-9_.-]+\]")


def line_of(text: str, location: Location) -> int | None:
    """Return the line, from 1, of a key or row of a TOML text, or of what is nearest around it.

    Args:
        text: The table; its rows are written as ``[[name]]`` with one key a line.
        location: Names of keys, and numbers of rows from 0.

    Returns:
        None where not even the outermost step is found.
    """
    lines = text.splitlines()
    begin, end, found = 0, len(lines), None
    path: list[str] = []
    for key, row in _steps(location):
        path.append(key)
        name = re.escape(".".join(path))
        head = rf"\s*\[\[{name}\]\]" if row is not None else rf"\s*\[{name}\]"
        heads = [at for at in range(begin, end) if re.match(head, lines[at])]
        if heads and (row or 0) < len(heads):
            begin = found = heads[row or 0]
            # a row ends where the next of its own begins; what belongs to it stands in between
            end = heads[(row or 0) + 1] if (row or 0) + 1 < len(heads) else end
            continue
        # keys stand between the head of their row and the next head
        first = begin if found is None else begin + 1
        end = next((at for at in range(first, end) if _HEAD.match(lines[at])), end)
        assignment = re.compile(rf"\s*{re.escape(key)}\s*=")
        found = next((at for at in range(first, end) if assignment.match(lines[at])), found)
        break
    return None if found is None else found + 1


def _steps(location: Location) -> Iterator[tuple[str, int | None]]:
    """Yield every name of ``location`` with the number that follows it, if one does."""
    for at, step in enumerate(location):
        if isinstance(step, str):
            after = location[at + 1] if at + 1 < len(location) else None
            yield step, after if isinstance(after, int) else None
