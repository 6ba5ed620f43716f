"""What holds for every kind that has a whole record among the tests."""

import pytest

from tests.records.remarks import TODAY, remarks
from tests.records.whole import WHOLE
from xinqiao.records.kinds import KINDS
from xinqiao.records.validation import validate


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_record_has_no_remarks(kind: str) -> None:
    assert remarks(kind, {}) == set()


@pytest.mark.parametrize(
    ("kind", "path"), [(kind, path) for kind in WHOLE for path in sorted(KINDS[kind].required)]
)
def test_each_required_field_is_missed(kind: str, path: str) -> None:
    assert (path, "required", "error") in remarks(kind, {path: None})


@pytest.mark.parametrize("kind", WHOLE)
def test_an_empty_record_is_told_what_it_misses_and_breaks_nothing(kind: str) -> None:
    found = {(one.field, one.code) for one in validate(kind, {}, TODAY)}
    # an operator has one number or another, neither of which its form alone asks for
    either = {"subject.unified_social_credit_code"} if kind == "operator" else set()
    assert found == {(path, "required") for path in KINDS[kind].required | either}


def test_news_are_told_of_a_day_to_come_and_of_an_odd_address() -> None:
    assert remarks("news", {"published_on": "2026-11-21"}) == {
        ("published_on", "in_future", "error")
    }
    assert remarks("news", {"url": "见附件"}) == {("url", "address", "warning")}
    assert remarks("news", {"pictures": "会议.jpg"}) == {("pictures", "pictures", "error")}
