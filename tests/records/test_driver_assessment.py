"""A driver's assessment: twelve months from an anniversary, points that agree with the grade."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.remarks import errors, findings, remarks
from tests.records.whole import DRIVER_ASSESSMENT, IDENTITY_NUMBER
from xinqiao.records.driver_assessment import driver_assessment_rules
from xinqiao.records.validation import validate
from xinqiao.records.year_rules import anniversaries

KIND = "driver_assessment"
CYCLE_FIELDS = {"cycle_from", "cycle_to"}


def cycle(first: str, start: str, end: str) -> dict[str, str | None]:
    changes: dict[str, str | None] = {"first_issued_on": first, "cycle_from": start}
    return {**changes, "cycle_to": end, "assessed_on": "2026-11-20", "next_assessment_on": None}


def test_a_cycle_that_is_not_twelve_months_is_an_error_that_says_where_it_ends() -> None:
    for end in ("2026-11-01", "2026-11-03", "2026-05-02", "2027-11-02"):
        found = findings(KIND, {"cycle_to": end, "next_assessment_on": None})
        wrong = [one for one in found if one.code == "not_twelve_months"]
        assert [one.field for one in wrong] == ["cycle_to"]
        assert "从 2025-11-03 起，应到 2026-11-02 止" in wrong[0].message


def test_a_cycle_that_begins_on_no_anniversary_is_an_error_on_its_beginning() -> None:
    changes = cycle("2015-11-03", "2025-11-04", "2026-11-03")
    assert remarks(KIND, changes) == errors(("cycle_from", "not_an_anniversary"))


def test_a_cycle_before_the_first_issue_is_an_error() -> None:
    changes = cycle("2026-11-03", "2025-11-03", "2026-11-02")
    assert remarks(KIND, changes) == errors(("cycle_from", "not_an_anniversary"))


def test_the_first_cycle_begins_with_the_first_issue() -> None:
    assert remarks(KIND, cycle("2025-11-03", "2025-11-03", "2026-11-02")) == set()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-02-29", "2025-02-27"),
        ("2024-02-29", "2025-02-28"),
        ("2025-02-28", "2026-02-27"),
        ("2025-03-01", "2026-02-28"),
        ("2023-02-28", "2024-02-28"),
        ("2023-03-01", "2024-02-28"),
    ],
)
def test_a_first_issue_on_29_february_has_either_anniversary(start: str, end: str) -> None:
    assert remarks(KIND, cycle("2012-02-29", start, end)) == set()


def test_29_february_is_no_excuse_for_another_day() -> None:
    assert remarks(KIND, cycle("2012-02-29", "2025-02-27", "2026-02-26")) == errors(
        ("cycle_from", "not_an_anniversary")
    )
    assert remarks(KIND, cycle("2012-02-29", "2023-03-01", "2024-03-01")) == errors(
        ("cycle_to", "not_twelve_months")
    )


@given(first=st.dates(date(2000, 1, 1), date(2024, 12, 31)), years=st.integers(0, 20))
def test_every_cycle_that_follows_from_the_first_issue_is_taken(first: date, years: int) -> None:
    for start in anniversaries(first, first.year + years):
        for following in anniversaries(first, first.year + years + 1):
            content = {
                **DRIVER_ASSESSMENT,
                "first_issued_on": first.isoformat(),
                "cycle_from": start.isoformat(),
                "cycle_to": (following - timedelta(days=1)).isoformat(),
            }
            found = driver_assessment_rules(content, date(2060, 1, 1))
            assert CYCLE_FIELDS.isdisjoint(one.field for one in found)


@given(first=st.dates(date(2000, 1, 1), date(2024, 12, 31)), shift=st.integers(2, 363))
def test_every_other_beginning_or_end_is_refused(first: date, shift: int) -> None:
    start = first + timedelta(days=shift)
    for begins, ends in (
        (start, start.replace(day=1) + timedelta(days=400)),
        (first, first + timedelta(days=shift)),
    ):
        content = {
            **DRIVER_ASSESSMENT,
            "first_issued_on": first.isoformat(),
            "cycle_from": begins.isoformat(),
            "cycle_to": ends.isoformat(),
        }
        found = driver_assessment_rules(content, date(2060, 1, 1))
        assert not CYCLE_FIELDS.isdisjoint(one.field for one in found)


@pytest.mark.parametrize("points", ["20", "25", "100"])
@pytest.mark.parametrize("grade", ["AAA", "AA", "A"])
def test_twenty_points_or_more_are_grade_b(points: str, grade: str) -> None:
    assert remarks(KIND, {"points": points, "grade": grade}) == errors(
        ("grade", "contradicts_points")
    )
    assert remarks(KIND, {"points": points, "grade": "B"}) == set()


@pytest.mark.parametrize("points", ["0", "9", "10", "19"])
def test_below_twenty_no_grade_is_refused_and_b_is_doubtful(points: str) -> None:
    for grade in ("AAA", "AA", "A"):
        assert remarks(KIND, {"points": points, "grade": grade}) == set()
    (found,) = findings(KIND, {"points": points, "grade": "B"})
    assert (found.field, found.code, found.severity) == ("grade", "points_do_not_say_so", "warning")
    assert found.message.startswith(f"累计计分 {points} 分，未达到 20 分，诚信等级却为 B：")


def test_points_below_nought_are_an_error() -> None:
    assert remarks(KIND, {"points": "-1"}) == errors(("points", "negative"))


def test_the_next_assessment_is_twelve_months_later_or_doubtful() -> None:
    for day in ("2027-11-02", "2027-11-03", "2027-11-07", "2027-11-08"):
        assert remarks(KIND, {"next_assessment_on": day}) == set()
    assert remarks(KIND, {"next_assessment_on": "2028-11-02"}) == {
        ("next_assessment_on", "not_twelve_months", "warning")
    }


def test_an_assessment_before_the_cycle_is_over_is_doubtful_and_before_it_begins_wrong() -> None:
    early = {"assessed_on": "2026-11-01", "next_assessment_on": None}
    assert remarks(KIND, early) == {("assessed_on", "cycle_not_over", "warning")}
    assert ("assessed_on", "before_start", "error") in remarks(
        KIND, {"assessed_on": "2025-11-02", "next_assessment_on": None}
    )


def test_the_code_of_the_employer_is_checked() -> None:
    assert remarks(KIND, {"employer_code": "91370323MA0TE5T16D"}) == errors(
        ("employer_code", "check_digit")
    )


def test_no_number_of_a_person_is_in_any_message() -> None:
    wrong = IDENTITY_NUMBER[:-1] + "5"
    content = {
        **DRIVER_ASSESSMENT,
        **dict.fromkeys(("subject.certificate_number", "qualification_number"), wrong),
        "remarks": f"证号 {IDENTITY_NUMBER}",
    }
    found = validate(KIND, content, date(2026, 11, 20))
    assert {one.field for one in found} == {"subject.certificate_number", "remarks"}
    assert "19071111" not in str(found)
