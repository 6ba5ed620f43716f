"""News goes straight onto a page of the platform's: personal numbers are found before that."""

import pytest

from tests.records.remarks import errors, findings, remarks
from tests.records.whole import IDENTITY_NUMBER

KIND = "news"


@pytest.mark.parametrize("field", ["title", "body"])
@pytest.mark.parametrize("written", [IDENTITY_NUMBER, "370323 19071111 8764", "370323071111876"])
def test_an_identity_number_in_what_is_published_is_an_error(field: str, written: str) -> None:
    changes = {field: f"表彰驾驶员（{written}）"}
    assert remarks(KIND, changes) == errors((field, "identity_number"))
    (found,) = findings(KIND, changes)
    assert "由平台直接发布" in found.message
    assert written not in found.message


@pytest.mark.parametrize("field", ["title", "body"])
@pytest.mark.parametrize("written", ["13900000000", "0533-3240000"])
def test_a_telephone_number_is_doubtful_and_said_to_be_one(field: str, written: str) -> None:
    (found,) = findings(KIND, {field: f"咨询电话 {written}"})
    assert (found.field, found.code, found.severity) == (field, "telephone_number", "warning")
    assert "疑似写有电话号码" in found.message
    assert written not in found.message


def test_an_author_is_named_without_a_remark() -> None:
    assert remarks(KIND, {"author": "云试一", "body": "沂源县 2026 年发放材料 200 份。"}) == set()
