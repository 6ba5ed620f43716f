"""The wire with serial numbers: recognised by signature, time and nonce, known by serial."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from xinqiao.clock import SHANGHAI, Clock
from xinqiao.simulator.application import Application
from xinqiao.simulator.faults import Fault
from xinqiao.simulator.request import Request
from xinqiao.simulator.stand_in import Setup


class HandClock(Clock):
    at = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


PERMIT = {
    "XK_XDR_MC": "沂源县青山运输有限公司",
    "XK_WSH": "1号",
    "XK_XKLB": "普通",
    "XK_NR": "道路货物运输经营",
    "XK_JDRQ": "2026/11/02",
}
UPLOAD = {
    "kind": "permit",
    "operation": "1",
    "orgCode": "370323",
    "rows": [{"rowNo": 1, "fields": PERMIT}],
}


class Client:
    """Signs by the platform's own prose, with nothing of the hub or the stand-in."""

    def __init__(self, *faults: Fault, delay: float = 0.0) -> None:
        self.clock = HandClock()
        setup = Setup("async_serial", faults, receipt_delay=delay, clock=self.clock)
        self.application = Application(setup)
        self.calls = 0

    def form(self, method: str, data: object, **changes: str) -> dict[str, str]:
        self.calls += 1
        fields = {
            "method": method,
            "version": "1.0",
            "appid": "xinqiao-demo",
            "format": "json",
            "timestamp": self.clock.now().astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S"),
            "nonce": f"n{self.calls}",
            "data": json.dumps(data, ensure_ascii=False),
        } | changes
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        signed = f"{text}&appsecret=rehearsal-only".lower().encode()
        return {"sign": hashlib.sha256(signed).hexdigest(), **fields}

    def send(self, form: Mapping[str, str]) -> Any:
        body = urlencode(form).encode()
        answer = self.application.answer(Request("POST", "/open.api", body=body))
        return json.loads(answer.body)

    def call(self, method: str, data: object, **changes: str) -> Any:
        return self.send(self.form(method, data, **changes))

    def result(self, serial: str) -> Any:
        return self.call("AsyncHandleResult.Query", {"requestSerialCode": serial})["data"]


def test_a_delivery_is_pending_and_then_done_row_by_row() -> None:
    client = Client(delay=60)
    serial = client.call("Credit.Upload", UPLOAD)["data"]["requestSerialCode"]
    assert client.result(serial) == {"requestSerialCode": serial, "status": 0, "result": ""}
    client.clock.at += timedelta(seconds=60)
    done = client.result(serial)
    assert done["status"] == 20
    assert json.loads(done["result"]) == [
        {"rowNo": 1, "code": "0", "message": "成功", "recordId": "R00000001"}
    ]


def test_every_delivery_is_a_new_one_and_a_held_number_is_told_as_such() -> None:
    client = Client()
    first, second = (
        client.call("Credit.Upload", UPLOAD)["data"]["requestSerialCode"] for _ in range(2)
    )
    assert first != second
    assert json.loads(client.result(second)["result"])[0] == {
        "rowNo": 1,
        "code": "9",
        "message": "数据已存在",
        "recordId": "",
    }


def test_a_serial_that_was_never_given_is_not_known() -> None:
    answer = Client().call("AsyncHandleResult.Query", {"requestSerialCode": "x"})
    assert (answer["code"], answer["message"]) == (-1, "参数错误：受理号不存在")


@pytest.mark.parametrize("name", ["method", "version", "data", "timestamp", "nonce"])
def test_a_field_that_was_changed_after_signing_is_refused(name: str) -> None:
    client = Client()
    form = client.form("Credit.Upload", UPLOAD)
    changed = {"method": "Credit.Query", "data": json.dumps({"kind": "permit"})}
    answer = client.send({**form, name: changed.get(name, form[name] + "0")})
    assert (answer["code"], answer["message"]) == (-2, "签名错误")


def test_another_application_has_no_permission() -> None:
    assert Client().call("Credit.Upload", UPLOAD, appid="other")["code"] == -3


@pytest.mark.parametrize(("seconds", "code"), [(-301, -2), (-299, 0), (299, 0), (301, -2)])
def test_a_time_that_is_not_ours_is_refused(seconds: int, code: int) -> None:
    client = Client()
    at = (client.clock.now() + timedelta(seconds=seconds)).astimezone(SHANGHAI)
    answer = client.call("Credit.Upload", UPLOAD, timestamp=at.strftime("%Y%m%d%H%M%S"))
    assert answer["code"] == code
    if code:
        assert answer["message"] == "时间戳超出允许范围"


def test_a_platform_whose_clock_is_wrong_takes_nothing() -> None:
    client = Client(Fault(name="clock_skew"))
    assert client.call("Credit.Upload", UPLOAD)["message"] == "时间戳超出允许范围"
    answer = client.application.answer(Request("GET", "/_control/received"))
    received = json.loads(answer.body)
    assert received["effects"] == {}
    assert received["calls"][0]["fault"] == "clock_skew"
    assert client.call("Credit.Upload", UPLOAD)["code"] == 0


def test_a_request_that_comes_again_is_refused() -> None:
    client = Client()
    form = client.form("Credit.Upload", UPLOAD)
    assert [client.send(form)["code"], client.send(form)["code"]] == [0, -2]


@pytest.mark.parametrize(
    "data", [[], {"rows": 5}, {"rows": ["x"]}, {**UPLOAD, "operation": "9"}, {**UPLOAD, "rows": []}]
)
def test_a_request_of_the_wrong_shape_is_a_wrong_parameter(data: object) -> None:
    assert Client().call("Credit.Upload", data)["code"] == -1


def test_an_unknown_method_is_a_wrong_parameter() -> None:
    assert Client().call("Credit.Nothing", {})["code"] == -1


def test_a_delivery_refused_later_says_so_and_names_rows_if_told() -> None:
    client = Client(Fault(name="batch_refused_later", rows=(1,)), Fault(name="batch_refused_later"))
    told = []
    for _ in range(2):
        serial = client.call("Credit.Upload", UPLOAD)["data"]["requestSerialCode"]
        told.append(client.result(serial))
    assert [one["status"] for one in told] == [10, 10]
    assert json.loads(told[0]["result"])[0]["code"] == "3"
    assert told[1]["result"] == ""


def test_a_delivery_whose_answer_was_lost_keeps_its_serial_to_itself() -> None:
    client = Client(Fault(name="http_500_after_commit"))
    client.call("Credit.Upload", UPLOAD)
    other = {**UPLOAD, "rows": [{"rowNo": 1, "fields": PERMIT | {"XK_WSH": "2号"}}]}
    serial = client.call("Credit.Upload", other)["data"]["requestSerialCode"]
    assert json.loads(client.result(serial)["result"])[0]["code"] == "0"
    held = client.call("Credit.Query", {"kind": "permit", "documentNumber": "1号"})["data"]
    assert held["total"] == 1
