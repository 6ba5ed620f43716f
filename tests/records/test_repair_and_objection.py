"""Repairs, objections and notices of repair: dates and results agree with the state."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.remarks import errors, remarks
from xinqiao.records.repair import PENDING, STATUSES

OPEN: Mapping[str, str | None] = {
    "status": "待审核",
    "result": None,
    "correction": None,
    "decided_on": None,
    "told_on": None,
}


@given(st.sampled_from(STATUSES), st.booleans())
def test_a_repair_has_a_day_of_decision_exactly_when_it_is_decided(
    status: str, dated: bool
) -> None:
    found = remarks("repair", {"status": status, "decided_on": "2026-11-09" if dated else None})
    if dated is (status not in PENDING):
        assert found == set()
    elif dated:
        assert found == errors(("status", "contradicts_date"))
    else:
        assert found == errors(("decided_on", "required"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"decided_on": "2026-11-01"}, errors(("decided_on", "before_start"))),
        ({"decided_on": "2026-11-21"}, errors(("decided_on", "in_future"))),
        (
            {"applied_on": "2026-11-21"},
            errors(("applied_on", "in_future"), ("decided_on", "before_start")),
        ),
        ({"severity": "重大"}, errors(("severity", "choice"))),
        ({"severity": None}, set()),
        ({"target_number": None}, errors(("target_number", "required"))),
        ({"target_kind": "行政许可"}, errors(("target_kind", "choice"))),
        ({"authority_code": "11420000MB15291768"}, errors(("authority_code", "check_digit"))),
    ],
)
def test_contradictions_of_a_repair(
    changes: Mapping[str, str | None], expected: set[tuple[str, str, str]]
) -> None:
    assert remarks("repair", changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        (OPEN, set()),
        ({"result": "异议不成立", "correction": None}, set()),
        ({**OPEN, "status": "已完成"}, errors(("result", "required"))),
        ({"decided_on": None}, errors(("decided_on", "required"))),
        ({"correction": None}, errors(("correction", "required"))),
        (
            {"result": "异议部分成立，已更正", "correction": None},
            errors(("correction", "required")),
        ),
        (
            {"received_on": "2026-11-21"},
            errors(("received_on", "in_future"), ("decided_on", "before_start")),
        ),
        ({"decided_on": "2026-11-01"}, errors(("decided_on", "before_start"))),
        ({"told_on": "2026-11-03"}, errors(("told_on", "before_start"))),
        ({"told_on": "2026-11-21"}, errors(("told_on", "in_future"))),
        ({**OPEN, "told_on": "2026-11-01"}, errors(("told_on", "before_start"))),
        ({"result": "其他"}, errors(("result", "choice"))),
        ({"authority_code": "11420000MB1529176"}, errors(("authority_code", "length"))),
    ],
)
def test_contradictions_of_an_objection(
    changes: Mapping[str, str | None], expected: set[tuple[str, str, str]]
) -> None:
    assert remarks("objection", changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"decided_on": "2026-11-21"}, errors(("decided_on", "in_future"))),
        ({"target_number": None}, errors(("target_number", "required"))),
        (
            {"subject.identifier": "91370323MA0TE5T16D"},
            errors(("subject.identifier", "check_digit")),
        ),
    ],
)
def test_contradictions_of_a_notice_of_repair(
    changes: Mapping[str, str | None], expected: set[tuple[str, str, str]]
) -> None:
    assert remarks("repair_notice", changes) == expected
