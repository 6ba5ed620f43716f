"""A fault in a table of rules is told with file, line and key."""

import pytest
from pydantic import BaseModel, ConfigDict

from xinqiao.errors import SettingsError
from xinqiao.records.conditions import Condition
from xinqiao.routing.tables import TableFile

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
