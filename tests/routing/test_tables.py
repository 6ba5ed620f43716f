"""A fault in a table of rules is told with file, line and key."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from xinqiao.errors import SettingsError
from xinqiao.records.conditions import Condition
from xinqiao.routing.tables import TableFile, line_of

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


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    when: tuple[Condition, ...] = ()


class Head(BaseModel):
    model_config = ConfigDict(extra="forbid")

    level: str


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid")

    head: Head
    row: tuple[Row, ...]


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


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "two"', 'title = "two"', "第 16 行：row.name 缺少这一项"),
        ('name = "two"', 'name = "two"\nnamme = 1', "第 18 行：不认识的键 namme，是否应为 name"),
        ('name = "two"', "name = 2", "第 17 行：row.name 应为文字"),
        ("filled = false", "fulled = 1", "第 20 行：不认识的键 fulled，是否应为 filled"),
        ("filled = false", "", "第 18 行：row.when in、any、contains 与 filled 必须且只能填写一项"),
        ('level = "a"', "level = ", "不合 TOML 写法"),
    ],
)
def test_a_fault_is_told_with_file_line_and_key(old: str, new: str, message: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(SettingsError) as caught:
        TableFile("rows.toml", TEXT.replace(old, new)).read(Table)
    assert caught.value.message.startswith("rows.toml")
    assert message in caught.value.message


def test_a_sound_table_is_read() -> None:
    assert [row.name for row in TableFile("rows.toml", TEXT).read(Table).row] == ["one", "two"]
