import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.records.identity_text import contains_identity_number, quote

NUMBER = "370323190711118764"


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        f"申请人证件{NUMBER}，已核验",
        f"ID{NUMBER}",
        "370323 19071111 8764",
        "370323-19071111-8764",
        "３７０３２３１９０７１１１１８７６４",
        "号码11010519491231002x。",
    ],
)
def test_identity_number_is_seen_in_any_spelling(text: str) -> None:
    assert contains_identity_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "道路普通货物运输",
        "370323190711118765",
        f"1{NUMBER}",
        f"{NUMBER}0",
        "91110000600037341L",
        "鲁交运管许可淄字370323000001号",
    ],
)
def test_other_numbers_are_not_taken_for_identity_numbers(text: str) -> None:
    assert not contains_identity_number(text)


def test_short_words_are_quoted() -> None:
    assert quote("批准") == "“批准”"


@given(st.text(), st.text())
def test_nothing_with_a_long_number_is_quoted(before: str, after: str) -> None:
    assert quote(f"{before}{NUMBER}{after}") == ""
    assert quote(f"{before}E1234567{after}") == ""
