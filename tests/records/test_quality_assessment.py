"""A quality assessment: each assessed object by its own scale, years and dates in order."""

import pytest

from tests.records.remarks import errors, findings, remarks
from xinqiao.records.quality_assessment import ASSESSED_OBJECTS
from xinqiao.records.quality_scales import quality_scales

KIND = "quality_assessment"
TAXI = {"assessed_object": "出租汽车", "rule": "交运规〔2022〕2号"}
CLOSED = ["道路客运", "道路货运", "道路危险货物运输", "机动车维修", "机动车驾驶员培训"]


def test_every_object_has_a_scale_and_no_other_has_one() -> None:
    assert set(quality_scales().by_object) == set(ASSESSED_OBJECTS)


@pytest.mark.parametrize("name", CLOSED)
def test_most_objects_take_four_grades_and_no_other(name: str) -> None:
    for grade in ("AAA", "AA", "A", "B"):
        assert remarks(KIND, {"assessed_object": name, "grade": grade}) == set()
    for grade in ("AAAAA", "AAAA", "C", "优良", "aaa"):
        assert remarks(KIND, {"assessed_object": name, "grade": grade}) == errors(
            ("grade", "grade_outside_scale")
        )


def test_the_message_names_the_grades_that_may_stand_there() -> None:
    (found,) = findings(KIND, {"grade": "AAAAA"})
    assert "“AAAAA”不是机动车维修的等级，只能填：AAA、AA、A、B" in found.message
    assert "交公路发〔2006〕719号" in found.message


def test_taxi_enterprises_have_five_grades_and_one_that_is_doubtful() -> None:
    for grade in ("AAAAA", "AAAA", "AAA", "AA", "A"):
        assert remarks(KIND, {**TAXI, "grade": grade}) == set()
    assert remarks(KIND, {**TAXI, "grade": "B"}) == {("grade", "grade_unconfirmed", "warning")}
    assert remarks(KIND, {**TAXI, "grade": "C"}) == errors(("grade", "grade_outside_scale"))


def test_what_an_agreement_sets_for_buses_is_never_refused() -> None:
    bus = {"assessed_object": "城市公交"}
    for grade in ("AAA", "AA", "A", "B"):
        assert remarks(KIND, {**bus, "grade": grade}) == set()
    for grade in ("AAAAA", "优秀"):
        assert remarks(KIND, {**bus, "grade": grade}) == {("grade", "grade_unconfirmed", "warning")}


def test_last_years_grade_is_measured_by_the_same_scale_and_only_doubtful() -> None:
    assert remarks(KIND, {"previous_grade": "AAAA"}) == {
        ("previous_grade", "grade_outside_scale", "warning")
    }
    assert remarks(KIND, {**TAXI, "previous_grade": "AAAA"}) == set()


def test_a_year_after_the_assessment_is_an_error_and_the_same_year_is_doubtful() -> None:
    period = {"period_from": None, "period_to": None}
    assert remarks(KIND, {**period, "year": "2027"}) == errors(("year", "after_assessment"))
    assert remarks(KIND, {**period, "year": "2026"}) == {("year", "year_not_over", "warning")}


def test_a_period_that_leaves_the_year_is_doubtful_and_one_that_ends_first_is_wrong() -> None:
    assert remarks(KIND, {"period_from": "2025-02-01", "period_to": "2026-01-31"}) == {
        ("period_to", "outside_year", "warning")
    }
    assert remarks(KIND, {"period_from": "2025-12-31", "period_to": "2025-01-01"}) == errors(
        ("period_to", "before_start")
    )


HALF = {"period_from": "2025-01-01", "period_to": "2025-06-30"}


@pytest.mark.parametrize("name", ASSESSED_OBJECTS)
def test_a_period_that_is_not_twelve_months_weighs_as_much_as_its_source(name: str) -> None:
    (found,) = findings(KIND, {**HALF, "assessed_object": name})
    sure = name == "出租汽车"
    assert (found.field, found.code) == ("period_to", "not_twelve_months")
    assert found.severity == ("error" if sure else "warning")
    assert "从 2025-01-01 起，应到 2025-12-31 止，现为 2025-06-30" in found.message


def test_a_period_of_an_object_that_nobody_knows_is_not_measured() -> None:
    assert remarks(KIND, {**HALF, "assessed_object": "示例"}) == errors(
        ("assessed_object", "choice")
    )


@pytest.mark.parametrize(("score", "doubtful"), [("1100", False), ("1100.1", True), ("0", False)])
def test_a_score_above_every_known_scale_is_doubtful(score: str, *, doubtful: bool) -> None:
    expected = {("score", "unlikely", "warning")} if doubtful else set()
    assert remarks(KIND, {"score": score}) == expected


def test_days_of_the_notice_stand_in_order() -> None:
    assert remarks(KIND, {"notice_until": "2026-05-05"}) == errors(("notice_until", "before_start"))
    assert remarks(KIND, {"published_on": "2026-05-05"}) == errors(("published_on", "before_start"))


def test_days_to_come_are_errors() -> None:
    assert remarks(KIND, {"published_on": "2026-11-21"}) == errors(("published_on", "in_future"))


@pytest.mark.parametrize("stage", ["自评", "初评", "复核", "申诉中"])
def test_a_grade_that_may_still_change_is_told(stage: str) -> None:
    assert remarks(KIND, {"stage": stage}) == {("stage", "unsettled", "warning")}


def test_a_stage_asks_for_its_dates() -> None:
    assert remarks(KIND, {"published_on": None}) == {("published_on", "asked_for", "warning")}
    notice = {"stage": "公示", "notice_from": None, "notice_until": None, "published_on": None}
    assert remarks(KIND, notice) == {
        ("notice_from", "asked_for", "warning"),
        ("notice_until", "asked_for", "warning"),
    }
