"""What is owed to nobody: rows of a table that can be switched."""

import pytest

from xinqiao.errors import SettingsError
from xinqiao.records.kinds import KINDS
from xinqiao.routing.exemptions import (
    exemption_of,
    exemptions,
    exemptions_in_force,
    read_exemptions,
)

ROW = """
[[exemption]]
id = "one"
title = "一"
kinds = ["penalty"]
field = "case_procedure"
words = ["简易程序"]
default = "off"
basis = "依据"
confidence = "proposal"
"""
SIMPLIFIED = {"case_procedure": "简易程序"}


def test_penalties_by_simplified_procedure_are_exempt_by_law() -> None:
    found = exemption_of("penalty", SIMPLIFIED, exemptions_in_force({}))
    assert found is not None
    assert "《山东省社会信用条例》第十三条" in found.basis


@pytest.mark.parametrize(
    ("kind", "content"),
    [("permit", SIMPLIFIED), ("penalty", {"case_procedure": "普通程序"}), ("penalty", {})],
)
def test_nothing_else_is_exempt(kind: str, content: dict[str, str]) -> None:
    assert exemption_of(kind, content, exemptions_in_force({})) is None


def test_a_rule_can_be_switched_off() -> None:
    assert exemptions_in_force({"simplified_procedure": False}) == ()


def test_an_unknown_switch_is_told_with_the_rules_there_are() -> None:
    with pytest.raises(SettingsError, match=r"simplified_procedure（简易程序处罚）"):
        exemptions_in_force({"simple": True})


def test_the_table_names_fields_and_words_that_the_kinds_have() -> None:
    for rule in exemptions().values():
        for kind in rule.kinds:
            assert rule.field in KINDS[kind].labels
            assert rule.words <= set(KINDS[kind].words[rule.field])


@pytest.mark.parametrize(
    "text",
    [
        ROW + ROW,
        ROW.replace('default = "off"', 'default = "no"'),
        ROW + "extra = 1\n",
        ROW.replace('"penalty"', '"penalties"'),
        ROW.replace('"case_procedure"', '"case_procedures"'),
        ROW.replace('words = ["简易程序"]', 'words = ["简单程序"]'),
    ],
)
def test_a_broken_table_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"exemptions\.toml 第 \d+ 行"):
        read_exemptions(text)
