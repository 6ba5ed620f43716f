"""Rows of a workbook from the content of a record."""

from collections.abc import Mapping
from typing import Any

from xinqiao.intake.headers import header_table


def labelled(kind: str, content: Mapping[str, str]) -> dict[str, Any]:
    """Return ``content`` by header, every column of ``kind`` in order."""
    return {one.label: content.get(path) for path, one in header_table(kind).fields.items()}
