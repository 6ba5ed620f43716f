"""A taxi driver's assessment: another scale than that of drivers, points kept instead of lost."""

import pytest

from tests.records.remarks import errors, findings, remarks

KIND = "taxi_driver_assessment"
GRADES = ("AAA", "AA", "A", "B")
KNOWN = {20: "AAA", 30: "AAA", 19: "AA", 11: "AA"}
INFERRED = {10: "A", 4: "A", 3: "B", 0: "B"}


@pytest.mark.parametrize(("score", "grade"), [*KNOWN.items(), *INFERRED.items()])
def test_the_grade_of_each_band_is_taken(score: int, grade: str) -> None:
    assert remarks(KIND, {"score": str(score), "grade": grade}) == set()


@pytest.mark.parametrize(("score", "grade"), KNOWN.items())
def test_a_better_grade_than_a_known_band_gives_is_an_error(score: int, grade: str) -> None:
    for better in GRADES[: GRADES.index(grade)]:
        assert remarks(KIND, {"score": str(score), "grade": better}) == errors(
            ("grade", "contradicts_points")
        )


@pytest.mark.parametrize(("score", "grade"), INFERRED.items())
def test_a_better_grade_than_an_inferred_band_gives_is_doubtful(score: int, grade: str) -> None:
    for better in GRADES[: GRADES.index(grade)]:
        assert remarks(KIND, {"score": str(score), "grade": better}) == {
            ("grade", "contradicts_points", "warning")
        }


def test_a_lower_grade_may_be_the_cap_of_a_short_registration() -> None:
    (found,) = findings(KIND, {"score": "25", "grade": "A"})
    assert (found.field, found.code, found.severity) == ("grade", "below_points", "warning")
    assert "6 个月" in found.message


@pytest.mark.parametrize("score", ["31", "-1", "100"])
def test_a_score_outside_the_scale_is_an_error(score: str) -> None:
    assert remarks(KIND, {"score": score}) == errors(("score", "outside_scale"))


def test_the_year_lies_before_the_assessment() -> None:
    period = {"period_from": None, "period_to": None}
    assert remarks(KIND, {**period, "year": "2027"}) == errors(("year", "after_assessment"))
    assert remarks(KIND, {"period_from": "2024-07-01", "period_to": "2025-06-30"}) == {
        ("period_from", "outside_year", "warning")
    }


@pytest.mark.parametrize("end", ["2025-06-30", "2025-12-30", "2026-01-01"])
def test_a_period_that_is_not_twelve_months_is_an_error(end: str) -> None:
    assert ("period_to", "not_twelve_months", "error") in remarks(KIND, {"period_to": end})
    assert remarks(KIND, {"period_to": end, "period_from": None}) <= {
        ("period_to", "outside_year", "warning")
    }


def test_a_period_that_begins_on_29_february_ends_on_either_day_before_its_anniversary() -> None:
    for end in ("2025-02-27", "2025-02-28"):
        found = remarks(KIND, {"period_from": "2024-02-29", "period_to": end})
        assert found == {("period_from", "outside_year", "warning")}
