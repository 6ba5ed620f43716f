import pytest

from xinqiao.adapters.expressions import compile_expression, evaluate
from xinqiao.adapters.predicates import LONGEST_TEXT


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("数据已存在", True),
        ("主体不存在", False),
        ("", False),
        (None, False),
        ([], False),
        ({}, False),
    ],
)
def test_matches_searches_in_texts_and_never_fails(value: object, found: bool) -> None:
    assert evaluate("matches(m, '已存在|重复')", {"m": value}) is found


def test_matches_compares_numbers_as_text() -> None:
    assert evaluate("matches(c, '^-?1$')", {"c": -1}) is True
    assert evaluate("matches(c, '^1$')", {"c": True}) is False


def test_matches_looks_at_so_many_characters_and_no_more() -> None:
    assert evaluate("matches(m, 'x')", {"m": "a" * (LONGEST_TEXT - 1) + "x"}) is True
    assert evaluate("matches(m, 'x')", {"m": "a" * LONGEST_TEXT + "x"}) is False


@pytest.mark.parametrize(
    "text", ["matches(m, pattern)", "matches(m, `1`)", "matches(m, to_string(p))"]
)
def test_a_pattern_that_is_not_in_the_profile_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="单引号内的正则表达式"):
        compile_expression(text)


def test_a_pattern_that_does_not_compile_is_refused_when_it_is_read() -> None:
    with pytest.raises(ValueError, match="正则表达式不合法"):
        compile_expression("a && matches(m, '(')")


def test_matches_wants_two_arguments() -> None:
    with pytest.raises(ValueError, match="matches 应有 2 个参数"):
        compile_expression("matches(m)")


@pytest.mark.parametrize(
    ("value", "there"),
    [("x", True), (0, True), (False, True), ([0], True), (None, False), (" \t", False), ("", False),
     ([], False), ({}, False)],
)  # fmt: skip
def test_present_is_what_exists_and_is_not_blank(value: object, there: bool) -> None:
    assert evaluate("present(a.b)", {"a": {"b": value}}) is there
