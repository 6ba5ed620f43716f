"""Two numbers may be one misspelled when a slip of the hand lies between them, and only then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.intake.likeness import may_be_misspelled

NUMBER = "370323190711118764"
DIGITS = st.text("0123456789X", min_size=15, max_size=18)


@pytest.mark.parametrize(
    "other",
    [NUMBER, "370323190711118765", "370323190711118746", "37032319071111876", NUMBER + "0"],
)
def test_a_slip_is_seen_through(other: str) -> None:
    assert may_be_misspelled(NUMBER, other)


@pytest.mark.parametrize("other", ["", "370323190502031013", "3703231907111", "91370323MA0TE5T16C"])
def test_another_number_is_another(other: str) -> None:
    assert not may_be_misspelled(NUMBER, other)


@given(one=DIGITS, other=DIGITS)
def test_the_order_does_not_matter(one: str, other: str) -> None:
    assert may_be_misspelled(one, other) == may_be_misspelled(other, one)


@given(one=DIGITS, place=st.integers(0, 14), digit=st.sampled_from("0123456789"))
def test_one_wrong_character_is_a_slip(one: str, place: int, digit: str) -> None:
    assert may_be_misspelled(one, one[:place] + digit + one[place + 1 :])
