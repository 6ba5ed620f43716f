"""A safety fact: whose it is, when it was, what it counts, and whether the table says so."""

import pytest

from tests.records.remarks import errors, findings, remarks
from tests.records.whole import SAFETY_INFO, SAFETY_PERSON
from xinqiao.records.behaviours import (
    NONE_IN_FORCE,
    Behaviour,
    BehaviourEdition,
    Behaviours,
)
from xinqiao.records.findings import Severity

KIND = "safety_info"
CODE = "subject.unified_social_credit_code"
PERSON: dict[str, str | None] = {**SAFETY_PERSON, CODE: None, "sector": None}


def test_a_unit_has_a_code_and_a_person_a_certificate_and_a_post() -> None:
    assert remarks(KIND, {**PERSON, "key_post": "安全管理人员"}) == set()
    assert remarks(KIND, PERSON) == {("key_post", "asked_for", "warning")}
    assert remarks(KIND, {CODE: None}) == errors((CODE, "required"))
    assert (CODE, "must_be_blank", "error") in remarks(
        KIND, {**PERSON, CODE: "91370323MA0TE5T16C", "key_post": "安全管理人员"}
    )


def test_a_post_is_only_for_persons_and_a_unit_is_asked_for_its_sector() -> None:
    assert remarks(KIND, {"key_post": "主要负责人"}) == errors(("key_post", "must_be_blank"))
    assert remarks(KIND, {"sector": None}) == {("sector", "asked_for", "warning")}


def test_what_was_decided_before_it_happened_is_an_error_on_the_decision() -> None:
    assert remarks(KIND, {"decided_on": "2026-11-11"}) == errors(("decided_on", "before_start"))
    assert remarks(KIND, {"decided_on": "2026-11-12"}) == set()


def test_days_to_come_are_errors() -> None:
    assert remarks(KIND, {"decided_on": "2026-11-21"}) == errors(("decided_on", "in_future"))
    assert ("occurred_on", "in_future", "error") in remarks(KIND, {"occurred_on": "2026-11-21"})


@pytest.mark.parametrize(
    "source", ["安全监督", "执法检查", "风险管控", "隐患排查治理", "标准化建设", "法规制度落实"]
)
def test_the_six_sources_of_the_county_plan_are_taken(source: str) -> None:
    assert remarks(KIND, {"source": source}) == set()


def test_a_seventh_source_is_an_error() -> None:
    assert remarks(KIND, {"source": "其他"}) == errors(("source", "choice"))


@pytest.mark.parametrize(
    ("kind", "points", "wrong"),
    [
        ("失信", "-20", False),
        ("失信", "0", False),
        ("失信", "20", True),
        ("守信", "20", False),
        ("守信", "-1", True),
        ("基本", "-5", False),
    ],
)
def test_points_have_the_sign_of_their_class(kind: str, points: str, *, wrong: bool) -> None:
    found = remarks(KIND, {"information_class": kind, "points": points})
    assert found == (errors(("points", "wrong_sign")) if wrong else set())


def test_only_dishonesty_leads_to_a_grade_at_once_and_only_to_d() -> None:
    assert remarks(KIND, {"direct_grade": "D"}) == set()
    assert remarks(
        KIND, {"information_class": "守信", "points": "20", "direct_grade": "D"}
    ) == errors(("direct_grade", "must_be_blank"))
    assert remarks(KIND, {"direct_grade": "C"}) == errors(("direct_grade", "choice"))


def test_without_a_table_any_code_is_taken() -> None:
    assert remarks(KIND, {"behaviour_code": "ZZ-9", "behaviour_edition": "2020"}) == set()
    assert list(NONE_IN_FORCE.findings(KIND, {**SAFETY_INFO, "behaviour_code": "ZZ-9"})) == []
    assert remarks(KIND, {"behaviour_edition": "2020"}) == {
        ("behaviour_code", "asked_for", "warning")
    }


LATE = Behaviour("S-01", "失信", "隐患未按期整改", -50)
FATAL = Behaviour("S-02", "失信", "发生重大事故", None, "D")
GOOD = Behaviour("T-01", "守信", "达标", 20)
OLD = BehaviourEdition("2018", {"S-01": Behaviour("S-01", "失信", "未整改", -20), "S-09": LATE})
NEW = BehaviourEdition("2020", {one.code: one for one in (LATE, FATAL, GOOD)})
TABLE = Behaviours((OLD, NEW))


def against(**changes: str) -> list[tuple[str, str, str]]:
    found = TABLE.findings(KIND, {**SAFETY_INFO, **changes})
    return [(one.field, one.code, one.severity.value) for one in found]


def test_a_row_that_agrees_with_the_table_has_no_finding() -> None:
    assert against(behaviour_code="S-01") == []
    assert against(behaviour_code="S-01", behaviour_edition="2018", points="-20") == []


def test_a_code_is_looked_up_in_the_last_edition_unless_the_row_names_one() -> None:
    assert against(behaviour_code="S-01", points="-20") == [
        ("points", "differs_from_table", "error")
    ]
    (found,) = TABLE.findings(KIND, {**SAFETY_INFO, "behaviour_code": "S-09"})
    assert (found.field, found.code, found.severity) == (
        "behaviour_code",
        "unknown_code",
        Severity.ERROR,
    )
    assert "2018 版里有" in found.message


def test_an_unknown_code_and_an_unknown_edition_are_errors_on_their_columns() -> None:
    assert against(behaviour_code="Z-1") == [("behaviour_code", "unknown_code", "error")]
    assert against(behaviour_code="S-01", behaviour_edition="2019") == [
        ("behaviour_edition", "unknown_edition", "error")
    ]


def test_class_points_and_grade_must_be_those_of_the_table() -> None:
    assert against(behaviour_code="T-01", points="20") == [
        ("information_class", "differs_from_table", "error")
    ]
    assert against(behaviour_code="S-01", points="") == [("points", "differs_from_table", "error")]
    assert against(behaviour_code="S-01", direct_grade="D") == [
        ("direct_grade", "differs_from_table", "error")
    ]
    assert against(behaviour_code="S-02") == [
        ("points", "differs_from_table", "error"),
        ("direct_grade", "differs_from_table", "error"),
    ]


def test_a_row_without_a_code_is_reminded_once_there_is_a_table() -> None:
    assert against() == [("behaviour_code", "asked_for", "warning")]
    assert against(information_class="基本") == []


def test_other_kinds_are_no_concern_of_the_table() -> None:
    assert list(TABLE.findings("permit", {"behaviour_code": "Z-1"})) == []


def test_a_personal_number_in_the_code_is_not_repeated() -> None:
    number = SAFETY_PERSON["subject.certificate_number"]
    found = [
        *TABLE.findings(KIND, {**SAFETY_INFO, "behaviour_code": number}),
        *findings(KIND, {"source": number}),
    ]
    assert found
    assert number not in str(found)
