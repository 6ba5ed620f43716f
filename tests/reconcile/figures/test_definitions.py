"""The table of figures: each can be counted, says where it comes from, and is a reference."""

import pytest

from xinqiao.errors import InputError, SettingsError
from xinqiao.reconcile.figures.definitions import figure, figures, read_figures
from xinqiao.reconcile.figures.measures import MEASURED
from xinqiao.routing.rules import OpensOn, rules

ROW = """
[[figure]]
id = "on_time"
name = "及时率"
formula = "甲 ÷ 乙"
numerator = "甲"
denominator = "乙"
counts = "first_reports"
timed = true
source = "某文件"
confidence = "web"
"""


def test_every_figure_of_the_table_is_counted_and_no_other() -> None:
    assert set(figures()) == MEASURED


def test_no_source_of_a_figure_is_called_confirmed() -> None:
    assert {one.confidence for one in figures().values()} <= {"web", "code", "proposal"}
    assert all(one.source for one in figures().values())


def test_every_formula_names_its_two_parts() -> None:
    for one in figures().values():
        assert one.formula.count("÷") == 1, one.id


def test_figures_about_time_are_those_with_a_legal_limit_behind_them() -> None:
    assert {one.id for one in figures().values() if one.timed} == {
        "on_time",
        "late",
        "on_time_of_due",
        "concealed",
        "changed_on_time",
    }
    assert any(one.legal and one.opens_on is OpensOn.CHANGE for one in rules().values())


def test_an_unknown_figure_is_told_with_those_there_are() -> None:
    with pytest.raises(InputError, match="on_time（及时率）"):
        figure("ontime")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ROW + ROW, "指标标识重复"),
        (ROW + 'colour = "red"\n', "第 12 行"),
        (ROW.replace("first_reports", "everything"), "第 8 行"),
        (ROW.replace('"web"', '"confirmed"'), "第 11 行"),
        (ROW.replace("= true", "= tru"), "figures.toml"),
    ],
)
def test_a_table_with_a_mistake_is_not_used_at_all(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        read_figures(text)
