"""What platforms say of our subjects is set beside what we say ourselves, by subject."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.imports.books import Desk, counts, write_book
from tests.imports.rows import labelled
from tests.records.whole import (
    EVALUATION,
    FIRM,
    FIRM_CODE,
    IDENTITY_NUMBER,
    OTHER_CODE,
    SAFETY_GRADE,
    SAFETY_PERSON,
    SAFETY_UNIT,
    SAFETY_WATCH,
)
from tests.support import START, FrozenClock
from xinqiao.clock import local_date
from xinqiao.database.engine import Database
from xinqiao.database.tables import record
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.transitions import Cause
from xinqiao.queue.withdrawal import Revocation, withdraw
from xinqiao.reconcile.standing import Standing, Wanted, standings

TODAY = local_date(START)
OTHER = "沂源县示例二号汽车维修有限公司"
PARTIES: Mapping[str, Mapping[str, str]] = {
    FIRM: {"subject.name": FIRM, "subject.unified_social_credit_code": FIRM_CODE},
    OTHER: {"subject.name": OTHER, "subject.unified_social_credit_code": OTHER_CODE},
}
ASSESSMENT: Mapping[str, str] = {
    **PARTIES[FIRM],
    "assessed_object": "机动车维修",
    "year": "2025",
    "assessed_on": "2026-06-01",
    "assessor": "云溪县交通运输局",
    "score": "870",
    "grade": "AAA",
    "rule": "交公路发〔2006〕719号",
}
OPERATOR: Mapping[str, str] = {
    **PARTIES[FIRM],
    "address": "示例路 1 号",
    "area_code": "370323",
    "principal": "云试一",
    "telephone": "0533-0000001",
    "status": "营业",
    "business_categories": "道路普通货物运输",
    "licence_word": "云交运证字",
    "licence_number": "370323000001",
    "business_scope": "道路普通货物运输",
    "valid_from": "2024-06-04",
    "valid_until": "2028-06-04",
    "licence_mode": "许可",
}


@pytest.fixture
def desk(database: Database, keys: KeyRing, clock: FrozenClock, tmp_path: Path) -> Desk:
    return Desk(database, keys, clock, tmp_path)


def take(desk: Desk, kind: str, *contents: Mapping[str, str]) -> None:
    """Import records of one kind, all of them whole."""
    book = write_book(desk.folder / f"{kind}.xlsx", *(labelled(kind, one) for one in contents))
    report = desk.take_file(book, kind=kind)
    assert report.invalid == 0, report.findings
    assert counts(report)["new"] == len(contents)


def told(desk: Desk, **wanted: Any) -> list[Standing]:
    with desk.database.reading() as connection:
        return standings(connection, TODAY, Wanted(**wanted))


def doubts(one: Standing) -> list[str]:
    return [doubt.code for doubt in one.doubts]


@pytest.fixture
def desk_of_grades(desk: Desk) -> Desk:
    """A hub with one operator, assessed well, and graded by the platform."""
    take(desk, "operator", OPERATOR)
    take(desk, "quality_assessment", ASSESSMENT)
    take(desk, "safety_grade", SAFETY_GRADE)
    return desk


def test_one_line_tells_of_a_subject_what_all_say(desk_of_grades: Desk) -> None:
    desk = desk_of_grades
    take(desk, "evaluation", EVALUATION)
    (one,) = told(desk)
    assert (one.name, one.credit_code, one.operator, one.person) == (FIRM, FIRM_CODE, True, False)
    assert [(each["assessed_object"], each["grade"]) for each in one.assessments] == [
        ("机动车维修", "AAA")
    ]
    assert one.safety is not None
    assert (one.safety["grade"], one.safety["industry_dishonest"]) == ("B", False)
    assert one.evaluation is not None
    assert one.evaluation["grade"] == "良"
    assert doubts(one) == []


@pytest.mark.parametrize(
    ("grade", "score", "direction"),
    [("A", "1050", "up"), ("C", "650", "down"), ("B", "810", "same")],
)
def test_a_later_grade_tells_which_way_it_went(
    desk_of_grades: Desk, grade: str, score: str, direction: str
) -> None:
    later = {**SAFETY_GRADE, "grade": grade, "score": score, "valid_from": "2026-11-01"}
    take(desk_of_grades, "safety_grade", later)
    (one,) = told(desk_of_grades)
    assert one.safety is not None
    assert (one.safety["grade"], one.previous_grade, one.direction) == (grade, "B", direction)


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        ("safety_grade", {"grade": "C", "score": "700", "valid_from": "2026-11-01"}, "low_grade"),
        ("safety_grade", {"grade": "D", "score": "500", "valid_from": "2026-11-01"}, "low_grade"),
        (
            "safety_grade",
            {"industry_dishonest": "是", "valid_from": "2026-11-01"},
            "industry_dishonest",
        ),
        ("safety_watch", SAFETY_WATCH, "watched"),
        ("evaluation", {**EVALUATION, "evaluated_on": "2025-11-19"}, "stale"),
    ],
)
def test_what_contradicts_a_good_assessment_of_ours_is_marked(
    desk_of_grades: Desk, kind: str, changes: Mapping[str, str], code: str
) -> None:
    base = SAFETY_GRADE if kind == "safety_grade" else {}
    take(desk_of_grades, kind, {**base, **changes})
    (one,) = told(desk_of_grades)
    assert doubts(one) == [code]
    if code != "stale":
        assert one.doubts[0].message.endswith("而本单位的质量信誉考核为 机动车维修 AAA（2025）")


def test_a_poor_assessment_of_ours_contradicts_nothing(desk: Desk) -> None:
    take(desk, "quality_assessment", {**ASSESSMENT, "grade": "A", "score": "650"})
    take(desk, "safety_grade", {**SAFETY_GRADE, "grade": "D", "score": "500"})
    assert [doubts(one) for one in told(desk)] == [[]]


@pytest.mark.parametrize(("grade", "doubtful"), [("AAAA", ["low_grade"]), ("AA", [])])
def test_what_is_good_depends_on_the_scale_of_what_was_assessed(
    desk: Desk, grade: str, doubtful: list[str]
) -> None:
    taxi = {
        **ASSESSMENT,
        "assessed_object": "出租汽车",
        "grade": grade,
        "rule": "交运规〔2022〕2号",
    }
    take(desk, "quality_assessment", taxi)
    take(desk, "safety_grade", {**SAFETY_GRADE, "grade": "C", "score": "700"})
    assert [doubts(one) for one in told(desk)] == [doubtful]


def test_only_the_latest_year_of_an_object_counts(desk: Desk) -> None:
    good = {**ASSESSMENT, "year": "2024", "assessed_on": "2025-06-01"}
    take(desk, "quality_assessment", good, {**ASSESSMENT, "grade": "B", "score": "500"})
    take(desk, "safety_grade", {**SAFETY_GRADE, "grade": "D", "score": "500"})
    (one,) = told(desk)
    assert [each["grade"] for each in one.assessments] == ["B"]
    assert doubts(one) == []


def test_who_left_the_watch_list_is_not_on_it(desk_of_grades: Desk) -> None:
    take(desk_of_grades, "safety_watch", {**SAFETY_WATCH, "delisted_on": "2026-11-20"})
    (one,) = told(desk_of_grades)
    assert (one.watched, one.doubts) == ([], [])


def test_a_grade_of_somebody_who_is_no_operator_of_ours_is_marked(desk_of_grades: Desk) -> None:
    take(desk_of_grades, "safety_grade", {**SAFETY_GRADE, **SAFETY_UNIT, **PARTIES[OTHER]})
    first, second = told(desk_of_grades)
    assert (first.name, doubts(first)) == (OTHER, ["not_an_operator"])
    assert (second.name, doubts(second)) == (FIRM, [])


def test_nobody_is_called_a_stranger_before_the_operators_are_known(desk: Desk) -> None:
    take(desk, "safety_grade", SAFETY_GRADE)
    assert [doubts(one) for one in told(desk)] == [[]]


def test_a_withdrawn_grade_and_one_with_an_error_say_nothing(desk_of_grades: Desk) -> None:
    desk = desk_of_grades
    wrong = labelled("safety_grade", {**SAFETY_GRADE, "grade": "E", "valid_from": "2026-11-01"})
    assert desk.take(wrong).invalid == 1
    take(
        desk,
        "safety_grade",
        {**SAFETY_GRADE, "grade": "D", "score": "1", "valid_from": "2026-11-02"},
    )
    newest = next(one for one in desk.rows(record) if "2026-11-02" in (one.matching_key or ""))
    assert doubts(told(desk)[0]) == ["low_grade"]
    with desk.database.writing() as connection:
        cause = Cause("张科员", desk.clock.now(), "传错了")
        withdraw(connection, desk.importer.planner, newest.id, Revocation(TODAY, "更正"), cause)
    assert doubts(told(desk)[0]) == []


def test_a_person_is_told_by_name_and_no_number_is_shown(desk_of_grades: Desk) -> None:
    content = {**SAFETY_GRADE, **SAFETY_PERSON}
    del content["subject.unified_social_credit_code"]
    take(desk_of_grades, "safety_grade", content)
    person = next(one for one in told(desk_of_grades) if one.person)
    assert (person.name, person.credit_code, person.doubts) == ("溪样三", "", [])
    assert IDENTITY_NUMBER not in repr(told(desk_of_grades))


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, [OTHER, FIRM]),
        ({"name": "二号"}, [OTHER]),
        ({"grade": "B"}, [FIRM]),
        ({"watched": True}, [OTHER]),
        ({"doubtful": True}, [OTHER]),
        ({"doubtful": True, "grade": "B"}, []),
    ],
)
def test_filters_all_hold(desk_of_grades: Desk, wanted: dict[str, Any], names: list[str]) -> None:
    take(desk_of_grades, "safety_watch", {**SAFETY_WATCH, **PARTIES[OTHER]})
    assert [one.name for one in told(desk_of_grades, **wanted)] == names
