"""Each fault of the table: what a client sees, and what the platform really did."""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from http.client import IncompleteRead, RemoteDisconnected
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xinqiao.simulator.faults import fault_kinds
from xinqiao.simulator.process import SimulatorProcess

if TYPE_CHECKING:
    from tests.simulator.conftest import Client


def judge(simulator: SimulatorProcess) -> tuple[list[tuple[str | None, bool]], dict[str, int]]:
    """Return (fault, applied) of each submission, and the effects."""
    received = simulator.received()
    return [(call["fault"], call["applied"]) for call in received["calls"]], received["effects"]


def test_every_fault_of_the_table_has_a_test_here() -> None:
    proven = {name.removeprefix("test_").split("__")[0] for name in globals()}
    elsewhere = {"file", "rows"}
    wired = {name for name, kind in fault_kinds().items() if not set(kind.calls) <= elsewhere}
    assert wired <= proven


def test_timeout_before__takes_nothing_and_never_answers(
    client: Client, simulator: SimulatorProcess
) -> None:
    simulator.queue_faults([{"name": "timeout_before"}])
    body = client.batch("B1", client.fields("1号"))
    with pytest.raises(TimeoutError):
        client.submit(body, timeout=0.3)
    assert client.receipts("B1")["code"] == "4040"
    assert judge(simulator) == ([("timeout_before", False)], {})
    assert client.submit(body).code == "200"
    assert judge(simulator)[1] == {"1号": 1}


def test_timeout_before__lets_go_when_the_client_gives_up(
    client: Client, simulator: SimulatorProcess
) -> None:
    threads = Path(f"/proc/{simulator.pid}/task")
    before = len(list(threads.iterdir()))
    simulator.queue_faults([{"name": "timeout_before", "seconds": 3600}])
    with pytest.raises(TimeoutError):
        client.submit(client.batch("B1", client.fields("1号")), timeout=0.3)
    until = time.monotonic() + 5
    while len(list(threads.iterdir())) > before:
        assert time.monotonic() < until


def test_timeout_after_commit__takes_it_and_never_answers(
    client: Client, simulator: SimulatorProcess
) -> None:
    simulator.queue_faults([{"name": "timeout_after_commit"}])
    body = client.batch("B1", client.fields("1号"))
    with pytest.raises(TimeoutError):
        client.submit(body, timeout=0.3)
    assert client.receipts("B1")["data"]["status"] == "done"
    assert client.submit(body).code == "200"
    assert judge(simulator) == ([("timeout_after_commit", True), (None, False)], {"1号": 1})


def test_timeout_after_commit__closes_without_an_answer_when_the_hold_is_over(
    client: Client, simulator: SimulatorProcess
) -> None:
    simulator.queue_faults([{"name": "timeout_after_commit", "seconds": 0.2}])
    begun = time.monotonic()
    with pytest.raises(RemoteDisconnected):
        client.submit(client.batch("B1", client.fields("1号")))
    assert 0.2 <= time.monotonic() - begun < 5


def test_timeout_after_commit__befalls_a_question_too(
    client: Client, simulator: SimulatorProcess
) -> None:
    simulator.queue_faults([{"name": "timeout_after_commit", "call": "receipts"}])
    with pytest.raises(TimeoutError):
        client.ask("receipts", timeout=0.3, batchNo="B1")
    assert simulator.received()["queries"][0]["fault"] == "timeout_after_commit"


def test_reset_mid_answer__takes_it_and_sends_half(
    client: Client, simulator: SimulatorProcess
) -> None:
    simulator.queue_faults([{"name": "reset_mid_answer"}])
    with pytest.raises(IncompleteRead) as caught:
        client.submit(client.batch("B1", client.fields("1号")))
    assert caught.value.partial.startswith(b'{"code": "200"')
    assert judge(simulator) == ([("reset_mid_answer", True)], {"1号": 1})


def test_refuse_5xx_before__takes_nothing(client: Client, simulator: SimulatorProcess) -> None:
    simulator.queue_faults(
        [{"name": "refuse_5xx_before"}, {"name": "refuse_5xx_before", "status": 503}]
    )
    body = client.batch("B1", client.fields("1号"))
    assert [client.submit(body).status, client.submit(body).status] == [502, 503]
    assert judge(simulator) == ([("refuse_5xx_before", False)] * 2, {})


def test_http_500_after_commit__takes_it(client: Client, simulator: SimulatorProcess) -> None:
    simulator.queue_faults([{"name": "http_500_after_commit"}])
    reply = client.submit(client.batch("B1", client.fields("1号")))
    assert (reply.status, reply.code) == (500, "5000")
    assert judge(simulator) == ([("http_500_after_commit", True)], {"1号": 1})


def test_html_page__is_200_and_takes_nothing(client: Client, simulator: SimulatorProcess) -> None:
    simulator.queue_faults([{"name": "html_page"}])
    reply = client.submit(client.batch("B1", client.fields("1号")))
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert reply.body.startswith(b"<html>")
    assert judge(simulator) == ([("html_page", False)], {})


@pytest.mark.parametrize("status", [429, 200])
def test_rate_limited__says_how_long_to_wait(
    client: Client, simulator: SimulatorProcess, status: int
) -> None:
    simulator.queue_faults([{"name": "rate_limited", "seconds": 7, "status": status}])
    reply = client.submit(client.batch("B1", client.fields("1号")))
    assert (reply.status, reply.code, reply.headers["Retry-After"]) == (status, "4290", "7")
    assert judge(simulator) == ([("rate_limited", False)], {})


def test_busy__takes_nothing(client: Client, simulator: SimulatorProcess) -> None:
    simulator.queue_faults([{"name": "busy"}])
    reply = client.submit(client.batch("B1", client.fields("1号")))
    assert reply.json() == {"code": "5030", "message": "系统维护"}
    assert judge(simulator) == ([("busy", False)], {})


def test_token_expired__needs_a_new_token(client: Client, simulator: SimulatorProcess) -> None:
    simulator.queue_faults([{"name": "token_expired"}])
    body = client.batch("B1", client.fields("1号"))
    assert [client.submit(body).code, client.submit(body).code] == ["0032", "0032"]
    client.log_in()
    assert client.submit(body).code == "200"
    faults = [("token_expired", False), (None, False), (None, True)]
    assert judge(simulator) == (faults, {"1号": 1})


def test_whole_batch_refused__names_no_row(client: Client, simulator: SimulatorProcess) -> None:
    """As long as the poisonous row is in the batch, so that a bisection can find it."""
    simulator.queue_faults(
        [{"name": "whole_batch_refused", "document_number": "2号", "times": "unlimited"}]
    )
    both = client.batch("B1", client.fields("1号"), client.fields("2号"))
    assert client.submit(both).json() == {"code": "4001", "message": "整批退回"}
    assert client.submit(client.batch("B2", client.fields("1号"))).code == "200"
    assert client.submit(client.batch("B3", client.fields("2号"))).code == "4001"
    assert judge(simulator)[1] == {"1号": 1}


def test_error_inside_200__takes_nothing(client: Client, simulator: SimulatorProcess) -> None:
    simulator.queue_faults([{"name": "error_inside_200"}])
    reply = client.submit(client.batch("B1", client.fields("1号")))
    assert (reply.status, reply.code) == (200, "9999")
    assert judge(simulator) == ([("error_inside_200", False)], {})


def test_late_receipts__hold_back_the_rows_named(
    client: Client, simulator: SimulatorProcess
) -> None:
    simulator.queue_faults([{"name": "late_receipts", "seconds": 1, "rows": [2]}])
    body = client.batch("B1", client.fields("1号"), client.fields("2号"))
    assert client.submit(body).code == "200"
    early = client.receipts("B1")["data"]
    assert (early["status"], [row["index"] for row in early["results"]]) == ("processing", [1])
    assert judge(simulator) == ([("late_receipts", True)], {"1号": 1})
    until = time.monotonic() + 10
    while client.receipts("B1")["data"]["status"] == "processing":
        assert time.monotonic() < until
    assert judge(simulator)[1] == {"1号": 1, "2号": 1}


def test_duplicate_reported__although_it_was_taken_in(
    client: Client, simulator: SimulatorProcess
) -> None:
    simulator.queue_faults([{"name": "duplicate_reported"}])
    reply = client.submit(client.batch("B1", client.fields("1号")))
    assert (reply.code, reply.data["results"][0]["code"]) == ("200", "0040")
    assert client.held("1号")[0]["fields"] == client.fields("1号")
    assert judge(simulator) == ([("duplicate_reported", True)], {"1号": 1})


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, ["received", "received", "1001"]),
        ({"rows": [1, 2], "code": "1003"}, ["1003", "1003", "received"]),
        ({"document_number": "2号"}, ["received", "1001", "received"]),
    ],
)
def test_partial_rejection__refuses_some_rows_at_once(
    client: Client, simulator: SimulatorProcess, keys: dict[str, Any], expected: list[str]
) -> None:
    simulator.queue_faults([{"name": "partial_rejection"} | keys])
    rows = [client.fields(f"{number}号") for number in (1, 2, 3)]
    reply = client.submit(client.batch("B1", *rows))
    assert [row["code"] for row in reply.data["results"]] == expected
    taken = {f"{place}号": 1 for place, code in enumerate(expected, 1) if code == "received"}
    assert judge(simulator) == ([("partial_rejection", True)], taken)


def test_wrong_encoding__is_gbk_labelled_utf_8(client: Client, simulator: SimulatorProcess) -> None:
    simulator.queue_faults([{"name": "wrong_encoding"}])
    reply = client.submit(client.batch("B1", client.fields("1号")))
    assert "utf-8" in reply.headers["Content-Type"]
    with pytest.raises(UnicodeDecodeError):
        reply.body.decode()
    assert json.loads(reply.body.decode("gbk"))["message"] == "成功"
    assert judge(simulator) == ([("wrong_encoding", True)], {"1号": 1})


def test_slow_trickle__comes_whole_in_the_end(client: Client, simulator: SimulatorProcess) -> None:
    simulator.queue_faults([{"name": "slow_trickle", "seconds": 0.6}])
    begun = time.monotonic()
    reply = client.submit(client.batch("B1", client.fields("1号")), timeout=0.4)
    assert reply.code == "200"
    assert time.monotonic() - begun >= 0.6
    assert judge(simulator) == ([("slow_trickle", True)], {"1号": 1})


def test_a_fault_by_the_token_call(client: Client, simulator: SimulatorProcess) -> None:
    simulator.queue_faults([{"name": "busy", "call": "token"}])
    assert [client.log_in().code, client.log_in().code] == ["5030", "200"]


def test_a_call_without_a_good_token_uses_no_fault_up(
    client: Client, simulator: SimulatorProcess
) -> None:
    simulator.queue_faults([{"name": "busy"}])
    body = client.batch("B1", client.fields("1号"))
    client.token, good = "invented", client.token
    assert client.submit(body).code == "0032"
    client.token = good
    assert client.submit(body).code == "5030"


def test_faults_that_are_not_right_are_refused_and_none_is_queued(client: Client) -> None:
    reply = client.call("POST", "/_control/faults", b'[{"name": "busy"}, {"name": "earthquake"}]')
    assert (reply.status, reply.code) == (400, "4000")
    assert "没有这个名称的故障" in reply.json()["message"]
    assert client.submit(client.batch("B1", client.fields("1号"))).code == "200"


def test_short_list__leaves_out_the_last_record_and_still_counts_it(
    client: Client, simulator: SimulatorProcess
) -> None:
    client.submit(client.batch("B1", client.fields("1号"), client.fields("2号")))
    simulator.queue_faults([{"name": "short_list", "call": "ledger"}])
    data = client.ledger()["data"]
    assert ([item["documentNumber"] for item in data["items"]], data["total"]) == (["1号"], 2)


def miscounted(client: Client, simulator: SimulatorProcess, fault: str) -> tuple[int, int, int]:
    """Return (records, total, pages) of a ledger of two, as told under ``fault``."""
    client.submit(client.batch("B1", client.fields("1号"), client.fields("2号")))
    simulator.queue_faults([{"name": fault, "call": "ledger"}])
    data = client.ledger()["data"]
    return len(data["items"]), data["total"], data["pages"]


def test_empty_list__shows_nothing_and_still_counts_it(
    client: Client, simulator: SimulatorProcess
) -> None:
    assert miscounted(client, simulator, "empty_list") == (0, 2, 1)


def test_other_total__counts_one_too_many(client: Client, simulator: SimulatorProcess) -> None:
    assert miscounted(client, simulator, "other_total") == (2, 3, 1)


def test_no_pages__shows_records_on_none(client: Client, simulator: SimulatorProcess) -> None:
    assert miscounted(client, simulator, "no_pages") == (2, 2, 0)


@pytest.mark.parametrize("fault", ["short_list", "empty_list", "other_total", "no_pages"])
def test_a_miscounted_answer_without_a_list_stays_as_it_is(
    client: Client, simulator: SimulatorProcess, fault: str
) -> None:
    simulator.queue_faults([{"name": fault, "call": "ledger"}])
    reply = client.ask("ledger", resource="permit")
    assert (reply.status, reply.code) == (400, "4000")
    assert client.ledger()["code"] == "200"


@pytest.mark.parametrize("body", ["[]", "{}", '{"resource": "permit", "number": 1}', "nothing"])
def test_a_change_that_is_not_right_is_refused_and_changes_nothing(
    client: Client, body: str
) -> None:
    reply = client.call("POST", "/_control/plant", body.encode())
    assert (reply.status, reply.code) == (400, "4000")
    assert client.ledger()["data"]["total"] == 0


def test_what_somebody_else_changed_is_shown_as_held(
    client: Client, simulator: SimulatorProcess
) -> None:
    client.submit(client.batch("B1", client.fields("1号"), client.fields("2号")))
    client.receipts("B1")
    simulator.plant("permit", "1号", fields={"XK_NR": "改"})
    simulator.plant("permit", "2号", fields=None)
    simulator.plant("permit", "3号", fields={"XK_WSH": "3号"})
    items = client.ledger()["data"]["items"]
    assert [(one["documentNumber"], one["fields"].get("XK_NR")) for one in items] == [
        ("1号", "改"),
        ("3号", None),
    ]


def test_double_receipt__names_every_row_twice_once(
    client: Client, simulator: SimulatorProcess
) -> None:
    client.submit(client.batch("B1", client.fields("1号")))
    simulator.queue_faults([{"name": "double_receipt", "call": "receipts"}])
    assert [row["index"] for row in client.receipts("B1")["data"]["results"]] == [1, 1]
    assert [row["index"] for row in client.receipts("B1")["data"]["results"]] == [1]


def test_contradictory_receipt__says_the_opposite_once(
    client: Client, simulator: SimulatorProcess
) -> None:
    rows = client.fields("1号"), client.fields("2号", XK_XDR_MC="未登记企业")
    client.submit(client.batch("B1", *rows))
    simulator.queue_faults([{"name": "contradictory_receipt", "call": "receipts"}])
    told = [[row["code"] for row in client.receipts("B1")["data"]["results"]] for _ in range(2)]
    assert told == [["1001", "0000"], ["0000", "1001"]]
    assert judge(simulator)[1] == {"1号": 1}


def test_row_vanished__is_said_to_be_taken_in_and_is_not_held(
    client: Client, simulator: SimulatorProcess
) -> None:
    simulator.queue_faults([{"name": "row_vanished", "document_number": "1号"}])
    client.submit(client.batch("B1", client.fields("1号"), client.fields("2号")))
    assert [row["code"] for row in client.receipts("B1")["data"]["results"]] == ["0000", "0000"]
    assert client.held("1号") == []
    assert judge(simulator)[1] == {"2号": 1}


def test_batch_refused_later__takes_no_row_and_names_those_at_fault(
    client: Client, simulator: SimulatorProcess
) -> None:
    simulator.queue_faults([{"name": "batch_refused_later", "rows": [2]}])
    body = client.batch("B1", client.fields("1号"), client.fields("2号"))
    assert client.submit(body).code == "200"
    data = client.receipts("B1")["data"]
    assert (data["status"], [(row["index"], row["code"]) for row in data["results"]]) == (
        "refused",
        [(2, "1003")],
    )
    assert judge(simulator) == ([("batch_refused_later", False)], {})


def test_clock_skew__is_told_by_the_date_of_the_answer(
    client: Client, simulator: SimulatorProcess
) -> None:
    simulator.queue_faults([{"name": "clock_skew", "call": "receipts", "seconds": 3600}])
    wrong, right = (
        parsedate_to_datetime(client.ask("receipts", batchNo="B9").headers["Date"])
        for _ in range(2)
    )
    assert 3500 < (wrong - right).total_seconds() <= 3600
