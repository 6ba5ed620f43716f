"""The tables say why a record goes somewhere, and why it goes nowhere else."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.records.kinds import KINDS
from xinqiao.routing.exemptions import exemptions
from xinqiao.routing.reasons import Way, ways
from xinqiao.routing.routes import chosen_routes, routes_for

ALL = frozenset({"credit_shandong", "transport_credit", "safety_credit", "county_site"})
COMPANY = {"subject.category": "法人及非法人组织"}
PERSON = {"subject.category": "自然人"}


def told(
    kind: str,
    content: Mapping[str, str],
    connected: frozenset[str] = ALL,
    switches: Mapping[str, bool] | None = None,
) -> dict[str, list[str]]:
    """Return platform → codes of the reasons for which the record does not go there."""
    found = ways(kind, content, connected, switches or {}, None)
    return {way.platform: [reason.code for reason in way.reasons] for way in found}


def way_to(platform: str, found: list[Way]) -> Way:
    return next(way for way in found if way.platform == platform)


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (
            "permit",
            COMPANY,
            {"transport_credit": ["off"], "safety_credit": ["never"]},
        ),
        (
            "permit",
            PERSON,
            {
                "transport_credit": ["off"],
                "safety_credit": ["never"],
                "county_site": ["natural_person"],
            },
        ),
        (
            "repair",
            {**COMPANY, "safety_related": "否"},
            {"safety_credit": ["condition"], "county_site": ["never"]},
        ),
        (
            "safety_grade",
            {},
            {name: ["incoming"] for name in sorted(ALL)},
        ),
        (
            "operator",
            {"business_categories": "道路普通货物运输"},
            {"credit_shandong": ["never"], "county_site": ["never"]},
        ),
    ],
    ids=["permit", "permit of a person", "repair", "what comes back", "operator"],
)
def test_every_platform_that_does_not_get_it_has_its_reason(
    kind: str, content: Mapping[str, str], expected: Mapping[str, list[str]]
) -> None:
    assert {name: codes for name, codes in told(kind, content).items() if codes} == expected


def test_switches_are_told_by_their_place_in_the_settings() -> None:
    found = ways("permit", COMPANY, ALL, {"county_site": False, "transport_credit": True}, None)
    (closed,) = way_to("county_site", found).reasons
    assert (closed.code, "[routes.permit] county_site = false" in closed.message) == (
        "switched_off",
        True,
    )
    assert way_to("transport_credit", found).route is not None
    (off,) = way_to("transport_credit", ways("permit", COMPANY, ALL, {}, None)).reasons
    assert "[routes.permit] transport_credit = true" in off.message


def test_a_platform_that_is_not_connected_is_told_only_where_it_would_be_owed() -> None:
    found = told("permit", COMPANY, frozenset({"credit_shandong"}))
    assert found["county_site"] == ["not_connected"]
    assert found["safety_credit"] == ["never"]


def test_an_exemption_is_told_with_its_article() -> None:
    exemption = exemptions()["simplified_procedure"]
    found = ways("penalty", COMPANY, ALL, {}, exemption)
    reason = way_to("credit_shandong", found).reasons[-1]
    assert (reason.code, "第十三条" in reason.message) == ("exempt", True)


def test_a_platform_of_the_workspace_that_no_table_knows_is_told_too() -> None:
    assert told("permit", COMPANY, ALL | {"city_site"})["city_site"] == ["no_route"]


def test_a_condition_is_told_in_words() -> None:
    found = ways("objection", {**COMPANY, "safety_related": "否"}, ALL, {}, None)
    (reason,) = way_to("safety_credit", found).reasons
    assert reason.message.startswith("只收“涉及安全生产”为是的：")


@given(
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(["法人及非法人组织", "自然人", "个体工商户", "生产经营单位", "从业人员", ""]),
    st.sampled_from(["是", "否", ""]),
    st.sampled_from(["可向社会公开", "不可公开", ""]),
    st.frozensets(st.sampled_from(sorted(ALL))),
)
def test_a_record_goes_exactly_where_no_reason_speaks_against_it(
    kind: str, category: str, safety: str, publication: str, connected: frozenset[str]
) -> None:
    content = {
        "subject.category": category,
        "safety_related": safety,
        "publication": publication,
    }
    found = ways(kind, content, connected, {}, None)
    expected = chosen_routes(routes_for(kind, connected), content)
    assert {way.platform: way.route for way in found if way.route is not None} == expected
    assert all((way.route is None) is bool(way.reasons) for way in found)
