"""What comes back from platforms is checked against what is published, and never computed."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.remarks import errors, findings, remarks
from tests.records.whole import SAFETY_PERSON
from xinqiao.errors import SettingsError
from xinqiao.records.safety_grade import GRADES
from xinqiao.records.safety_scale import SafetyScaleTable, safety_scale
from xinqiao.records.shipped_tables import read_table

SCORES = {"AA": (1200, 9999), "A": (1000, 1199), "B": (800, 999), "C": (600, 799), "D": (0, 599)}
DIFFERS = ("grade", "score_differs", "warning")


def test_the_scale_is_the_published_one() -> None:
    assert tuple(SCORES) == GRADES
    assert safety_scale().base == 1000
    for grade, (least, most) in SCORES.items():
        for score in (least, most):
            band = safety_scale().grade_of(score)
            assert (band.grade, band.inferred) == (grade, grade == "D")


@given(st.sampled_from(GRADES), st.integers(0, 2000))
def test_a_score_of_another_grade_is_a_warning_and_no_more(grade: str, score: int) -> None:
    found = remarks(
        "safety_grade", {"grade": grade, "score": str(score), "evaluated_on_site": "是"}
    )
    least, most = SCORES[grade]
    assert found == (set() if least <= score <= most else {DIFFERS})


def test_an_inferred_threshold_is_called_one() -> None:
    (found,) = findings("safety_grade", {"grade": "C", "score": "599"})
    assert "不足 600 分为 D 级（按推定的分数线）" in found.message
    (found,) = findings("safety_grade", {"grade": "C", "score": "800"})
    assert "推定" not in found.message


@pytest.mark.parametrize("on_site", ["否", None])
def test_the_best_grade_without_an_evaluation_on_the_spot_is_doubtful(on_site: str | None) -> None:
    changes = {"grade": "AA", "score": "1250", "evaluated_on_site": on_site}
    assert remarks("safety_grade", changes) == {("evaluated_on_site", "not_on_site", "warning")}
    assert remarks("safety_grade", {**changes, "evaluated_on_site": "是"}) == set()


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("safety_grade", {"grade": "AAA"}, errors(("grade", "choice"))),
        ("safety_grade", {"valid_from": "2026-11-21"}, errors(("valid_from", "in_future"))),
        # 行业失信 stands beside the grade and contradicts none
        ("safety_grade", {"industry_dishonest": "是"}, set()),
        ("safety_grade", {"score": "九百"}, errors(("score", "whole_number"))),
        ("safety_grade", {**SAFETY_PERSON, "subject.unified_social_credit_code": None}, set()),
        ("safety_watch", {"situation": "7"}, errors(("situation", "choice"))),
        ("safety_watch", {"situation": "0"}, errors(("situation", "choice"))),
        ("safety_watch", {"situation": "6"}, set()),
        ("safety_watch", {"situation": "示例情形"}, set()),
        ("safety_watch", {"delisted_on": "2026-08-31"}, errors(("delisted_on", "before_start"))),
        ("safety_watch", {"delisted_on": "2026-09-01"}, set()),
        ("safety_watch", {"listed_on": "2026-11-21"}, errors(("listed_on", "in_future"))),
        ("evaluation", {"grade": "任何写法"}, set()),
        ("evaluation", {"score": None}, set()),
        ("evaluation", {"evaluated_on": "2026-11-21"}, errors(("evaluated_on", "in_future"))),
        (
            "evaluation",
            {"subject.unified_social_credit_code": "91370323MA0TE5T16D"},
            errors(("subject.unified_social_credit_code", "check_digit")),
        ),
    ],
)
def test_contradictions_are_found_at_the_right_field(
    kind: str, changes: Mapping[str, str | None], expected: set[tuple[str, str, str]]
) -> None:
    assert remarks(kind, changes) == expected


def _table(*rows: Mapping[str, Any]) -> str:
    told = {"source": "示例", "confidence": "summary"}
    sources = ("base_source", "on_site_source", "low_source", "stale_source")
    lines = ["base = 1000", "stale_after_days = 365", *(f'{one} = "示例"' for one in sources)]
    for row in rows:
        lines += [
            "[[grade]]",
            *(f"{key} = {json.dumps(one)}" for key, one in {**told, **row}.items()),
        ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (({"grade": "A", "from": 800}, {"grade": "A"}), "写了两次"),
        (({"grade": "A", "from": 800}, {"grade": "B", "from": 800}), "分数线应低于"),
        (({"grade": "A"}, {"grade": "B", "from": 800}), "分数线应低于"),
        (({"grade": "A", "from": 800},), "最低一级不写"),
        (({"grade": "A", "from": 800, "low": True}, {"grade": "B"}), "也应写 low = true"),
        (({"grade": "A", "from": 800, "till": 900}, {"grade": "B"}), "第 12 行：grade.0.till"),
    ],
)
def test_a_scale_that_contradicts_itself_is_refused(
    rows: tuple[Mapping[str, Any], ...], said: str
) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        read_table(_table(*rows), "safety_scale.toml", SafetyScaleTable)
    assert "safety_scale.toml" in caught.value.message
