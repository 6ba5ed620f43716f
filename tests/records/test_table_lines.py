"""A key or a row of a table is found on its line."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.records.table_lines import line_of

TEXT = """\
# [[row]] in a remark is no row
[head]
level = "a"

[[row]]
name = "one"
[[row.when]]
field = "x"
filled = true
[[row.when]]
field = "y"
in = [
  "a",
]

[[row]] # two
name = "two"
[[row.when]]
field = "z"
filled = false
"""


@pytest.mark.parametrize(
    ("location", "line"),
    [
        (("head",), 2),
        (("head", "level"), 3),
        (("row", 0), 5),
        (("row", 0, "name"), 6),
        (("row", 0, "when", 1, "field"), 11),
        (("row", 0, "when", 1, "in"), 12),
        (("row", 1, "when", 0, "filled"), 20),
        (("row", 1), 16),
        (("row", 1, "absent"), 16),
        (("row", 1, "when", 4, "field"), 16),
        (("absent",), None),
        (("name",), None),
        (("row", 0, "field"), 5),
        ((), None),
    ],
)
def test_the_line_of_a_place_is_found(location: Sequence[str | int], line: int | None) -> None:
    assert line_of(TEXT, location) == line


@given(st.integers(1, 30), st.data())
def test_each_row_is_found_on_its_own_line(rows: int, data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.integers(0, 3), min_size=rows, max_size=rows))
    lines: list[str] = []
    expected = []
    for gap in gaps:
        lines += ["# remark"] * gap
        expected.append((len(lines) + 1, len(lines) + 2))
        lines += ["[[row]]", 'name = "x"']
    text = "\n".join(lines)
    found = [(line_of(text, ("row", n)), line_of(text, ("row", n, "name"))) for n in range(rows)]
    assert found == expected
