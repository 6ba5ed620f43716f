"""Conditions on a record's fields, as tables write them (条件), and their compilation into a test.

Format tables say with them when a field is required or blank, routes and publication which records
they are about.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from xinqiao.records.fields import split_words

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
FieldPath = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")]


class TablePart(BaseModel):
    """Settings of every part of a table: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(TablePart):
    """One row of a condition (条件); several rows hold together (同时满足).

    Attributes:
        field: Path of the record field that is looked at.
        words: Holds when the field is one of these words (``in``).
        any_word: Holds when one of the several words in the field is among these (``any``); other
            words may be followed by ``-`` and the concrete kind.
        contains: Holds when one of these texts stands somewhere in the field.
        filled: Holds when the field is filled (true) or blank (false).
    """

    field: FieldPath
    words: tuple[Text, ...] | None = Field(None, alias="in", min_length=1)
    any_word: tuple[Text, ...] | None = Field(None, alias="any", min_length=1)
    contains: tuple[Text, ...] | None = Field(None, min_length=1)
    filled: bool | None = Field(None, strict=True)

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        tests = (self.words, self.any_word, self.contains, self.filled)
        if sum(one is not None for one in tests) != 1:
            raise ValueError("in、any、contains 与 filled 必须且只能填写一项")
        return self


Test = Callable[[Mapping[str, str]], bool]
"""Takes a record's content; tells whether the conditions hold."""


def is_blank(text: str) -> bool:
    """Tell whether ``text`` counts as not filled: empty or nothing but white space."""
    return not text or text.isspace()


def never(content: Mapping[str, str]) -> bool:  # noqa: ARG001  # the signature is that of a Test
    """Hold for no record."""
    return False


def always(content: Mapping[str, str]) -> bool:  # noqa: ARG001  # the signature is that of a Test
    """Hold for every record."""
    return True


def compile_conditions(conditions: Sequence[Condition]) -> Test:
    """Return the test that holds when every row of ``conditions`` holds; no rows never hold."""
    tests = tuple(_compile_one(condition) for condition in conditions)
    if not tests:
        return never
    if len(tests) == 1:
        return tests[0]
    return lambda content: all(test(content) for test in tests)


def _compile_one(condition: Condition) -> Test:
    path = condition.field
    if condition.words is not None:
        words = frozenset(condition.words)
        return lambda content: content.get(path, "") in words
    if condition.any_word is not None:
        wanted = frozenset(condition.any_word)
        return lambda content: any(
            word in wanted or word.partition("-")[0] in wanted
            for word in split_words(content.get(path, ""))
        )
    if condition.contains is not None:
        parts = condition.contains
        return lambda content: any(part in content.get(path, "") for part in parts)
    filled = condition.filled
    return lambda content: is_blank(content.get(path, "")) is not filled
