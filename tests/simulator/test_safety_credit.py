"""The stand-in for the safety-credit platform, spoken to with nothing but the standard library."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from xinqiao.simulator.process import SimulatorProcess, start

FIELDS = {
    "record_id": "00000000-0000-4000-8000-000000000001",
    "area_code": "370323",
    "info_class": "失信信息",
    "subject_type": "生产经营单位",
    "subject_name": "云溪县青石货运公司",
    "uscc": "91370323MAKNQXNW4H",
    "info_cat": "失信",
    "behav_desc": "隐患未按期整改",
    "score_delta": "-20",
    "event_date": "2026-11-02",
    "decided_on": "2026-11-10",
    "source_kind": "隐患排查治理",
    "decided_by": "云溪县交通运输局",
    "state": "已认定",
}


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    with start("safety_credit", receipt_delay=600) as process:
        yield process


@pytest.fixture
def platform(running: SimulatorProcess) -> SimulatorProcess:
    running.reset()
    return running


def call(platform: SimulatorProcess, path: str, payload: object, token: str = "") -> Any:
    body = json.dumps(payload).encode()
    request = Request(f"{platform.base_url}/safety-credit/open/{path}", data=body)  # noqa: S310 - loopback
    request.add_header("X-Access-Token", token)
    with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture
def token(platform: SimulatorProcess) -> str:
    told = call(platform, "login", {"username": "xinqiao-demo", "password": "rehearsal-only"})
    given: str = told["result"]["token"]
    return given


def batch(number: str, *rows: dict[str, str]) -> dict[str, object]:
    lines = [{"rowNo": place, "data": row} for place, row in enumerate(rows, 1)]
    return {"batchNo": number, "orgCode": "11420000MB15291767", "rows": lines}


def results(told: Any) -> list[str]:
    return [row["result"] for row in told["result"]["rows"]]


def test_every_row_is_decided_in_the_answer_whatever_the_delay_of_receipts(
    platform: SimulatorProcess, token: str
) -> None:
    other = FIELDS | {"record_id": "00000000-0000-4000-8000-000000000002", "source_kind": "举报"}
    told = call(platform, "info/add", batch("B1", FIELDS, other), token)
    assert results(told) == ["OK", "MALFORMED"]
    assert told["result"]["rows"][0]["id"]
    assert platform.received()["effects"] == {FIELDS["record_id"]: 1}


def test_a_batch_that_comes_again_has_its_first_answer_and_no_second_effect(
    platform: SimulatorProcess, token: str
) -> None:
    first = call(platform, "info/add", batch("B1", FIELDS), token)
    assert call(platform, "info/add", batch("B1", FIELDS), token) == first
    assert call(platform, "info/add", batch("B2", FIELDS), token)["result"]["rows"][0][
        "result"
    ] == ("EXISTS")
    assert platform.received()["effects"] == {FIELDS["record_id"]: 1}


def test_what_is_not_there_can_neither_be_changed_nor_cancelled(
    platform: SimulatorProcess, token: str
) -> None:
    for number, action in (("B1", "modify"), ("B2", "cancel")):
        assert results(call(platform, f"info/{action}", batch(number, FIELDS), token)) == [
            "NOT_FOUND"
        ]
    assert platform.received()["effects"] == {}


def test_without_a_token_nothing_is_taken(platform: SimulatorProcess) -> None:
    told = call(platform, "info/add", batch("B1", FIELDS), "made-up")
    assert (told["success"], told["code"]) == (False, 4011)
    wrong = call(platform, "login", {"username": "xinqiao-demo", "password": "wrong"})
    assert (wrong["success"], wrong["code"], wrong["result"]) == (False, 401, None)
    assert platform.received()["effects"] == {}
