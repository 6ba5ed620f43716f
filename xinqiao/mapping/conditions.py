"""Compiles the conditions of a format table (必填条件, 置空条件) into one test of a record."""

from collections.abc import Callable, Mapping, Sequence

from xinqiao.mapping.tables import Condition
from xinqiao.records.fields import split_words

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
    filled = condition.filled
    return lambda content: is_blank(content.get(path, "")) is not filled
