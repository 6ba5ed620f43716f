"""Rules on what the bureau does itself name the day they start from and what ends them."""

from importlib.resources import files

import pytest

from xinqiao.errors import SettingsError
from xinqiao.routing.rules import BUREAU, handling_rule, read_rules, rules

SHIPPED = (files("xinqiao.routing") / "rules.toml").read_text(encoding="utf-8")
OBJECTION = {"received_on": "2026-11-18", "verified_by_others": "否"}


def test_an_objection_has_three_days_and_seven_where_others_verify() -> None:
    own = handling_rule("objection", OBJECTION)
    others = handling_rule("objection", {**OBJECTION, "verified_by_others": "是"})
    assert own is not None
    assert others is not None
    assert [(one.days, one.legal) for one in (own, others)] == [(3, True), (7, True)]
    assert all("第三十九条" in one.basis for one in (own, others))


def test_it_is_closed_when_it_is_decided_and_told() -> None:
    rule = handling_rule("objection", OBJECTION)
    assert rule is not None
    decided = {**OBJECTION, "decided_on": "2026-11-20"}
    assert not rule.is_closed_by(decided)
    assert rule.is_closed_by({**decided, "told_on": "2026-11-20"})


def test_a_repair_has_only_an_internal_limit_and_a_penalty_none() -> None:
    rule = handling_rule("repair", {})
    assert rule is not None
    assert (rule.legal, "内部时限" in rule.basis) == (False, True)
    assert handling_rule("penalty", {}) is None


def test_no_rule_of_the_bureau_is_one_of_a_platform() -> None:
    assert {one.id for one in rules().values() if BUREAU in one.platforms} == {"D5", "D5a", "D7b"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('starts_from = "received_on"\n', "", "starts_from"),
        ('starts_from = "received_on"', 'starts_from = "recieved_on"', "recieved_on"),
        ('platforms = ["bureau"]', 'platforms = ["bureau", "county_site"]', "不能同时"),
        ('opens_on = "received"', 'opens_on = "decision"', "received"),
        ('field = "told_on"', 'field = "told"', "told"),
        (
            'field = "verified_by_others"\nin = ["是"]',
            'field = "verified_by_others"\nin = ["对"]',
            "对",
        ),
    ],
)
def test_a_broken_rule_is_refused_with_file_and_line(old: str, new: str, said: str) -> None:
    assert old in SHIPPED
    with pytest.raises(SettingsError, match=r"rules\.toml 第") as caught:
        read_rules(SHIPPED.replace(old, new, 1))
    assert said in caught.value.message
