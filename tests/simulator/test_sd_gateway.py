"""The wire behind a gateway: two layers of recognition, texts inside texts."""

import json
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from xinqiao.simulator.application import Application
from xinqiao.simulator.faults import Fault
from xinqiao.simulator.request import Request
from xinqiao.simulator.stand_in import Setup

KEY = {"apikey": "rehearsal-gateway-key"}
SECRETS = {
    "client_id": "xinqiao-demo",
    "client_secret": "rehearsal-only",
    "grant_type": "client_id_secret",
    "resource_provider_id": "xinqiao-provider",
}
PERMIT = {
    "XK_XDR_MC": "沂源县青山运输有限公司",
    "XK_WSH": "1号",
    "XK_XKLB": "普通",
    "XK_NR": "道路货物运输经营",
    "XK_JDRQ": "2026/11/02",
}


class Client:
    def __init__(self, *faults: Fault) -> None:
        self.application = Application(Setup("sd_gateway_credit", faults))
        self.token = ""

    def call(
        self, method: str, service: str, form: Any = None, headers: Any = None, **query: str
    ) -> Any:
        request = Request(
            method,
            f"/gateway/api/1/{service}",
            parameters={"access_token": self.token, **query},
            body=urlencode(form or {}).encode(),
            headers=KEY if headers is None else headers,
        )
        return json.loads(self.application.answer(request).body)

    def log_in(self, headers: Any = None, **changes: str) -> Any:
        form = {"secret_keys": json.dumps(SECRETS | changes)}
        answer = self.call("POST", "xinqiao_token", form, headers)
        if answer["data"]:
            self.token = json.loads(answer["data"])["access_token"]
        return answer

    def insert(self, number: str = "B1", *rows: Any, action: str = "insert") -> Any:
        items = [{"index": i, "fields": row} for i, row in enumerate(rows or [PERMIT], start=1)]
        form = {"businessId": number, "resource": "permit", "orgCode": "370323"}
        return self.call("POST", f"xinqiao_credit_{action}", form | {"items": json.dumps(items)})


def xml(answer: Any) -> ET.Element:
    return ET.fromstring(json.loads(answer["data"])["result"])  # noqa: S314 - our own stand-in wrote it


@pytest.fixture
def client() -> Client:
    newcomer = Client()
    newcomer.log_in()
    return newcomer


def test_a_batch_is_confirmed_in_xml_inside_json_inside_json(client: Client) -> None:
    answer = client.insert()
    assert answer["code"] == "200"
    told = xml(answer)
    assert (told.findtext("BATCH"), bool(told.findtext("SERIAL"))) == ("B1", True)
    assert told.findtext("ROW/CODE") == "received"


def test_feedback_tells_rows_and_an_unknown_batch_has_no_state(client: Client) -> None:
    client.insert()
    told = xml(client.call("GET", "xinqiao_credit_feedback", businessId="B1"))
    assert (told.findtext("STATE"), told.findtext("ROW/CODE")) == ("done", "0000")
    unknown = xml(client.call("GET", "xinqiao_credit_feedback", businessId="B9"))
    assert (unknown.findtext("BATCH"), unknown.find("STATE")) == ("B9", None)


def test_records_are_told_in_json_that_is_escaped_twice(client: Client) -> None:
    client.insert()
    query = {"resource": "permit", "documentNumber": "1号"}
    answer = client.call("GET", "xinqiao_credit_query", **query)
    told = json.loads(json.loads(answer["data"])["result"])
    assert [item["documentNumber"] for item in told["items"]] == ["1号"]


def test_each_action_has_a_service_of_its_own(client: Client) -> None:
    client.insert("B1")
    client.insert("B2", PERMIT | {"XK_NR": "变更"}, action="update")
    client.insert("B3", PERMIT | {"XK_ZT": "2"}, action="withdraw")
    received = json.loads(client.application.answer(Request("GET", "/_control/received")).body)
    assert received["history"] == {"1号": ["insert", "update", "withdraw"]}


@pytest.mark.parametrize("headers", [{}, {"apikey": "wrong"}])
def test_without_the_gateways_key_nothing_is_answered(client: Client, headers: Any) -> None:
    assert client.log_in(headers)["code"] == "401"
    assert client.call("GET", "xinqiao_credit_feedback", None, headers)["code"] == "401"


@pytest.mark.parametrize("name", list(SECRETS))
def test_wrong_secrets_get_no_token(name: str) -> None:
    newcomer = Client()
    assert newcomer.log_in(**{name: "wrong"})["code"] == "401"
    assert newcomer.insert()["code"] == "4011"


def test_a_token_that_ended_early_is_refused_from_then_on() -> None:
    newcomer = Client(Fault(name="token_expired"))
    newcomer.log_in()
    assert [newcomer.insert()["code"] for _ in range(2)] == ["4011", "4011"]
    newcomer.log_in()
    assert newcomer.insert()["code"] == "200"


@pytest.mark.parametrize("items", ["", "x", "[]", '[{"index": 1}]'])
def test_a_batch_of_the_wrong_shape_is_refused_in_the_gateways_envelope(
    client: Client, items: str
) -> None:
    form = {"businessId": "B1", "resource": "permit", "orgCode": "370323", "items": items}
    answer = client.call("POST", "xinqiao_credit_insert", form)
    assert (answer["code"], answer["data"]) == ("4000", "")


def test_a_form_that_names_a_field_twice_is_refused(client: Client) -> None:
    request = Request(
        "POST",
        "/gateway/api/1/xinqiao_credit_insert",
        parameters={"access_token": client.token},
        body=b"items=1&items=2",
        headers=KEY,
    )
    assert json.loads(client.application.answer(request).body)["code"] == "4000"


def test_the_public_page_shows_what_stands_under_a_number(client: Client) -> None:
    client.insert("B1", PERMIT, PERMIT | {"XK_WSH": "<2号>"})

    def page(**query: str) -> str:
        request = Request("GET", "/public/records", {"resource": "permit", **query})
        return client.application.answer(request).body.decode()

    assert "<td>1号</td>" in page()
    assert "<td>&lt;2号&gt;</td>" in page()
    assert "1号" not in page(number="<2号>")
    assert "没有找到" in page(number="3号")
