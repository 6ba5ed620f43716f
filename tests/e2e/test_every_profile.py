"""The whole job on permits, over every profile that takes them as 信用·山东 does.

Import, deliver, receipts, correct, withdraw; the others are met in ``test_four_platforms.py``.

The platform's own book is the judge: every record has taken effect exactly once, whatever way it
went, and what was accepted here is what stands there.
"""

from collections.abc import Mapping

import pytest

from tests.e2e.conftest import Travel
from tests.e2e.journey import WAYS, number, run
from tests.e2e.rehearsal import permit

NUMBERS = (1, 2, 3)
ROWS = [permit(number) for number in NUMBERS]


@pytest.mark.parametrize("profile", WAYS)
def test_every_record_takes_effect_exactly_once_and_its_duty_is_closed(
    travel: Travel, profile: str
) -> None:
    journey = travel(profile)
    assert journey.rehearsal.load(*ROWS).new == len(NUMBERS)
    journey.settle(accepted=len(NUMBERS))
    assert journey.effects() == {number(one): 1 for one in NUMBERS}
    assert journey.rehearsal.board()["oldest_due"] is None
    journey.prove_chain()
    # a second run has nothing to do
    assert journey.rehearsal.sync().delivered == 0
    assert journey.effects() == {number(one): 1 for one in NUMBERS}


@pytest.mark.parametrize("profile", WAYS)
def test_a_correction_and_a_withdrawal_reach_the_platform_once_each(
    travel: Travel, profile: str
) -> None:
    journey = travel(profile)
    journey.rehearsal.load(*ROWS[:2])
    journey.settle(accepted=2)
    assert journey.rehearsal.load(permit(1, content="货运（增加危险货物）")).changed == 1
    journey.settle(accepted=3)
    told = run(
        journey.rehearsal.workspace.root,
        *("withdraw", number(2), "--reason", "许可决定被撤销"),
        *("--decided-on", "2026-11-20", "--document", "云交撤〔2026〕1号", "--yes"),
    )
    assert told.exit_code == 0, told.output
    journey.settle(accepted=4)
    history = journey.simulator.received()["history"]
    assert tuple(history[number(1)]) == journey.way.corrected
    assert tuple(history[number(2)]) == journey.way.withdrawn
    assert journey.rehearsal.board()["oldest_due"] is None
    journey.prove_chain()


FAULTS: Mapping[str, tuple[Mapping[str, object], ...]] = {
    "over HTTP": (
        {"name": "timeout_after_commit", "seconds": 20},
        {"name": "timeout_before", "seconds": 20},
        {"name": "reset_mid_answer"},
        {"name": "http_500_after_commit"},
        {"name": "refuse_5xx_before"},
        {"name": "html_page"},
        {"name": "wrong_encoding"},
        {"name": "rate_limited", "seconds": 1},
        {"name": "busy"},
        {"name": "duplicate_reported"},
        {"name": "late_receipts", "seconds": 1},
        {"name": "whole_batch_refused"},
        {"name": "batch_refused_later"},
        {"name": "double_receipt", "call": "receipts"},
        {"name": "html_page", "call": "receipts"},
        {"name": "timeout_after_commit", "call": "receipts", "seconds": 20},
    ),
    "exchange database": (
        {"name": "row_late", "call": "rows", "seconds": 1},
        {"name": "row_answered_twice", "call": "rows"},
        {"name": "row_locked", "call": "rows", "seconds": 0.5},
    ),
    "folder": (
        {"name": "late_receipts", "call": "file", "seconds": 1},
        {"name": "receipt_twice", "call": "file"},
        {"name": "receipt_half_written", "call": "file", "seconds": 0.5},
        {"name": "whole_batch_refused", "call": "file"},
    ),
    "by hand": ({"name": "whole_batch_refused", "call": "file"},),
}
"""Wire → faults after which every record must still take effect, exactly once."""

WIRES = {
    "sd_gateway_credit": "over HTTP",
    "async_serial": "over HTTP",
    "credit_frontdb_2018": "exchange database",
    "void_and_insert": "exchange database",
    "transport_csv_folder": "folder",
    "credit_template_2018": "by hand",
}
"""Profile → its wire. Those of credit_shandong are met in ``test_over_http.py``."""


@pytest.mark.parametrize(
    ("profile", "fault"),
    [(profile, fault) for profile, wire in WIRES.items() for fault in FAULTS[wire]],
    ids=lambda one: one if isinstance(one, str) else "-".join(map(str, one.values())),
)
def test_after_a_fault_every_record_has_taken_effect_exactly_once(
    travel: Travel, profile: str, fault: Mapping[str, object]
) -> None:
    journey = travel(profile)
    journey.rehearsal.load(*ROWS)
    journey.simulator.queue_faults([fault])
    journey.settle(accepted=len(NUMBERS))
    assert journey.effects() == {number(one): 1 for one in NUMBERS}
    journey.prove_chain()
