"""A commitment: its code tells the day it was made, its fulfilment agrees with the status."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.remarks import errors, findings, remarks
from tests.records.whole import COMMITMENT, PERSON_PARTY, TRADER_PARTY
from xinqiao.records.commitment import FULFILMENTS

PARTLY: Mapping[str, str | None] = {
    "fulfilment": "部分履行",
    "unfulfilled": "材料补正逾期",
    "accountability": "记入信用记录",
}


@pytest.mark.parametrize("party", [TRADER_PARTY, {**PERSON_PARTY, "publication": "不可公开"}])
def test_whole_commitments_have_no_remarks(party: Mapping[str, str]) -> None:
    assert remarks("commitment", {}) == set()
    assert remarks("commitment", party) == set()
    assert remarks("commitment", PARTLY) == set()
    assert remarks("commitment", {"commitment_type": "其他-示例型"}) == set()


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("3703232026100400000", "length"),
        ("370323202610040000071", "length"),
        ("37032320261004A00007", "format"),
        ("37032320261005000007", "date_differs"),
        ("37032320261399000007", "date_differs"),
    ],
)
def test_a_code_is_region_day_and_serial(code: str, wrong: str) -> None:
    assert remarks("commitment", {"code": code}) == errors(("code", wrong))


def test_a_code_is_not_blamed_for_a_day_that_is_missing() -> None:
    assert remarks("commitment", {"made_on": None}) == errors(("made_on", "required"))


@given(st.sampled_from(FULFILMENTS), st.booleans(), st.booleans())
def test_what_was_not_kept_is_told_exactly_unless_all_was_kept(
    status: str, told: bool, held_to_account: bool
) -> None:
    changes = {
        "fulfilment": status,
        "unfulfilled": "材料补正逾期" if told else None,
        "accountability": "记入信用记录" if held_to_account else None,
    }
    filled = {"unfulfilled": told, "accountability": held_to_account}
    kept = status == "全部履行"
    wrong = "must_be_blank" if kept else "required"
    expected = errors(*((path, wrong) for path, is_filled in filled.items() if is_filled is kept))
    assert remarks("commitment", changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"valid_until": "2026-10-03"}, errors(("valid_until", "before_start"))),
        ({"valid_until": "2026-10-04"}, set()),
        ({"valid_until": "2099-12-31"}, set()),
        (
            {"fulfilment_decided_on": "2026-10-03"},
            errors(("fulfilment_decided_on", "before_start")),
        ),
        ({"fulfilment_decided_on": "2026-11-21"}, errors(("fulfilment_decided_on", "in_future"))),
        (
            {"made_on": "2026-11-21", "code": "37032320261121000001"},
            errors(("made_on", "in_future")),
        ),
        ({"commitment_type": "其他"}, errors(("commitment_type", "choice"))),
        ({"authority_code": "11420000MB15291768"}, errors(("authority_code", "check_digit"))),
        (
            {"fulfilment_authority_code": "11420000MB1529176"},
            errors(("fulfilment_authority_code", "length")),
        ),
        (PERSON_PARTY, {("publication", "person_not_public", "warning")}),
    ],
)
def test_contradictions_are_found_at_the_right_field(
    changes: Mapping[str, str | None], expected: set[tuple[str, str, str]]
) -> None:
    assert remarks("commitment", changes) == expected


def test_messages_say_what_is_wrong_and_what_to_do() -> None:
    (found,) = findings("commitment", {"code": COMMITMENT["code"][:-1]})
    assert "应为 20 位" in found.message
    assert "现为 19 位" in found.message
    (found,) = findings("commitment", {**PARTLY, "unfulfilled": None})
    assert found.message == "承诺履行状态为部分履行，必须填写未履行的承诺内容，请补填"
