"""Counts, points and years: whatever people write about a number comes off, nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.intake.files.sheets import Cell
from xinqiao.intake.headers import FieldHeader, FieldType, header_table
from xinqiao.intake.numbers import number_text

FIELD = FieldHeader("points", "计分", (), FieldType.NUMBER, {}, long_term=False, units=("分",))


@pytest.mark.parametrize(
    ("cell", "text", "number"),
    [
        (615.0, "615", "615"),
        (615.5, "615.5", "615.5"),
        (-50, "-50", "-50"),
        (0.1 + 0.2, "0.30000000000000004", "0.3"),
        ("615.0", "615.0", "615"),
        ("20分", "20分", "20"),
        ("２０", "２０", "20"),
        ("－50", "－50", "-50"),
        ("−50 分", "−50 分", "-50"),
        ("+20", "+20", "20"),
        ("-0", "-0", "0"),
        ("007", "007", "7"),
    ],
)
def test_a_number_is_read_however_it_is_written(cell: Cell, text: str, number: str) -> None:
    read, found = number_text(cell, text, FIELD)
    assert read == number
    assert (found is None) == (isinstance(cell, int | float) or text == number)


@pytest.mark.parametrize("text", ["二十", "20人", "20万分", "1,000", "20-30", "1e3", "分"])
def test_what_is_no_number_keeps_its_text_for_the_rules_to_refuse(text: str) -> None:
    assert number_text(text, text, FIELD) == (text, None)


@given(number=st.integers(-999_999, 999_999), decimals=st.integers(0, 9))
def test_a_number_as_text_and_as_a_cell_is_the_same(number: int, decimals: int) -> None:
    written = f"{number}.{decimals}"
    value = float(written)
    as_text, _ = number_text(written, written, FIELD)
    as_cell, _ = number_text(value, written, FIELD)
    assert as_text == as_cell or value == 0
    assert float(as_text) == value


def test_a_unit_is_taken_off_only_where_the_table_says_it_is_one() -> None:
    year = header_table("quality_assessment").fields["year"]
    assert number_text("2025年度", "2025年度", year)[0] == "2025"
    assert number_text("2025分", "2025分", year)[0] == "2025分"
