"""Building blocks of the record models: dates and enumerations as they stand in content.

Errors raised here carry a ``type`` that :mod:`xinqiao.records.validation` translates into Chinese.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

LONG_TERM = date(2099, 12, 31)
"""The date that stands for 长期 (2099/12/31 in the national format)."""

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def iso_date(text: str | None) -> date | None:
    """Return the date written ``YYYY-MM-DD``, or None for anything else."""
    if text is None or not _ISO_DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _read_date(value: object) -> date:
    # pydantic alone would take a string of digits for seconds since 1970
    read = iso_date(value) if isinstance(value, str) else None
    if read is None:
        raise PydanticCustomError("iso_date", "not a date written YYYY-MM-DD")
    return read


IsoDate = Annotated[date, BeforeValidator(_read_date)]
"""A date written ``YYYY-MM-DD``."""


def one_of(words: tuple[str, ...], *, other: str | None = None) -> AfterValidator:
    """Return a validator that takes one of ``words``, or ``other`` followed by - and a kind."""
    return AfterValidator(_choice(words, other))


def _choice(words: tuple[str, ...], other: str | None) -> Callable[[str], str]:
    allowed = "、".join(words) + (f"，或 {other}-具体类别" if other else "")

    def check(value: str) -> str:
        specified = other is not None and value.startswith(f"{other}-") and value[len(other) + 1 :]
        if value not in words and not specified:
            raise PydanticCustomError("choice", "not an allowed word", {"allowed": allowed})
        return value

    return check
