"""Who collects what: one row for each kind, told apart from what comes back."""

import pytest

from xinqiao.errors import SettingsError
from xinqiao.records.kinds import KINDS
from xinqiao.routing.collection import collection, read_collection
from xinqiao.routing.platforms import platform_name, platforms, read_platforms
from xinqiao.routing.tables import shipped_table

TEXT = shipped_table("collection.toml").text


def test_every_kind_has_one_row() -> None:
    assert list(collection()) == list(KINDS)


def test_departments_are_those_of_the_county_plan() -> None:
    assert collection()["penalty"].department == "执法监察大队"
    assert collection()["operator"].department == "交通运输管理服务中心"
    assert collection()["list_entry"].department == "政策法规科"
    unsourced = {row.kind for row in collection().values() if row.confidence == "proposal"}
    assert unsourced == {"news", "safety_grade", "safety_watch", "evaluation", "repair_notice"}


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


def test_a_platform_that_stands_twice_is_refused() -> None:
    text = shipped_table("platforms.toml").text
    with pytest.raises(SettingsError, match="平台标识 credit_shandong 重复"):
        read_platforms(text.replace('"county_site"', '"credit_shandong"'))
