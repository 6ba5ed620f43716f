"""Tables of scales and trades: a contradiction refuses to load and is named by file and line."""

from datetime import timedelta

import pytest

from tests.records.remarks import findings
from xinqiao.errors import SettingsError
from xinqiao.records.conditions import TablePart
from xinqiao.records.operator_trades import Trades
from xinqiao.records.point_scales import PointScales, point_scales
from xinqiao.records.quality_scales import QualityScales, quality_scales
from xinqiao.records.safety_scale import SafetyScaleTable, safety_scale
from xinqiao.records.shipped_tables import read_table, shipped_table

SCALES = """edition = "1"
highest_score = 1100
good_source = "示例"
[[scale]]
objects = ["甲"]
grades = ["AA", "A"]
good = 1
closed = true
confidence = "text"
cycle = "assumed"
source = "示例"
[[scale]]
objects = ["乙"]
grades = ["AA", "A"]
good = 1
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
severity = "error"
verified = true
source = "示例"
[[band]]
kind = "k"
grade = "B"
to = 9
severity = "error"
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
        ("scales", '["AA", "A"]', '["AA", "AA"]', "第 4 行：.*同一等级写了两次"),
        ("scales", '"text"', '"unknown"', "第 4 行：.*不能是封闭的"),
        ("scales", "closed = true", 'closed = "yes"', "第 8 行："),
        ("scales", "good = 1", "good = 2", "第 4 行：.*good 应少于等级的个数"),
        ("scales", "edition =", "edtion =", "edtion"),
        ("bands", "to = 9", "to = 10", "A 与 B 的分数重叠"),
        ("bands", 'grade = "B"', 'grade = "A"', "A 写了两次"),
        ("bands", "to = 9", "from = 12\nto = 9", "第 9 行：.*to 小于 from"),
        ("bands", '"error"', '"cleaned"', "severity"),
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


def test_a_bound_that_was_not_seen_in_a_text_is_told_without_naming_one() -> None:
    verified = read_table(BANDS, "表.toml", PointScales).bands[0]
    assert (verified.said_by, verified.severity) == ("示例", "error")
    for band in point_scales().bands:
        # no text with these numbers in it was ever read
        assert not band.verified
        assert band.said_by == "界限尚未在文件原文中核实"


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("driver_assessment", {"points": "20", "grade": "A"}),
        ("driver_assessment", {"points": "3", "grade": "B"}),
        ("taxi_driver_assessment", {"score": "31", "grade": "AAA"}),
        ("taxi_driver_assessment", {"score": "11", "grade": "AAA"}),
        ("taxi_driver_assessment", {"score": "20", "grade": "AA"}),
    ],
)
def test_no_finding_about_points_names_a_document(kind: str, changes: dict[str, str]) -> None:
    (found,) = findings(kind, changes)
    assert "号" not in found.message
    assert "《" not in found.message


def test_what_counts_as_good_or_low_is_a_proposal_of_this_project_and_says_so() -> None:
    scales = quality_scales()
    assert scales.good_source == "本系统建议"
    for name, scale in scales.by_object.items():
        best = ("AAAAA", "AAAA") if name == "出租汽车" else ("AAA", "AA")
        assert scale.good_grades == best, name
    table = shipped_table("safety_scale.toml", SafetyScaleTable)
    assert table.low_source == "本系统建议"
    assert table.stale_source.startswith("本系统建议：没有文件规定")
    assert safety_scale().low == {"C", "D"}
    assert safety_scale().stale_after == timedelta(days=365)
