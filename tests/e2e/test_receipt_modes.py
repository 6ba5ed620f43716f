"""Every way that receipts come back, over the whole job: what each proves, and what it does not."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Travel
from tests.e2e.journey import DATABASE_TRANSPORT, WAYS, Journey, number, run
from tests.e2e.rehearsal import PLATFORM, permit
from tests.support import wait_until

NUMBERS = (1, 2, 3)
ROWS = [permit(number) for number in NUMBERS]

FEEDBACK_TABLE = """mode = "feedback_table"

[receipts.feedback]
source = "演练"
name = "L_YIYUAN_FK"
row_key = "ROW_ID"
result = "JG"
text = "YY"
time = "FK_TIME"
date_pattern = "YYYY-MM-DD hh:mm:ss"
meanings = { "1" = "accepted", "0" = "rejected" }
"""

PAGE_CHECK = """mode = "page_check"

[receipts.page]
source = "演练"
path = "/public/records"
query = { resource = "kind", number = "key" }
marker = "双公示"
nothing = "没有找到"
shows = ["values.XK_XDR_MC"]

[limits]
rows_per_batch = 1
"""

SYNC_ROWS = """mode = "sync_rows"

[operations.submit.rows.verdicts]
received = "accepted"
"""


def set_out(travel: Travel, profile: str, receipts: str) -> Journey:
    """Begin a journey over a profile whose receipts come back otherwise."""
    return travel(profile, more=f"{receipts}\n{WAYS[profile].more}")


def stand(journey: Journey) -> list[tuple[str, str]]:
    """Return state and what each submission waits for."""
    return [(one["state"], one["waits_for"]) for one in journey.rehearsal.submissions()]


def root(journey: Journey) -> Path:
    return journey.rehearsal.workspace.root


def change(journey: Journey, old: str, new: str) -> None:
    """Change one line of the platform's file."""
    path = root(journey) / "platforms" / f"{PLATFORM}.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def deliveries(journey: Journey) -> list[dict[str, Any]]:
    """Return the deliveries that wait for a person."""
    told = run(root(journey), "queue", "confirm-delivery", "--json")
    listed: list[dict[str, Any]] = json.loads(told.output)
    return listed


def test_answers_in_a_feedback_table_close_the_duties(travel: Travel) -> None:
    journey = set_out(travel, "credit_frontdb_2018", FEEDBACK_TABLE)
    journey.rehearsal.load(*ROWS)
    journey.settle(accepted=3)
    assert journey.effects() == {number(one): 1 for one in NUMBERS}
    assert journey.rehearsal.board()["oldest_due"] is None


def test_a_refusal_in_a_feedback_table_refuses_that_row_alone(travel: Travel) -> None:
    journey = set_out(travel, "credit_frontdb_2018", FEEDBACK_TABLE)
    journey.rehearsal.load(*ROWS)
    refused = {"name": "row_refused", "call": "rows", "document_number": number(2)}
    journey.simulator.queue_faults([refused])
    journey.settle(accepted=2, rejected=1)
    assert journey.effects() == {number(1): 1, number(3): 1}


def test_a_row_that_was_taken_away_closes_no_duty_until_a_person_says_so(travel: Travel) -> None:
    leaves = f"{DATABASE_TRANSPORT}\nrows_stay = false"
    journey = travel(
        "credit_frontdb_2018",
        transport=leaves,
        capabilities="deduplicates = false",
        more='mode = "row_consumed"',
    )
    journey.rehearsal.load(*ROWS)
    taken = {"name": "row_taken_away", "call": "rows", "times": "unlimited"}
    journey.simulator.queue_faults([taken])

    def waits() -> bool:
        journey.rehearsal.sync()
        return stand(journey) == [("awaiting_receipt", "taken")] * 3

    wait_until(waits, lambda: str(stand(journey)))
    assert journey.rehearsal.board()["oldest_due"] is not None
    (delivery,) = {one["batch"] for one in deliveries(journey)}
    picture = root(journey) / "平台页面.txt"
    picture.write_text("三条都已入库", "utf-8")
    told = run(
        root(journey),
        *("queue", "confirm-delivery", delivery, "--accepted", "--evidence", str(picture)),
        *("--reason", "已在平台页面逐条核对"),
    )
    assert told.exit_code == 0, told.output
    assert journey.rehearsal.states() == {"accepted": 3}
    assert journey.rehearsal.board()["oldest_due"] is None
    journey.prove_chain()


def test_a_public_page_that_shows_the_numbers_closes_the_duties(travel: Travel) -> None:
    journey = set_out(travel, "credit_shandong", PAGE_CHECK)
    journey.rehearsal.load(*ROWS)
    journey.settle(accepted=3)
    assert journey.effects() == {number(one): 1 for one in NUMBERS}


def test_rows_decided_in_the_answer_to_the_delivery_are_never_asked_about(travel: Travel) -> None:
    journey = set_out(travel, "sd_gateway_credit", SYNC_ROWS)
    journey.rehearsal.load(*ROWS)
    journey.settle(accepted=3)
    assert journey.simulator.received()["queries"] == []
    assert journey.effects() == {number(one): 1 for one in NUMBERS}


def test_without_receipts_a_person_is_asked_in_time_and_the_ledger_can_tell(
    travel: Travel,
) -> None:
    journey = set_out(travel, "credit_shandong", 'mode = "none"')
    change(journey, "expected_within_seconds = 600", "expected_within_seconds = 1")
    journey.rehearsal.load(*ROWS)
    journey.settle(held=3)
    held = journey.rehearsal.submissions()
    assert {one["code"] for one in held} == {"receipt_overdue"}
    # it is with the platform all the same: nothing is sent again
    assert journey.effects() == {number(one): 1 for one in NUMBERS}
    assert journey.rehearsal.board()["oldest_due"] is not None


def test_a_clerk_who_never_uploads_is_reminded(travel: Travel) -> None:
    journey = travel("credit_template_2018", by_hand=False)
    change(journey, "expected_within_seconds = 600", "expected_within_seconds = 1")
    journey.rehearsal.load(*ROWS)
    journey.settle(held=3)
    assert "confirm-delivery" in journey.rehearsal.submissions()[0]["message"]
    assert journey.effects() == {}
