"""Numbers by which somebody could be reached are seen; numbers of documents and money are not."""

import pytest

from xinqiao.records.doubtful_text import may_hold_identity_number, may_hold_telephone_number


@pytest.mark.parametrize(
    "text",
    [
        "电话13900000000。",
        "电话 139 0000 0000",
        "139-0000-0000",
        "１３９００００００００",
        "0533-3240000",
        "05333240000",
    ],
)
def test_a_telephone_number_is_seen_however_it_is_written(text: str) -> None:
    assert may_hold_telephone_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "罚款2000元",
        "沂交罚〔2026〕0001号",
        "鲁C00000超限运输",
        "于2026年11月03日",
        "20261103120000",
        "11420000MB15291767",
        "1390000000",
        "139000000000",
    ],
)
def test_other_numbers_are_not_taken_for_one(text: str) -> None:
    assert not may_hold_telephone_number(text)


@pytest.mark.parametrize("text", ["证件370323190711118764", "370323 19071111 8764"])
def test_an_identity_number_is_seen(text: str) -> None:
    assert may_hold_identity_number(text)
