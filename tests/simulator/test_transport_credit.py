"""The stand-in for 信用交通·山东, spoken to with nothing but the standard library."""

import hashlib
import hmac
import time
import uuid
from collections.abc import Iterator
from urllib.request import ProxyHandler, Request, build_opener
from xml.etree import ElementTree as ET

import pytest

from xinqiao.simulator.process import SimulatorProcess, start

FIELDS = {
    "record_id": "00000000-0000-4000-8000-000000000001",
    "area_code": "370323",
    "info_class": "基础信息",
    "ownerName": "云溪县青石汽车维修有限公司",
    "uscc": "91370323MAKNQXNW4H",
    "ownerAddress": "云溪县示例路1号",
    "nativeAreaCode": "370323",
    "principalName": "试一",
    "principalTelephone": "0533-0000001",
    "operatingCode": "1",
    "industry_code": "041",
    "license_mode": "备案",
}


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    with start("transport_credit") as process:
        yield process


@pytest.fixture
def platform(running: SimulatorProcess) -> SimulatorProcess:
    running.reset()
    return running


def upload(serial: str, operation: str = "1", **changes: str) -> bytes:
    fields = "".join(f"<{name}>{text}</{name}>" for name, text in {**FIELDS, **changes}.items())
    return message(
        "UPLOAD",
        serial,
        f"<source>11420000MB15291767</source><table>A0101</table><operation>{operation}</operation>"
        f"<row><no>1</no><fields>{fields}</fields></row>",
    )


def message(service: str, serial: str, body: str) -> bytes:
    head = f"<serialnum>{serial}</serialnum><serviceId>{service}</serviceId>"
    return (f"<Transaction><header>{head}</header><body>{body}</body></Transaction>").encode()


def call(platform: SimulatorProcess, body: bytes, **changes: str) -> ET.Element:
    """Send a signed message; ``changes`` are headers that are not as they should be."""
    now, nonce = str(int(time.time())), uuid.uuid4().hex
    headers = {"X-Timestamp": now, "X-Nonce": nonce, "X-App-Id": "xinqiao-demo"} | changes
    signed = f"POST\n/exchange/transact\n{headers['X-Timestamp']}\n{headers['X-Nonce']}\n".encode()
    sign = hmac.new(b"rehearsal-only", signed + body, hashlib.sha256).hexdigest()
    request = Request(f"{platform.base_url}/exchange/transact", data=body)  # noqa: S310 - loopback
    for name, text in {"X-Sign": sign, **headers}.items():
        request.add_header(name.replace("_", "-"), text)
    with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
        return ET.fromstring(answer.read())  # noqa: S314 - our own stand-in


def code(answer: ET.Element) -> str | None:
    return answer.findtext("header/response/retcode")


def receipts(platform: SimulatorProcess, serial: str) -> list[str | None]:
    told = call(platform, message("RECEIPT", serial, ""))
    return [row.findtext("retcode") for row in told.iterfind("body/row")]


def test_a_message_is_taken_and_its_receipt_told_by_serial_number(
    platform: SimulatorProcess,
) -> None:
    told = call(platform, upload("B1"))
    assert (code(told), told.findtext("header/serialnum")) == ("0000", "B1")
    assert receipts(platform, "B1") == ["0000"]
    assert platform.received()["effects"] == {FIELDS["record_id"]: 1}


def test_the_public_codes_tell_what_is_there_and_what_is_not(platform: SimulatorProcess) -> None:
    for serial, operation in (("B1", "2"), ("B2", "3"), ("B3", "1"), ("B4", "1")):
        call(platform, upload(serial, operation))
    told = [receipts(platform, serial) for serial in ("B1", "B2", "B3", "B4")]
    assert told == [["0041"], ["0042"], ["0000"], ["0040"]]
    assert code(call(platform, message("RECEIPT", "B9", ""))) == "9040"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"X-App-Id": "somebody"}, "0018"),
        ({"X-Sign": "0" * 64}, "0021"),
        ({"X-Timestamp": "1700000000"}, "0020"),
    ],
)
def test_who_is_not_recognised_leaves_nothing(
    platform: SimulatorProcess, changes: dict[str, str], refusal: str
) -> None:
    assert code(call(platform, upload("B1"), **changes)) == refusal
    assert platform.received()["effects"] == {}


def test_a_message_that_comes_again_as_it_was_is_refused(platform: SimulatorProcess) -> None:
    assert code(call(platform, upload("B1"), **{"X-Nonce": "once"})) == "0000"
    assert code(call(platform, upload("B1"), **{"X-Nonce": "once"})) == "0019"


def test_a_serial_number_with_other_content_is_refused(platform: SimulatorProcess) -> None:
    call(platform, upload("B1"))
    assert code(call(platform, upload("B1", ownerName="另一家公司"))) == "9009"
    assert platform.received()["effects"] == {FIELDS["record_id"]: 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"ownerName": ""},
        {"industry_code": "999"},
        {"validBeginDate": "2026/11/03"},
        {"ownerName": "长" * 101},
        {"license_mode": "特许"},
        {"coachnumber": "十"},
        {"unknown_field": "x"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_row_that_is_not_in_order_is_refused_at_once(
    platform: SimulatorProcess, changes: dict[str, str]
) -> None:
    told = call(platform, upload("B1", **changes))
    assert [row.findtext("retcode") for row in told.iterfind("body/row")] == ["0027"]
    assert platform.received()["effects"] == {}


def test_the_ledger_tells_what_is_held_page_by_page(platform: SimulatorProcess) -> None:
    call(platform, upload("B1"))
    receipts(platform, "B1")
    asked = "<table>A0101</table><from>2000-01-01</from><to>2099-12-31</to>"
    told = call(platform, message("LEDGER", "", f"{asked}<page>1</page><limit>10</limit>"))
    assert [told.findtext(f"body/{name}") for name in ("page", "totalpages", "totalcount")] == [
        *("1", "1", "1")
    ]
    assert told.findtext("body/record/fields/ownerName") == FIELDS["ownerName"]


def test_there_is_no_page_for_everybody(platform: SimulatorProcess) -> None:
    call(platform, upload("B1"))
    with build_opener(ProxyHandler({})).open(
        f"{platform.base_url}/public/records?resource=A0101", timeout=10
    ) as answer:
        assert FIELDS["ownerName"] not in answer.read().decode()
