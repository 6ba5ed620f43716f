"""Values in pieces that fit into one query."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import TypeVar

Value = TypeVar("Value")

_MOST = 400
"""SQLite takes 999 parameters everywhere; a query has others beside the values of a piece."""


def in_chunks(values: Collection[Value]) -> Iterator[list[Value]]:
    """Yield ``values`` in order, in pieces that fit into one query; none for no values."""
    remaining = iter(values)
    while chunk := list(islice(remaining, _MOST)):
        yield chunk
