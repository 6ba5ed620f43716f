import pytest
from pydantic import TypeAdapter, ValidationError

from xinqiao.adapters.expressions import EvaluationError
from xinqiao.adapters.http.paths import CallPath, fill, names_in_path

READ = TypeAdapter(CallPath)


def test_names_are_filled_in_and_encoded_whole() -> None:
    path = READ.validate_python("/gateway/{operation}/{settings.service}")
    context = {"operation": "新增/1?#", "settings": {"service": "S1"}}
    assert fill(path, context) == "/gateway/%E6%96%B0%E5%A2%9E%2F1%3F%23/S1"
    assert names_in_path(path) == {"operation", "settings", "service"}


@pytest.mark.parametrize("value", ["", " ", "..", ".", None, 5, {}])
def test_a_value_that_would_make_another_path_is_refused(value: object) -> None:
    with pytest.raises(EvaluationError):
        fill("/a/{b}/c", {"b": value})


@pytest.mark.parametrize("path", ["/a/{b", "/a/b}", "/a/{}", "/a/{b[0]}", "/a/{{b}}", "a", "//a"])
def test_a_path_that_is_none_is_refused_when_it_is_read(path: str) -> None:
    with pytest.raises(ValidationError):
        READ.validate_python(path)
