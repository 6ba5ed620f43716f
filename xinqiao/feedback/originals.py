"""Which document a field is checked against when it is corrected (对照的原件)."""

from fnmatch import fnmatchcase
from functools import cache

from pydantic import Field

from xinqiao.feedback.shipped import shipped_text
from xinqiao.records.conditions import TablePart, Text
from xinqiao.records.shipped_tables import read_table

ORIGINAL = "原件"
"""Stands for the document where nothing says which one."""


class _Original(TablePart):
    """One document and the fields that stand in it; ``*`` in a path is anything."""

    document: Text
    fields: tuple[Text, ...] = Field(min_length=1)


class _Originals(TablePart):
    originals: tuple[_Original, ...] = Field(validation_alias="original", min_length=1)


@cache
def original_of(path: str) -> str:
    """Return what the field at ``path`` is checked against, such as 营业执照."""
    return next(
        (
            one.document
            for one in _originals().originals
            if any(fnmatchcase(path, pattern) for pattern in one.fields)
        ),
        ORIGINAL,
    )


@cache
def _originals() -> _Originals:
    return read_table(shipped_text("originals.toml"), "originals.toml", _Originals)
