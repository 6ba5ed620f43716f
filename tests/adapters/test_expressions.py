import pytest

from xinqiao.adapters.expressions import EvaluationError, compile_expression, evaluate, holds


def test_an_expression_builds_an_envelope_in_the_order_it_is_written() -> None:
    context = {"batch": "B1", "rows": [{"number": 1, "values": {"B": "x", "A": "y"}}]}
    built = evaluate("{z: batch, a: rows[].{index: number, fields: values}}", context)
    assert list(built) == ["z", "a"]
    assert list(built["a"][0]["fields"]) == ["B", "A"]


def test_each_text_is_compiled_once() -> None:
    assert compile_expression("body.code") is compile_expression("body.code")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("body[", "不是合法的 JMESPath"),
        ("body.'", "不是合法的 JMESPath"),
        ("today()", "不存在的函数 today"),
        ("a.b[?contains(c, nothing(@))]", "不存在的函数 nothing"),
        ("length(a, b)", "应有 1 个参数，实有 2 个"),
        ("contains(a)", "应有 2 个参数，实有 1 个"),
    ],
)
def test_what_cannot_work_is_found_when_compiled_not_in_a_delivery(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        compile_expression(text)


def test_a_function_of_many_arguments_takes_many() -> None:
    assert evaluate("merge(a, b, c)", {"a": {}, "b": {"x": 1}, "c": {"y": 2}}) == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("value", "true"),
    [(None, False), ("", False), ([], False), ({}, False), (False, False), (0, True), ("0", True)],
)
def test_truth_is_jmespaths_own(value: object, true: bool) -> None:
    assert holds("value", {"value": value}) is true


def test_an_error_in_evaluation_shows_the_expression_and_not_the_value() -> None:
    with pytest.raises(EvaluationError) as raised:
        evaluate("length(secret)", {"secret": 370323190501010018})
    assert "370323" not in repr(raised.value)
    assert raised.value.__suppress_context__
