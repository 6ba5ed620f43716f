"""Pieces of a query hold every value once, in order."""

from hypothesis import given
from hypothesis import strategies as st

from xinqiao.database.chunks import in_chunks


@given(st.integers(min_value=0, max_value=2000))
def test_the_pieces_are_the_whole_in_order_and_each_fits_into_a_query(count: int) -> None:
    pieces = list(in_chunks(range(count)))
    assert [value for piece in pieces for value in piece] == list(range(count))
    assert all(0 < len(piece) < 999 for piece in pieces)
