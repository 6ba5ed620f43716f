"""The wire as a client sees it, over real HTTP to a real process."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from xinqiao.simulator.process import SimulatorProcess, start

if TYPE_CHECKING:
    from tests.simulator.conftest import Client


def test_the_stand_in_says_what_it_is_on_every_reply(client: Client) -> None:
    welcome = client.call("GET", "/")
    assert (welcome.json()["simulator"], welcome.json()["platform"]) == (
        "xinqiao",
        "credit_shandong",
    )
    for reply in (welcome, client.call("GET", "/nowhere"), client.ask("receipts", batchNo="B9")):
        assert reply.headers["X-Xinqiao-Simulator"] == "1"
        assert reply.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("name", ["client_id", "client_secret", "grant_type"])
def test_wrong_credentials_get_no_token(client: Client, name: str) -> None:
    reply = client.log_in(**{name: "wrong"})
    assert (reply.status, reply.code) == (200, "401")


def test_a_token_says_how_long_it_is_good(client: Client) -> None:
    assert client.log_in().data["expires_in"] == 7200


@pytest.mark.parametrize("token", ["", "invented"])
def test_without_a_good_token_everything_is_0032(
    client: Client, simulator: SimulatorProcess, token: str
) -> None:
    client.token = token
    body = client.batch("B1", client.fields("1号"))
    replies = [
        client.submit(body),
        client.ask("receipts", batchNo="B1"),
        client.ask("records", resource="permit", documentNumber="1号"),
        client.ask("ledger", resource="permit"),
    ]
    assert [(reply.status, reply.code) for reply in replies] == [(200, "0032")] * 4
    (call,) = simulator.received()["calls"]
    assert (call["applied"], call["code"]) == (False, "0032")


def test_a_batch_goes_from_submission_to_receipt_record_and_ledger(client: Client) -> None:
    sent = client.submit(client.batch("B1", client.fields("1号"), client.fields("2号", XK_NR="")))
    assert sent.code == "200"
    assert sent.data["batchNo"] == "B1"
    assert sent.data["serialNo"]
    assert sent.data["results"][0] == {"index": 1, "code": "received", "message": ""}
    assert sent.data["results"][1]["code"] == "1002"
    receipts = client.receipts("B1")["data"]
    assert receipts["status"] == "done"
    assert [result["code"] for result in receipts["results"]] == ["0000", "1002"]
    (held,) = client.held("1号")
    assert held["recordId"] == receipts["results"][0]["recordId"]
    assert held["fields"] == client.fields("1号")
    day = held["ingestedAt"][:10]
    ledger = client.ask("ledger", resource="permit", to=day, **{"from": day}).data
    assert ledger == {"page": 1, "pages": 1, "total": 1, "items": [held]}


def test_an_unknown_batch_is_4040_and_an_unknown_number_an_empty_list(client: Client) -> None:
    assert client.receipts("B9")["code"] == "4040"
    assert client.held("9号") == []


def test_a_withdrawal_sets_the_status(client: Client, simulator: SimulatorProcess) -> None:
    client.submit(client.batch("B1", client.fields("1号")))
    client.submit(client.batch("B2", client.fields("1号", XK_ZT="2"), operation="withdraw"))
    assert client.held("1号")[0]["fields"]["XK_ZT"] == "2"
    assert simulator.received()["history"] == {"1号": ["insert", "withdraw"]}


def test_an_identical_resend_has_one_effect(client: Client, simulator: SimulatorProcess) -> None:
    body = client.batch("B1", client.fields("1号"))
    first, again = client.submit(body), client.submit(body)
    assert first.body == again.body
    other = client.submit(client.batch("B1", client.fields("2号")))
    assert other.code == "4009"
    received = simulator.received()
    assert [call["applied"] for call in received["calls"]] == [True, False, False]
    assert received["calls"][0]["bodySha256"] == client.digest(body)
    assert received["effects"] == {"1号": 1}


def test_calls_and_queries_share_one_order(client: Client, simulator: SimulatorProcess) -> None:
    client.submit(client.batch("B1", client.fields("1号")))
    client.receipts("B1")
    client.submit(client.batch("B2", client.fields("2号")))
    received = simulator.received()
    assert [call["sequence"] for call in received["calls"]] == [1, 3]
    (query,) = received["queries"]
    assert (query["sequence"], query["query"]) == (2, "receipts")
    assert query["parameters"] == {"batchNo": "B1"}


def test_the_journal_holds_no_field_values(client: Client, simulator: SimulatorProcess) -> None:
    client.submit(client.batch("B1", client.fields("1号", XK_NR="SECRET-VALUE")))
    assert b"SECRET-VALUE" not in client.call("GET", "/_control/received").body
    assert simulator.stderr() == ""


def test_a_reset_forgets_everything(client: Client, simulator: SimulatorProcess) -> None:
    client.submit(client.batch("B1", client.fields("1号")))
    simulator.queue_faults([{"name": "busy"}])
    simulator.reset()
    assert simulator.received() == {"calls": [], "queries": [], "effects": {}, "history": {}}
    assert client.ask("receipts", batchNo="B1").code == "0032"
    client.log_in()
    assert client.submit(client.batch("B1", client.fields("2号"))).code == "200"


def test_eight_clients_at_once_lose_nothing_and_double_nothing(
    client: Client, simulator: SimulatorProcess
) -> None:
    def send(thread: int) -> None:
        for number in range(25):
            body = client.batch(f"B{thread}-{number}", client.fields(f"{thread}-{number}号"))
            assert client.submit(body).code == "200"
            assert client.submit(body).code == "200"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))
    received = simulator.received()
    assert len(received["calls"]) == 400
    assert [call["sequence"] for call in received["calls"]] == list(range(1, 401))
    assert sum(call["applied"] for call in received["calls"]) == 200
    assert received["effects"] == {f"{i}-{j}号": 1 for i in range(8) for j in range(25)}


def test_eight_clients_with_one_batch_have_one_effect(
    client: Client, simulator: SimulatorProcess
) -> None:
    body = client.batch("B1", client.fields("1号"))
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(client.submit, [body] * 8))
    assert len({reply.body for reply in replies}) == 1
    received = simulator.received()
    assert sum(call["applied"] for call in received["calls"]) == 1
    assert received["effects"] == {"1号": 1}


def test_receipts_are_processing_until_the_delay_has_passed(make_client: type[Client]) -> None:
    with start(receipt_delay=0.8) as slow:
        client = make_client(slow.port)
        client.log_in()
        client.submit(client.batch("B1", client.fields("1号")))
        begun = time.monotonic()
        assert client.receipts("B1")["data"]["status"] == "processing"
        assert slow.received()["effects"] == {}
        while client.receipts("B1")["data"]["status"] == "processing":
            assert time.monotonic() - begun < 10
        assert time.monotonic() - begun > 0.5
        assert slow.received()["effects"] == {"1号": 1}
