"""Building blocks of the record models: dates and enumerations as they stand in content.

Errors raised here carry a ``type`` that :mod:`xinqiao.records.validation` translates into Chinese.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

LONG_TERM = date(2099, 12, 31)
"""The date that stands for 长期 (2099/12/31 in the national format)."""

WORD_SEPARATOR = "；"
"""Stands between several words in one field; words of the national lists hold 、 themselves."""

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


_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]{1,6})?")


def _check_amount(value: str) -> str:
    if not _AMOUNT.fullmatch(value) or not value.strip("0."):
        raise PydanticCustomError("amount", "not a positive number with at most 6 decimals")
    return value


Amount = Annotated[str, AfterValidator(_check_amount)]
"""An amount in 万元 above nought, with at most 6 decimals: exact to the cent (分)."""


_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_SCORE = re.compile(r"[0-9]{1,4}(?:\.[0-9])?")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def _matching(pattern: re.Pattern[str], error: str, description: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise PydanticCustomError(error, description)
        return value

    return AfterValidator(check)


WholeNumber = Annotated[str, _matching(_WHOLE, "whole_number", "not a whole number")]
"""A whole number, with a sign where it may be below nought."""

Score = Annotated[str, _matching(_SCORE, "score", "not a score with at most one decimal")]
"""Points of an assessment (考核分值), with at most one decimal."""

Year = Annotated[str, _matching(_YEAR, "year", "not a year written YYYY")]
"""A calendar year written ``YYYY``."""


def whole_number(text: str | None) -> int | None:
    """Return the whole number that ``text`` is, or None for anything else."""
    return int(text) if text is not None and _WHOLE.fullmatch(text) else None


YES = "是"
NO = "否"


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a field that may hold several, joined by :data:`WORD_SEPARATOR`."""
    return tuple(word for word in text.split(WORD_SEPARATOR) if word)


@dataclass(frozen=True, slots=True)
class Words(AfterValidator):
    """A validator that knows the words it takes, for those who offer them to a person."""

    words: tuple[str, ...] = ()
    other: str | None = None


def several_of(words: tuple[str, ...], *, other: str | None = None) -> Words:
    """Return a validator that takes one or more of ``words``, each as :func:`one_of` does."""
    check = _choice(words, other)

    def check_all(value: str) -> str:
        for word in split_words(value):
            check(word)
        return value

    return Words(check_all, words, other)


def one_of(words: tuple[str, ...], *, other: str | None = None) -> Words:
    """Return a validator that takes one of ``words``, or ``other`` followed by - and a kind."""
    return Words(_choice(words, other), words, other)


def _choice(words: tuple[str, ...], other: str | None) -> Callable[[str], str]:
    allowed = "、".join(words) + (f"，或 {other}-具体类别" if other else "")

    def check(value: str) -> str:
        specified = other is not None and value.startswith(f"{other}-") and value[len(other) + 1 :]
        if value not in words and not specified:
            raise PydanticCustomError("choice", "not an allowed word", {"allowed": allowed})
        return value

    return check


YesNo = Annotated[str, one_of((YES, NO))]
"""是 or 否."""
