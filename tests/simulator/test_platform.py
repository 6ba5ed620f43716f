"""The rules of the stand-in without a process: a clock that a test moves by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from xinqiao.clock import Clock
from xinqiao.simulator.platform import Payload, Platform, Taken, Twist
from xinqiao.simulator.rules import load_rules
from xinqiao.simulator.submission import Item, Submission


class HandClock(Clock):
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def platform(clock: HandClock) -> Platform:
    return Platform(load_rules("credit_shandong"), clock)


def row(number: str, **changes: str) -> dict[str, str]:
    return {
        "XK_XDR_MC": "沂源县青山运输有限公司",
        "XK_WSH": number,
        "XK_XKLB": "普通",
        "XK_NR": "道路货物运输经营",
        "XK_JDRQ": "2026/11/02",
        "XK_ZT": "1",
    } | changes


def send(
    platform: Platform,
    batch_number: str,
    *rows: dict[str, str],
    operation: Any = "insert",
    resource: str = "permit",
    twist: Twist | None = None,
) -> Taken:
    items = [Item(index=place, fields=fields) for place, fields in enumerate(rows, start=1)]
    sent = Submission(
        batchNo=batch_number, resource=resource, operation=operation, orgCode="370323", items=items
    )
    return platform.submit(sent, f"{operation}{rows}", twist)


def codes(reply: Payload) -> list[str]:
    return [result["code"] for result in reply["data"]["results"]]


def test_a_good_row_is_received_then_taken_in(platform: Platform) -> None:
    taken = send(platform, "B1", row("1号"))
    assert taken.applied
    assert codes(taken.reply) == ["received"]
    (receipt,) = platform.receipts("B1")["data"]["results"]
    (held,) = platform.records("permit", "1号")["data"]["items"]
    assert receipt == {
        "index": 1,
        "documentNumber": "1号",
        "code": "0000",
        "message": "入库成功",
        "recordId": held["recordId"],
        "time": "2026-11-20T10:00:00+08:00",
    }
    assert held["fields"] == row("1号")
    assert held["ingestedAt"] == "2026-11-20T10:00:00+08:00"


def test_a_row_refused_at_once_is_in_the_answer_and_in_the_receipts(platform: Platform) -> None:
    taken = send(platform, "B1", row("1号", XK_NR=""), row("2号", XK_JDRQ="2026-11-02"), row("3号"))
    assert codes(taken.reply) == ["1002", "1003", "received"]
    assert taken.reply["data"]["results"][0]["message"] == "必填项为空：XK_NR"
    assert codes(platform.receipts("B1")) == ["1002", "1003", "0000"]
    assert platform.history() == {"3号": ["insert"]}


def test_an_unknown_subject_is_told_by_the_receipt_only(platform: Platform) -> None:
    taken = send(platform, "B1", row("1号", XK_XDR_MC="未登记运输公司"))
    assert codes(taken.reply) == ["received"]
    assert codes(platform.receipts("B1")) == ["1001"]
    assert platform.history() == {}


def test_an_insert_of_a_held_number_is_0040_and_changes_nothing(platform: Platform) -> None:
    send(platform, "B1", row("1号"))
    taken = send(platform, "B2", row("1号", XK_NR="出租汽车经营"))
    assert codes(taken.reply) == ["received"]
    assert codes(platform.receipts("B2")) == ["0040"]
    assert platform.records("permit", "1号")["data"]["items"][0]["fields"] == row("1号")
    assert platform.history() == {"1号": ["insert"]}


def test_one_number_twice_in_a_batch_is_taken_in_once(platform: Platform) -> None:
    send(platform, "B1", row("1号"), row("1号"))
    assert codes(platform.receipts("B1")) == ["0000", "0040"]


@pytest.mark.parametrize("operation", ["update", "withdraw"])
def test_changing_what_is_not_held_is_0041(platform: Platform, operation: str) -> None:
    send(platform, "B1", row("1号", XK_ZT="2"), operation=operation)
    assert codes(platform.receipts("B1")) == ["0041"]
    assert platform.history() == {}


def test_update_and_withdrawal_keep_id_and_date_of_the_record(
    platform: Platform, clock: HandClock
) -> None:
    send(platform, "B1", row("1号"))
    (first,) = platform.records("permit", "1号")["data"]["items"]
    clock.forward(60)
    send(platform, "B2", row("1号", XK_NR="出租汽车经营"), operation="update")
    send(platform, "B3", row("1号", XK_ZT="2"), operation="withdraw")
    assert codes(platform.receipts("B3")) == ["0000"]
    (last,) = platform.records("permit", "1号")["data"]["items"]
    assert (last["recordId"], last["ingestedAt"]) == (first["recordId"], first["ingestedAt"])
    assert last["fields"]["XK_ZT"] == "2"
    assert platform.history() == {"1号": ["insert", "update", "withdraw"]}


@pytest.mark.parametrize("status", ["2", ""])
def test_a_withdrawal_voids_the_record_even_if_it_says_no_status(
    platform: Platform, status: str
) -> None:
    send(platform, "B1", row("1号"))
    send(platform, "B2", row("1号", XK_ZT=status), operation="withdraw")
    assert platform.records("permit", "1号")["data"]["items"][0]["fields"]["XK_ZT"] == "2"


def test_an_identical_resend_has_the_same_answer_and_no_second_effect(platform: Platform) -> None:
    first = send(platform, "B1", row("1号"))
    again = send(platform, "B1", row("1号"))
    assert again.reply == first.reply
    assert (first.applied, again.applied) == (True, False)
    assert platform.history() == {"1号": ["insert"]}


def test_a_batch_number_with_other_bytes_is_4009(platform: Platform) -> None:
    send(platform, "B1", row("1号"))
    other = send(platform, "B1", row("2号"))
    assert (other.reply["code"], other.applied) == ("4009", False)
    assert platform.records("permit", "2号")["data"]["total"] == 0


def test_an_unknown_resource_is_refused_whole(platform: Platform) -> None:
    taken = send(platform, "B1", row("1号"), resource="weather")
    assert (taken.reply["code"], taken.applied) == ("4001", False)
    assert platform.receipts("B1") == {"code": "4040", "message": "批次不存在"}


def test_receipts_come_when_they_are_due_and_not_before(clock: HandClock) -> None:
    platform = Platform(load_rules("credit_shandong"), clock, receipt_delay=30)
    send(platform, "B1", row("1号"), row("2号"), twist=Twist(delayed={2: 10.0}))
    clock.forward(29.9)
    assert platform.receipts("B1")["data"] == {
        "batchNo": "B1",
        "status": "processing",
        "results": [],
    }
    assert platform.records("permit", "1号")["data"]["total"] == 0
    clock.forward(0.1)
    half = platform.receipts("B1")["data"]
    assert (half["status"], [result["index"] for result in half["results"]]) == ("processing", [1])
    clock.forward(10)
    assert platform.receipts("B1")["data"]["status"] == "done"
    assert platform.receipts("B1")["data"]["results"][1]["time"] == "2026-11-20T10:00:40+08:00"


def test_rows_are_decided_in_the_order_in_which_they_are_due(clock: HandClock) -> None:
    platform = Platform(load_rules("credit_shandong"), clock, receipt_delay=30)
    send(platform, "B1", row("1号"))
    clock.forward(1)
    send(platform, "B2", row("1号", XK_NR="出租汽车经营"), operation="update")
    clock.forward(100)
    assert codes(platform.receipts("B2")) == ["0000"]
    assert platform.history() == {"1号": ["insert", "update"]}


def test_a_reported_duplicate_is_taken_in_nevertheless(platform: Platform) -> None:
    taken = send(platform, "B1", row("1号"), row("2号"), twist=Twist(duplicates=frozenset({1})))
    assert codes(taken.reply) == ["0040", "received"]
    assert codes(platform.receipts("B1")) == ["0040", "0000"]
    assert platform.history() == {"1号": ["insert"], "2号": ["insert"]}


def test_a_row_refused_by_a_fault_is_not_taken(platform: Platform) -> None:
    taken = send(platform, "B1", row("1号"), row("2号"), twist=Twist(refused={1: "1001"}))
    assert codes(taken.reply) == ["1001", "received"]
    assert platform.history() == {"2号": ["insert"]}


def test_the_ledger_is_cut_by_shanghai_days_and_pages(platform: Platform, clock: HandClock) -> None:
    clock.at = datetime(2026, 11, 19, 15, 59, 59, tzinfo=UTC)  # 23:59:59 on the 19th
    send(platform, "B1", row("1号"))
    clock.forward(1)  # midnight: the 20th
    send(platform, "B2", row("2号"), row("3号"), row("4号"))
    platform.history()
    day = date(2026, 11, 20)
    first = platform.ledger("permit", day, day, 1, 2)["data"]
    assert (first["page"], first["pages"], first["total"]) == (1, 2, 3)
    assert [item["documentNumber"] for item in first["items"]] == ["2号", "3号"]
    second = platform.ledger("permit", day, day, 2, 2)["data"]
    assert [item["documentNumber"] for item in second["items"]] == ["4号"]
    assert platform.ledger("permit", day, day, 3, 2)["data"]["items"] == []
    assert platform.ledger("permit", date(2026, 11, 19), day, 1, 100)["data"]["total"] == 4


FIRM, DRIVER = "沂源县青山运输有限公司", "溪样三"


def penalty(name: str, **changes: str) -> dict[str, str]:
    return {
        "CF_XDR_MC": name,
        "CF_XDR_LB": "法人及非法人组织",
        "CF_WSH": "1号",
        "CF_WFXW": "车辆超限运输",
        "CF_SY": "车辆超限运输。",
        "CF_YJ": "《公路安全保护条例》第六十四条",
        "CF_CFLB": "警告",
        "CF_NR": "警告",
        "CF_JDRQ": "2026/11/02",
        "CF_YXQ": "2099/12/31",
        "CF_CFJG": "沂源县交通运输局",
    } | changes


def held_names(platform: Platform) -> list[str]:
    items = platform.records("penalty", "1号")["data"]["items"]
    return [item["fields"]["CF_XDR_MC"] for item in items]


def test_joint_offenders_are_held_side_by_side_under_one_number(platform: Platform) -> None:
    send(platform, "B1", penalty(FIRM), penalty(DRIVER), resource="penalty")
    assert codes(platform.receipts("B1")) == ["0000", "0000"]
    assert held_names(platform) == [FIRM, DRIVER]
    assert platform.history() == {f"1号｜{FIRM}": ["insert"], f"1号｜{DRIVER}": ["insert"]}
    send(platform, "B2", penalty(FIRM), resource="penalty")
    assert codes(platform.receipts("B2")) == ["0040"]


def test_an_update_of_one_offender_leaves_the_other_alone(platform: Platform) -> None:
    send(platform, "B1", penalty(FIRM), penalty(DRIVER), resource="penalty")
    changed = penalty(DRIVER, CF_NR="改")
    send(platform, "B2", changed, operation="update", resource="penalty")
    assert codes(platform.receipts("B2")) == ["0000"]
    items = platform.records("penalty", "1号")["data"]["items"]
    assert [item["fields"]["CF_NR"] for item in items] == ["警告", "改"]


def test_a_withdrawn_penalty_is_gone_from_records_and_ledger_and_kept_in_the_history(
    platform: Platform,
) -> None:
    send(platform, "B1", penalty(FIRM), penalty(DRIVER), resource="penalty")
    send(platform, "B2", penalty(FIRM), operation="withdraw", resource="penalty")
    assert codes(platform.receipts("B2")) == ["0000"]
    assert held_names(platform) == [DRIVER]
    day = date(2026, 11, 20)
    assert platform.ledger("penalty", day, day, 1, 100)["data"]["total"] == 1
    assert platform.history()[f"1号｜{FIRM}"] == ["insert", "withdraw"]


def test_a_penalty_withdrawn_twice_is_0041_and_may_be_taken_in_anew(platform: Platform) -> None:
    for number, operation in enumerate(["insert", "withdraw", "withdraw", "insert"]):
        send(platform, f"B{number}", penalty(FIRM), operation=operation, resource="penalty")
    told = [codes(platform.receipts(f"B{number}"))[0] for number in range(4)]
    assert told == ["0000", "0000", "0041", "0000"]
    assert held_names(platform) == [FIRM]


def test_permits_and_penalties_of_one_number_stand_in_ledgers_of_their_own(
    platform: Platform,
) -> None:
    send(platform, "B1", row("1号"))
    send(platform, "B2", penalty(FIRM), resource="penalty")
    day = date(2026, 11, 20)
    for resource in ("permit", "penalty"):
        assert platform.ledger(resource, day, day, 1, 100)["data"]["total"] == 1


def test_a_batch_that_is_refused_later_is_processing_until_then(clock: HandClock) -> None:
    platform = Platform(load_rules("credit_shandong"), clock, receipt_delay=60)
    send(platform, "B1", row("1号"), twist=Twist(refused_later={}))
    assert platform.receipts("B1")["data"]["status"] == "processing"
    clock.forward(60)
    data = platform.receipts("B1")["data"]
    assert (data["status"], data["results"]) == ("refused", [])
    assert platform.history() == {}


def test_the_public_sees_what_is_held_and_valid(platform: Platform) -> None:
    send(platform, "B1", row("1号"), row("2号"))
    send(platform, "B2", row("2号", XK_ZT="2"), operation="withdraw")
    assert platform.published("permit") == [("1号", "沂源县青山运输有限公司")]
    assert platform.published("penalty") == []
