"""Since when a bureau reports: for every platform, or for one alone."""

from datetime import date, timedelta

import pytest

from xinqiao.errors import SettingsError
from xinqiao.routing.starts import Starts, checked_starts

FIRST = date(2026, 8, 1)
KNOWN = ("credit_shandong", "county_site")


def test_a_decision_of_the_first_day_is_owed_and_one_of_the_day_before_is_not() -> None:
    starts = Starts(FIRST)
    assert not starts.precedes("credit_shandong", FIRST)
    assert starts.precedes("credit_shandong", FIRST - timedelta(days=1))


def test_a_day_of_its_own_goes_before_the_common_one() -> None:
    starts = Starts(FIRST, {"county_site": date(2026, 9, 1)})
    assert starts.precedes("county_site", FIRST)
    assert not starts.precedes("credit_shandong", FIRST)
    alone = Starts(None, {"county_site": FIRST})
    assert alone.any
    assert not alone.precedes("credit_shandong", date(2000, 1, 1))


def test_of_a_day_that_is_not_known_nothing_is_let_go() -> None:
    assert not Starts(FIRST).precedes("credit_shandong", None)
    assert not Starts().any


def test_a_platform_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError) as told:
        checked_starts(FIRST, {"county_sit": FIRST}, KNOWN)
    assert told.value.message == (
        "xinqiao.toml 的 [start.platforms]：没有平台 county_sit，是不是想写“county_site”？"
    )
    with pytest.raises(SettingsError) as told:
        checked_starts(None, {"zzz": FIRST}, KNOWN)
    assert told.value.message.endswith("可以写：county_site、credit_shandong")
    assert checked_starts(FIRST, {"county_site": FIRST}, KNOWN).of("county_site") == FIRST
