"""Switches of routes in the settings: a slip is told with file, key and what may be meant."""

import pytest

from xinqiao.errors import SettingsError
from xinqiao.routing.routes import is_open, open_routes, routes_of
from xinqiao.routing.switches import checked_switches, kinds_to_review


def test_sound_switches_are_given_back() -> None:
    switches = {"permit": {"transport_credit": True, "county_site": False, "safety_credit": False}}
    assert checked_switches(switches) is switches
    found = [route.platform for route in open_routes("permit", switches["permit"])]
    assert found == ["credit_shandong", "transport_credit"]


@pytest.mark.parametrize(
    ("switches", "message"),
    [
        (
            {"permitt": {"county_site": True}},
            r"\[routes.permitt\]：没有记录类型 permitt，是不是想写“permit”",
        ),
        ({"quite_else": {}}, "可以写：permit、penalty、operator"),
        ({"safety_grade": {"safety_credit": True}}, "安全生产信用等级由平台发回"),
        (
            {"permit": {"county_cite": True}},
            r"\[routes.permit\]：没有平台 county_cite，是不是想写“county_site”",
        ),
        ({"permit": {"elsewhere": False}}, "没有平台 elsewhere"),
        (
            {"permit": {"safety_credit": True}},
            "行政许可不报送 safety_credit，不能打开（该平台只接收安全生产信用信息",
        ),
    ],
    ids=[
        "misspelt kind",
        "unknown kind",
        "incoming kind",
        "misspelt platform",
        "unknown platform",
        "forbidden",
    ],
)
def test_a_slip_is_told(switches: dict[str, dict[str, bool]], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        checked_switches(switches)
    assert caught.value.message.startswith("xinqiao.toml 的 ")


def test_a_route_is_open_as_the_switch_says_or_else_by_default() -> None:
    (off,) = (row for row in routes_of("permit") if row.platform == "transport_credit")
    assert not is_open(off)
    assert is_open(off, {"transport_credit": True})
    assert not is_open(off, {"county_site": True})


def test_only_kinds_of_which_it_is_required_are_reviewed() -> None:
    assert kinds_to_review({"permit": "none", "penalty": "required"}) == {"penalty"}
    assert kinds_to_review({}) == frozenset()


@pytest.mark.parametrize("how", ["none", "required"])
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("permitt", r"\[review\] permitt：没有记录类型 permitt，是不是想写“permit”"),
        ("safety_grade", "安全生产信用等级由平台发回，不由本单位报送，没有报送可以审核"),
    ],
)
def test_a_kind_that_nobody_sends_is_not_reviewed(kind: str, how: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        kinds_to_review({kind: how})
