from collections.abc import Mapping, Sequence

import pytest

from xinqiao.errors import InputError, RefusedError, SettingsError
from xinqiao.records.kinds import KINDS, reported_kinds
from xinqiao.records.operator_trades import trades
from xinqiao.records.quality_assessment import STAGES
from xinqiao.records.safety_info import STATES
from xinqiao.routing.routes import (
    Default,
    Obstacle,
    Route,
    chosen_routes,
    read_routes,
    routes_for,
    routes_of,
)
from xinqiao.routing.rules import rule, rules

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
        ("county_site", "D2", "D3"),
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


SHIPPED = [row for kind in reported_kinds() for row in routes_of(kind.identifier)]


def test_every_kind_that_we_report_has_a_row_for_every_platform() -> None:
    assert {(row.kind, row.platform) for row in SHIPPED} == {
        (kind.identifier, platform) for kind in reported_kinds() for platform in ALL
    }


def test_what_comes_back_to_us_goes_nowhere() -> None:
    assert [kind.identifier for kind in KINDS.values() if kind.incoming] == [
        "safety_grade",
        "safety_watch",
        "evaluation",
        "repair_notice",
    ]
    assert all(routes_for(kind, ALL) == () for kind in KINDS if KINDS[kind].incoming)


def test_every_shipped_row_has_a_note_and_a_rule_unless_it_is_forbidden() -> None:
    for row in SHIPPED:
        assert row.note
        assert (row.rule is None) is (row.default is Default.NEVER)
        assert (row.change_rule is None) is (row.default is Default.NEVER)


def test_only_what_is_not_about_safety_or_not_final_goes_nowhere_at_a_platform_of_its_routes() -> (
    None
):
    last = {(row.kind, row.platform): row for row in SHIPPED}
    conditional = {place for place, row in last.items() if row.when}
    assert conditional == {
        *((kind, "safety_credit") for kind in ("list_entry", "repair", "objection")),
        # not verified, or revoked
        ("safety_info", "safety_credit"),
        # not yet the result
        ("quality_assessment", "transport_credit"),
    }


@pytest.mark.parametrize("state", STATES)
def test_a_safety_fact_is_reported_when_it_is_verified_and_stands(state: str) -> None:
    goes = state in {"已认定", "公示中", "申诉中"}
    expected = {"safety_credit": ("D14", "D4a")} if goes else {}
    assert chosen("safety_info", {"state": state}) == expected


@pytest.mark.parametrize("stage", [None, *STAGES])
def test_an_assessment_is_reported_once_it_is_a_result_and_shown_once_it_is_public(
    stage: str | None,
) -> None:
    content = {} if stage is None else {"stage": stage}
    open_to_all = chosen_routes(
        routes_for("quality_assessment", ALL, {"county_site": True}), content
    )
    shown = stage in {None, "公示", "公布", "更正"}
    shared = shown or stage == "申诉中"
    assert ("transport_credit" in open_to_all, "county_site" in open_to_all) == (shared, shown)


def test_the_default_routes_are_those_of_the_design() -> None:
    found = {
        kind.identifier: {
            row.platform for row in routes_of(kind.identifier) if row.default is Default.ON
        }
        for kind in reported_kinds()
    }
    assert found == {
        "permit": {"credit_shandong", "county_site"},
        "penalty": {"credit_shandong", "county_site"},
        "operator": {"transport_credit", "safety_credit"},
        "quality_assessment": {"transport_credit"},
        "driver_assessment": {"transport_credit"},
        "taxi_driver_assessment": {"transport_credit"},
        "safety_info": {"safety_credit"},
        "commitment": {"credit_shandong", "transport_credit"},
        "list_entry": {"credit_shandong", "transport_credit", "safety_credit"},
        "repair": {"credit_shandong", "transport_credit", "safety_credit"},
        "objection": {"credit_shandong", "transport_credit", "safety_credit"},
        "news": {"transport_credit"},
    }


def test_only_what_is_off_by_default_can_be_switched_on() -> None:
    assert {(row.kind, row.platform) for row in SHIPPED if row.default is Default.OFF} == {
        ("permit", "transport_credit"),
        ("penalty", "transport_credit"),
        ("quality_assessment", "county_site"),
    }


def test_a_platform_that_shows_records_to_everybody_never_gets_those_of_natural_persons() -> None:
    shown = [row for row in SHIPPED if row.platform == "county_site"]
    assert [row.kind for row in shown if row.natural_persons] == []
    assert all(row.publishes for row in shown if row.default is not Default.NEVER)


def test_only_limits_of_a_law_or_a_document_are_legal() -> None:
    legal = {
        (row.kind, row.platform, name)
        for row in SHIPPED
        for name in (row.rule, row.change_rule)
        if name is not None and rule(name).legal
    }
    assert legal == {
        ("permit", "credit_shandong", "D1"),
        ("permit", "county_site", "D1"),
        ("penalty", "credit_shandong", "D1"),
        ("penalty", "credit_shandong", "D4"),
        ("penalty", "county_site", "D1"),
        ("penalty", "county_site", "D2"),
        ("penalty", "county_site", "D3"),
        ("list_entry", "credit_shandong", "D4"),
    }


def chosen(kind: str, content: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    routes = chosen_routes(routes_for(kind, ALL), content)
    return {platform: (row.rule, row.change_rule) for platform, row in routes.items()}


COMPANY = {"subject.category": "法人及非法人组织"}
PERSON = {"subject.category": "自然人"}


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (
            "penalty",
            {**COMPANY, "legal_basis": "《中华人民共和国安全生产法》第九十七条"},
            {"credit_shandong": ("D1", "D4"), "county_site": ("D2", "D3")},
        ),
        (
            "penalty",
            {**COMPANY, "legal_basis": "《道路运输条例》第六十三条"},
            {"credit_shandong": ("D1", "D4"), "county_site": ("D1", "D3")},
        ),
        (
            "penalty",
            {**PERSON, "legal_basis": "《中华人民共和国安全生产法》第九十七条"},
            {"credit_shandong": ("D1", "D4")},
        ),
        (
            "operator",
            {"business_categories": "道路普通货物运输；汽车维修"},
            {"transport_credit": ("D13a", "D4a"), "safety_credit": ("D13a", "D4a")},
        ),
        (
            "operator",
            {"business_categories": "道路普通货物运输"},
            {"transport_credit": ("D13a", "D4a"), "safety_credit": ("D13a", "D4a")},
        ),
        (
            "list_entry",
            {**COMPANY, "list_kind": "严重失信主体名单", "safety_related": "是"},
            {
                "credit_shandong": ("D16", "D4"),
                "transport_credit": ("D13", "D4a"),
                "safety_credit": ("D16", "D4a"),
            },
        ),
        (
            "list_entry",
            {**COMPANY, "list_kind": "红名单"},
            {"credit_shandong": ("D16", "D4a"), "transport_credit": ("D13", "D4a")},
        ),
        (
            "repair",
            {**PERSON, "safety_related": "否"},
            {"credit_shandong": ("D16", "D4a"), "transport_credit": ("D13", "D4a")},
        ),
        ("driver_assessment", {}, {"transport_credit": ("D13", "D4a")}),
    ],
    ids=[
        "a penalty for safety",
        "another penalty",
        "a penalty for safety of a person",
        "a trade that the county plan names",
        "another trade",
        "a list of dishonesty about safety",
        "a red list",
        "a repair without safety",
        "a driver",
    ],
)
def test_conditions_choose_the_row(
    kind: str, content: Mapping[str, str], expected: Mapping[str, tuple[str, str]]
) -> None:
    assert chosen(kind, content) == expected


def test_the_four_trades_of_the_county_plan_have_a_row_of_their_own() -> None:
    named, other = (row for row in routes_of("operator") if row.platform == "transport_credit")
    assert "源交政字〔2023〕14号" in named.note
    (condition,) = named.when
    assert condition.any_word is not None
    # the same words by which the records know the trades
    of_the_plan = ("机动车维修", "机动车驾驶员培训", "出租汽车", "城市公交")
    words = [word for trade in trades() if trade.name in of_the_plan for word in trade.words]
    assert sorted(condition.any_word) == sorted(words)
    assert named.takes({"business_categories": "城市公共汽车客运"})
    assert not named.takes({"business_categories": "班车客运"})
    assert other.takes({"business_categories": "班车客运"})


@pytest.mark.parametrize(
    ("kind", "platform", "content", "expected"),
    [
        ("permit", "county_site", COMPANY, None),
        ("permit", "county_site", PERSON, Obstacle.NATURAL_PERSON),
        ("repair", "safety_credit", COMPANY, Obstacle.CONDITION),
    ],
)
def test_a_row_says_why_a_record_does_not_take_it(
    kind: str, platform: str, content: Mapping[str, str], expected: Obstacle | None
) -> None:
    (row,) = (one for one in routes_of(kind) if one.platform == platform)
    assert row.obstacle(content) is expected


def test_what_may_not_be_shown_does_not_go_to_a_platform_that_shows_it() -> None:
    text = ROW.replace('kind = "permit"', 'kind = "commitment"').replace(
        "natural_persons = false", "natural_persons = false\npublishes = true"
    )
    text = text.replace('rule = "D1"\nchange_rule', "change_rule")
    (row,) = read_routes(text, rules())["commitment"]
    assert row.obstacle({**COMPANY, "publication": "可向社会公开"}) is None
    assert row.obstacle({**COMPANY, "publication": "不可公开"}) is Obstacle.NOT_PUBLIC


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
    with pytest.raises(SettingsError, match=r"routes\.toml"):
        read_routes(ROW.replace(old, new), rules())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('rule = "D1"', 'rule = "D99"', "不存在的规则 D99"),
        ('rule = "D1"', 'rule = "D13"', "不适用的规则 D13"),
        ('change_rule = "D4a"', 'change_rule = "D3"', "不适用的规则 D3"),
        ('change_rule = "D4a"', 'change_rule = "D1"', "D1 起算日不符"),
        ('rule = "D1"', 'rule = "D4a"', "D4a 起算日不符"),
        ('"permit"', '"permid"', "没有记录类型 permid，是否应为 permit"),
        ('"permit"', '"safety_grade"', "safety_grade 由平台发回"),
        (
            'note = "试验"',
            'note = "试验"\n[[route.when]]\nfield = "permit_clas"\nfilled = true',
            "没有字段 permit_clas，是否应为 permit_class",
        ),
        (
            'note = "试验"',
            'note = "试验"\n[[route.when]]\nfield = "permit_class"\nin = ["特别"]',
            "字段 permit_class 不会是“特别”",
        ),
    ],
)
def test_a_row_that_names_what_is_not_there_or_made_for_something_else_is_refused(
    old: str, new: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=rf"routes\.toml 第 \d+ 行：.*{message}"):
        read_routes(ROW.replace(old, new, 1), rules())


def test_a_route_that_stands_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"routes\.toml 第 11 行：.*重复"):
        read_routes(ROW + ROW, rules())


def test_a_row_after_one_that_takes_all_its_records_is_refused() -> None:
    narrow = ROW + '[[route.when]]\nfield = "permit_class"\nin = ["普通"]\n'
    assert len(read_routes(narrow + ROW, rules())["permit"]) == 2
    narrower = narrow + '[[route.when]]\nfield = "remarks"\nfilled = true\n'
    for text in (ROW + narrow, narrow + narrow, narrow + narrower):
        with pytest.raises(SettingsError, match="永远用不到"):
            read_routes(text, rules())


def test_rows_of_one_kind_and_platform_have_one_switch() -> None:
    narrow = ROW + '[[route.when]]\nfield = "permit_class"\nin = ["普通"]\n'
    with pytest.raises(SettingsError, match=r"第 17 行：.*default 应相同"):
        read_routes(narrow + ROW.replace('default = "on"', 'default = "off"'), rules())
