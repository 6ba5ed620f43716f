"""Who collects what: one row for each kind, told apart from what comes back."""

import pytest

from xinqiao.adapters.profile import load_profile
from xinqiao.config.platform_files import known_platforms
from xinqiao.errors import SettingsError
from xinqiao.records.kinds import KINDS
from xinqiao.routing.collection import collection, read_collection
from xinqiao.routing.platforms import platform_name, platforms, read_platforms
from xinqiao.routing.tables import shipped_table

TEXT = shipped_table("collection.toml").text


def test_every_kind_has_one_row() -> None:
    assert list(collection()) == list(KINDS)


MANAGEMENT = "交通运输管理服务中心"
POLICY = "政策法规科"
SAFETY = "安全和运输管理科"
BY_PLAN = {
    "penalty": "执法监察大队",
    "operator": MANAGEMENT,
    "quality_assessment": MANAGEMENT,
    "driver_assessment": MANAGEMENT,
    "taxi_driver_assessment": MANAGEMENT,
    "safety_info": f"{SAFETY}，会同有关三个单位",
    "commitment": f"各科室、单位，{POLICY}牵头",
    "list_entry": POLICY,
    "repair": "作出决定的科室、单位",
    "objection": "作出决定的科室、单位",
}
"""Kind → who produces it, after the routing matrix of the county plan (源交政字〔2023〕14号)."""

OURS = {
    # the plan says no more than 审批
    "permit": "承办行政许可的科室",
    "news": f"各科室、单位提供，{POLICY}汇总",
    "safety_grade": SAFETY,
    "safety_watch": SAFETY,
    "evaluation": POLICY,
    "repair_notice": f"{POLICY}收取，作出决定的科室、单位撤下",
}
"""Kind → department that the plan does not name in these words."""


def test_the_department_of_every_kind_is_that_of_the_county_plan_or_a_proposal_of_ours() -> None:
    assert {kind: row.department for kind, row in collection().items()} == BY_PLAN | OURS
    assert all("源交政字〔2023〕14号" in collection()[kind].basis for kind in BY_PLAN)
    unsourced = {row.kind for row in collection().values() if row.confidence == "proposal"}
    assert unsourced == set(OURS) - {"permit"}
    assert "由本单位指定" in collection()["permit"].note


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kind = "news"', 'kind = "newss"', "没有记录类型 newss，是否应为 news"),
        ('kind = "news"', 'kind = "permit"', "permit 重复"),
        ('from = ["credit_shandong"]', 'from = ["credit_shangdong"]', "没有平台 credit_shangdong"),
        ('from = ["credit_shandong"]', "from = []", "由平台发回的应写 from"),
    ],
)
def test_a_table_that_contradicts_the_kinds_is_refused(old: str, new: str, message: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(SettingsError) as caught:
        read_collection(TEXT.replace(old, new))
    assert caught.value.message.startswith("collection.toml 第 ")
    assert message in caught.value.message


def test_a_kind_without_a_row_is_refused() -> None:
    (row,) = (one for one in TEXT.split("\n\n") if 'kind = "news"' in one)
    with pytest.raises(SettingsError, match="缺少 news 的一行"):
        read_collection(TEXT.replace(row, ""))


def test_platforms_have_names_and_unknown_ones_their_identifier() -> None:
    assert list(platforms()) == [
        "credit_shandong",
        "transport_credit",
        "safety_credit",
        "county_site",
    ]
    assert platform_name("transport_credit") == "信用交通·山东"
    assert platform_name("city_site") == "city_site"


def test_a_platform_has_one_name_in_every_table_that_a_person_reads() -> None:
    names = {one.id: one.name for one in platforms().values()}
    assert {one.id: one.name for one in known_platforms()} == names
    assert {one: load_profile(one, {}).name for one in names} == names


def test_a_platform_that_stands_twice_is_refused() -> None:
    text = shipped_table("platforms.toml").text
    with pytest.raises(SettingsError, match="平台标识 credit_shandong 重复"):
        read_platforms(text.replace('"county_site"', '"credit_shandong"'))
