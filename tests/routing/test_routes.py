import tomllib
from collections.abc import Sequence
from importlib.resources import files

import pytest
from pydantic import ValidationError

from xinqiao.errors import InputError, RefusedError
from xinqiao.routing.routes import Default, Route, read_routes, routes_for
from xinqiao.routing.rules import rules

ALL = frozenset({"credit_shandong", "transport_credit", "safety_credit", "county_site"})

ROW = """
[[route]]
kind = "permit"
platform = "county_site"
default = "on"
rule = "D1"
change_rule = "D4a"
natural_persons = false
note = "试验"
"""


def rules_of(routes: Sequence[Route]) -> list[tuple[str, str | None, str | None]]:
    return [(route.platform, route.rule, route.change_rule) for route in routes]


def test_permits_go_to_the_province_and_the_county_site_by_default() -> None:
    assert rules_of(routes_for("permit", ALL)) == [
        ("credit_shandong", "D1", "D4a"),
        ("county_site", "D1", "D4a"),
    ]


def test_penalties_follow_the_legal_rules_after_a_change() -> None:
    assert rules_of(routes_for("penalty", ALL)) == [
        ("credit_shandong", "D1", "D4"),
        ("county_site", "D1", "D3"),
    ]


def test_only_connected_platforms_are_given() -> None:
    assert rules_of(routes_for("permit", ["credit_shandong"])) == [("credit_shandong", "D1", "D4a")]
    assert routes_for("permit", ()) == ()


def test_natural_persons_are_shared_but_not_published() -> None:
    shared = {route.platform: route.natural_persons for route in routes_for("permit", ALL)}
    assert shared == {"credit_shandong": True, "county_site": False}


def test_a_route_that_is_off_by_default_can_be_switched_on() -> None:
    found = routes_for("permit", ALL, {"transport_credit": True})
    assert [route.platform for route in found] == [
        "credit_shandong",
        "transport_credit",
        "county_site",
    ]
    assert found[1].rule == "D13"
    assert len(routes_for("permit", {"county_site"}, {"transport_credit": True})) == 1


def test_a_route_that_is_on_by_default_can_be_switched_off() -> None:
    found = routes_for("permit", ALL, {"county_site": False})
    assert [route.platform for route in found] == ["credit_shandong"]


def test_a_forbidden_route_can_only_be_left_off() -> None:
    with pytest.raises(RefusedError, match="不能打开"):
        routes_for("permit", ALL, {"safety_credit": True})
    assert len(routes_for("permit", ALL, {"safety_credit": False})) == 2


def test_a_switch_for_an_unknown_platform_is_refused() -> None:
    with pytest.raises(InputError, match="county_cite"):
        routes_for("permit", ALL, {"county_cite": True})


def test_a_kind_without_rows_is_refused_rather_than_sent_nowhere() -> None:
    with pytest.raises(InputError, match="permit") as caught:
        routes_for("parade", ALL)
    assert caught.value.code == "unknown_kind"


def test_the_shipped_table_has_one_row_for_every_kind_and_platform() -> None:
    text = (files("xinqiao.routing") / "routes.toml").read_text(encoding="utf-8")
    table = read_routes(text, rules())
    assert len(tomllib.loads(text)["route"]) == sum(len(rows) for rows in table.values())
    assert {kind: {row.platform for row in rows} for kind, rows in table.items()} == {
        "permit": ALL,
        "penalty": ALL,
    }


def test_every_shipped_row_has_a_note_and_a_rule_unless_it_is_forbidden() -> None:
    text = (files("xinqiao.routing") / "routes.toml").read_text(encoding="utf-8")
    for row in (row for rows in read_routes(text, rules()).values() for row in rows):
        assert row.note
        assert (row.rule is None) is (row.default is Default.NEVER)
        assert (row.change_rule is None) is (row.default is Default.NEVER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('default = "on"', 'default = "on"\npublic = true'),
        ('default = "on"', 'default = "maybe"'),
        ('note = "试验"', 'note = ""'),
        ("natural_persons = false", ""),
        ("[[route]]", "[[routes]]"),
    ],
    ids=["unknown key", "unknown default", "blank note", "missing key", "unknown table"],
)
def test_a_faulty_row_is_refused(old: str, new: str) -> None:
    assert old in ROW
    with pytest.raises(ValidationError):
        read_routes(ROW.replace(old, new), rules())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('rule = "D1"', 'rule = "D99"', "不存在的规则 D99"),
        ('rule = "D1"', 'rule = "D13"', "不适用的规则 D13"),
        ('change_rule = "D4a"', 'change_rule = "D3"', "不适用的规则 D3"),
        ('change_rule = "D4a"', 'change_rule = "D1"', "D1 起算日不符"),
        ('rule = "D1"', 'rule = "D4a"', "D4a 起算日不符"),
    ],
)
def test_a_row_with_a_rule_made_for_something_else_is_refused(
    old: str, new: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_routes(ROW.replace(old, new, 1), rules())


def test_a_route_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="重复"):
        read_routes(ROW + ROW, rules())
