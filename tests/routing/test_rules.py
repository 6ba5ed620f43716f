import tomllib
from collections.abc import Mapping
from importlib.resources import files

import pytest

from xinqiao.errors import InputError, SettingsError
from xinqiao.routing.rules import Confidence, OpensOn, Unit, read_rules, rule, rules

ROW = """
[[rule]]
id = "X1"
title = "试验"
kinds = ["permit"]
platforms = ["county_site"]
opens_on = "decision"
days = 7
unit = "working_day"
basis = "试验"
legal = false
confidence = "proposal"
"""


def test_the_seven_day_rule_is_as_the_documents_say() -> None:
    found = rule("D1")
    assert (found.days, found.unit) == (7, Unit.WORKING_DAY)
    assert found.opens_on is OpensOn.DECISION
    assert found.kinds == {"permit", "penalty"}
    assert found.platforms == {"credit_shandong", "county_site"}
    assert found.legal
    assert "源交政字〔2023〕14号" in found.basis


@pytest.mark.parametrize(("identifier", "article"), [("D3", "第四十八条"), ("D4", "第四十条")])
def test_the_legal_rules_after_a_change_bind_penalties_within_three_days(
    identifier: str, article: str
) -> None:
    found = rule(identifier)
    assert (found.days, found.unit) == (3, Unit.WORKING_DAY)
    assert found.opens_on is OpensOn.CHANGE
    assert found.kinds <= {"penalty", "list_entry"}
    assert "penalty" in found.kinds
    assert found.legal
    assert found.confidence is Confidence.LAW_TEXT
    assert article in found.basis


def test_penalties_for_safety_are_published_within_seven_days_by_a_law_of_their_own() -> None:
    found = rule("D2")
    assert (found.days, found.unit, found.opens_on) == (7, Unit.WORKING_DAY, OpensOn.DECISION)
    assert found.kinds == {"penalty"}
    assert found.platforms == {"county_site"}
    assert found.legal
    assert "《安全生产法》第七十八条" in found.basis


@pytest.mark.parametrize("identifier", ["D4a", "D13", "D13a", "D14", "D15", "D16"])
def test_a_rule_without_a_source_is_internal_and_says_so(identifier: str) -> None:
    assert not rule(identifier).legal
    assert rule(identifier).basis.startswith("内部时限")


PLAN = "源交政字〔2023〕14号"
INTERNAL = "内部时限"
BY_HAND: Mapping[str, tuple[int, OpensOn, bool, Confidence, tuple[str, ...]]] = {
    "D1": (7, OpensOn.DECISION, True, Confidence.DOCUMENT, (PLAN, "7个工作日内")),
    "D2": (
        *(7, OpensOn.DECISION, True, Confidence.LAW_TEXT),
        ("《安全生产法》第七十八条", "七个工作日"),
    ),
    "D3": (
        *(3, OpensOn.CHANGE, True, Confidence.LAW_TEXT),
        ("《行政处罚法》第四十八条", "第八十五条", "三日"),
    ),
    "D4": (
        *(3, OpensOn.CHANGE, True, Confidence.LAW_TEXT),
        ("《山东省社会信用条例》第四十条", "三个工作日"),
    ),
    "D4a": (3, OpensOn.CHANGE, False, Confidence.PROPOSAL, (INTERNAL, "比照")),
    "D13": (7, OpensOn.DECISION, False, Confidence.PROPOSAL, (INTERNAL, "及时", "未规定天数")),
    "D13a": (7, OpensOn.RECORDED, False, Confidence.PROPOSAL, (INTERNAL, "及时", "未规定天数")),
    "D14": (5, OpensOn.DECISION, False, Confidence.PROPOSAL, (INTERNAL, "没有公开的规定")),
    "D15": (7, OpensOn.DECISION, False, Confidence.PROPOSAL, (INTERNAL, "没有公开的规定")),
    "D16": (7, OpensOn.DECISION, False, Confidence.PROPOSAL, (INTERNAL, "没有公开")),
    "D5": (
        *(7, OpensOn.RECEIVED, True, Confidence.LAW_TEXT),
        ("《山东省社会信用条例》第三十九条", "七个工作日", "告知申请人"),
    ),
    "D5a": (
        *(3, OpensOn.RECEIVED, True, Confidence.LAW_TEXT),
        ("《山东省社会信用条例》第三十九条", "三个工作日", "告知申请人"),
    ),
    "D7b": (10, OpensOn.RECEIVED, False, Confidence.PROPOSAL, (INTERNAL, "尚未核实")),
}
"""Rule → days, what starts the clock, whether it is legal, how sure that is, words of its basis."""


@pytest.mark.parametrize("identifier", BY_HAND)
def test_every_rule_is_as_it_was_read_in_law_and_plan(identifier: str) -> None:
    days, opens_on, legal, confidence, words = BY_HAND[identifier]
    found = rule(identifier)
    assert (found.days, found.unit) == (days, Unit.WORKING_DAY)
    assert (found.opens_on, found.legal, found.confidence) == (opens_on, legal, confidence)
    assert [word for word in words if word not in found.basis] == []


def test_no_rule_is_left_unread() -> None:
    assert set(rules()) == set(BY_HAND)


def test_every_row_of_the_shipped_table_is_kept_and_has_a_basis() -> None:
    text = (files("xinqiao.routing") / "rules.toml").read_text(encoding="utf-8")
    assert [row["id"] for row in tomllib.loads(text)["rule"]] == list(rules())
    assert all(row.basis and row.title for row in rules().values())


def test_an_unknown_rule_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="D99") as caught:
        rule("D99")
    assert caught.value.code == "unknown_rule"
    assert all(identifier in caught.value.message for identifier in rules())


def test_a_row_is_read() -> None:
    assert read_rules(ROW)["X1"].note == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("days = 7", "days = 7\nhours = 1"),
        ("days = 7", "days = 0"),
        ("days = 7", ""),
        ('unit = "working_day"', 'unit = "month"'),
        ('basis = "试验"', 'basis = " "'),
        ('kinds = ["permit"]', "kinds = []"),
        ("legal = false", 'legal = "no"'),
        ("legal = false", "legal = true"),
        ("[[rule]]", "[[rules]]"),
    ],
    ids=[
        "unknown key",
        "no days",
        "missing key",
        "unknown unit",
        "blank basis",
        "no kind",
        "legal is not a boolean",
        "a proposal called legal",
        "unknown table",
    ],
)
def test_a_faulty_row_is_refused(old: str, new: str) -> None:
    assert old in ROW
    with pytest.raises(SettingsError, match=r"rules\.toml"):
        read_rules(ROW.replace(old, new))


def test_a_rule_for_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"第 5 行：没有记录类型 permitt，是否应为 permit"):
        read_rules(ROW.replace('"permit"', '"permitt"'))


def test_an_identifier_that_stands_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"rules\.toml 第 15 行：规则编号 X1 重复"):
        read_rules(ROW + ROW)
