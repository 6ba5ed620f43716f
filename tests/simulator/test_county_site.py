"""The stand-in for the county site, spoken to with nothing but the standard library."""

import html
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from xinqiao.simulator.process import SimulatorProcess, start

PERSON = "370323190711118764"
NUMBER = "云交许〔2026〕0001号"


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    with start("county_site") as process:
        yield process


@pytest.fixture
def site(running: SimulatorProcess) -> SimulatorProcess:
    running.reset()
    return running


def article(number: str = NUMBER, **changes: str) -> dict[str, str]:
    return {
        "XK_XDR_MC": "云溪县青石货运公司",
        "XK_XDR_LB": "法人及非法人组织",
        "XK_XKWS": "道路运输经营许可决定书",
        "XK_WSH": number,
        "XK_XKLB": "普通",
        "XK_NR": "货运",
        "XK_JDRQ": "2026/11/03",
        "XK_YXQZ": "2026/11/03",
        "XK_YXQZI": "2099/12/31",
        "XK_XKJG": "云溪县交通运输局",
        "XK_XKJGDM": "11420000MB15291767",
        "XK_ZT": "1",
    } | changes


def call(site: SimulatorProcess, path: str, body: bytes | None = None, key: str = "") -> str:
    request = Request(f"{site.base_url}{path}", data=body)  # noqa: S310 - loopback
    request.add_header("X-Site-Key", key or "rehearsal-only")
    with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def send(site: SimulatorProcess, action: str, fields: dict[str, str], key: str = "") -> Any:
    form = {
        "requestId": f"{action}-1",
        "unit": "11420000MB15291767",
        "channel": "xzxk",
        "content": json.dumps(fields),
    }
    return json.loads(call(site, f"/cms/open/{action}", urlencode(form).encode(), key))


def page(site: SimulatorProcess, number: str = "") -> str:
    asked = f"&number={quote(number)}" if number else ""
    return html.unescape(call(site, f"/zwgk/xygs?channel=xzxk{asked}"))


def test_what_is_published_is_shown_to_everybody_until_it_is_taken_away(
    site: SimulatorProcess,
) -> None:
    told = send(site, "publish", article())
    assert (told["status"], told["requestId"]) == ("ok", "publish-1")
    for shown in (page(site), page(site, NUMBER)):
        assert NUMBER in shown
        assert "云溪县青石货运公司" in shown
        assert "没有找到" not in shown
    assert send(site, "offline", article())["status"] == "ok"
    assert f"没有找到与“{NUMBER}”有关的公开信息" in page(site, NUMBER)
    assert NUMBER not in page(site)
    assert site.received()["history"] == {NUMBER: ["insert", "take_down"]}


@pytest.mark.parametrize(("action", "noted"), [("revoke", "withdraw"), ("offline", "take_down")])
def test_revoking_and_taking_down_are_told_apart_in_its_book(
    site: SimulatorProcess, action: str, noted: str
) -> None:
    send(site, "publish", article())
    send(site, action, article())
    assert site.received()["history"] == {NUMBER: ["insert", noted]}
    assert site.received()["pages"]["xzxk"] == 0


def test_what_comes_twice_is_published_twice(site: SimulatorProcess) -> None:
    """It knows neither keys nor batches: only asking first keeps a hub from doubling."""
    assert [send(site, "publish", article())["status"] for _ in range(2)] == ["ok", "ok"]
    assert site.received()["effects"] == {NUMBER: 2}


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("modify", article(), "not_found"),
        ("revoke", article(), "not_found"),
        ("publish", article(XK_NR=""), "empty_field"),
        ("publish", article(XK_JDRQ="2026-11-03"), "bad_field"),
        ("publish", article(XK_FR_ZJHM="1"), "bad_field"),
        ("publish", article(XK_XDR_LB="自然人"), "bad_field"),
    ],
    ids=["modify", "revoke", "empty", "date", "a field for persons", "a natural person"],
)
def test_what_is_not_in_order_is_refused_and_not_shown(
    site: SimulatorProcess, action: str, fields: dict[str, str], code: str
) -> None:
    told = send(site, action, fields)
    assert (told["status"], told["code"]) == ("error", code)
    assert site.received()["effects"] == {}
    assert "没有公开信息" in page(site)


def test_a_wrong_key_publishes_nothing(site: SimulatorProcess) -> None:
    assert send(site, "publish", article(), key="wrong")["code"] == "bad_key"
    assert site.received()["effects"] == {}


def test_an_identity_number_that_arrives_is_noted_without_being_kept(
    site: SimulatorProcess,
) -> None:
    send(site, "publish", article())
    assert site.received()["identityNumbers"] == []
    send(site, "publish", article("云交许〔2026〕0002号", XK_NR=f"货运（{PERSON}）"))
    received = site.received()
    assert received["identityNumbers"] == [{"where": "form", "field": "XK_NR"}]
    assert PERSON not in json.dumps(received, ensure_ascii=False)
    page(site)
    assert {"where": "page", "channel": "xzxk"} in site.received()["identityNumbers"]


def test_pages_are_made_some_time_after_a_change() -> None:
    with start("county_site", receipt_delay=600) as slow:
        assert send(slow, "publish", article())["status"] == "ok"
        assert NUMBER not in page(slow)
        found = json.loads(call(slow, f"/cms/open/find?channel=xzxk&docNo={quote(NUMBER)}"))
        assert found["total"] == 1


def test_the_first_page_leads_a_person_to_the_others(site: SimulatorProcess) -> None:
    shown = call(site, "/")
    assert 'href="/zwgk/xygs?channel=xzxk"' in shown
    assert "行政许可公示" in shown
