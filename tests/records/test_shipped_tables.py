"""Tables of scales and trades: a contradiction refuses to load and is named by file and line."""

import pytest

from xinqiao.errors import SettingsError
from xinqiao.records.conditions import TablePart
from xinqiao.records.operator_trades import Trades
from xinqiao.records.point_scales import PointScales
from xinqiao.records.quality_scales import QualityScales
from xinqiao.records.shipped_tables import read_table

SCALES = """edition = "1"
highest_score = 1100
[[scale]]
objects = ["甲"]
grades = ["AA", "A"]
closed = true
confidence = "text"
cycle = "assumed"
source = "示例"
[[scale]]
objects = ["乙"]
grades = ["AA", "A"]
closed = true
confidence = "text"
cycle = "assumed"
source = "示例"
"""
BANDS = """edition = "1"
[[band]]
kind = "k"
grade = "A"
from = 10
verified = true
source = "示例"
[[band]]
kind = "k"
grade = "B"
to = 9
verified = true
source = "示例"
"""
TRADES = """edition = "1"
[[trade]]
name = "甲"
words = ["甲"]
fields = ["a"]
filed = false
[[trade]]
name = "乙"
words = ["乙"]
fields = ["b"]
filed = false
"""
MODELS: dict[str, tuple[str, type[TablePart]]] = {
    "scales": (SCALES, QualityScales),
    "bands": (BANDS, PointScales),
    "trades": (TRADES, Trades),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_sound_table_loads(name: str) -> None:
    text, model = MODELS[name]
    assert isinstance(read_table(text, "表.toml", model), model)


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("scales", '["乙"]', '["甲"]', "考核对象 甲 写了两次"),
        ("scales", '["AA", "A"]', '["AA", "AA"]', "第 3 行：.*同一等级写了两次"),
        ("scales", '"text"', '"unknown"', "第 3 行：.*不能是封闭的"),
        ("scales", "closed = true", 'closed = "yes"', "第 6 行："),
        ("scales", "edition =", "edtion =", "edtion"),
        ("bands", "to = 9", "to = 10", "A 与 B 的分数重叠"),
        ("bands", 'grade = "B"', 'grade = "A"', "A 写了两次"),
        ("bands", "to = 9", "from = 12\nto = 9", "第 8 行：.*to 小于 from"),
        ("trades", 'words = ["乙"]', 'words = ["甲"]', "甲 写在两个行业里"),
        ("trades", 'fields = ["b"]', 'fields = ["a"]', "a 写在两个行业里"),
        ("trades", 'fields = ["b"]', 'fields = ["b"]\nasked = ["a"]', "第 7 行：.*asked"),
        ("trades", "filed = false", "filed = true", "须写明依据"),
        ("trades", "[[trade]]", "[[trade]", "表.toml"),
    ],
)
def test_a_contradiction_is_refused_with_file_and_line(
    name: str, before: str, after: str, told: str
) -> None:
    text, model = MODELS[name]
    with pytest.raises(SettingsError, match=told) as caught:
        read_table(text.replace(before, after, 1), "表.toml", model)
    assert caught.value.message.startswith("表.toml：")
