"""A platform of its own mind, on loopback: it checks every token and signature that arrives."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.adapters.asking import sent
from tests.adapters.http.authentication.conftest import Made, token_step
from xinqiao.adapters.base import BatchProgress, Outcome, SealedBatch

ACCEPTS = {"code": "200", "data": {"batchNo": "XQ20261120-0001", "results": []}}


class Platform(ThreadingHTTPServer):
    """Grants numbered tokens; refuses a call without the newest token or with a wrong signature."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.granted = 0
        self.nonces: list[str] = []
        self.refused: list[str] = []
        self.bodies: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def judge(self, fields: Mapping[str, str]) -> str:
        """Return why a call is refused: its parameters, sorted and lower-cased, are the text."""
        text = "&".join(
            f"{name}={fields[name]}" for name in sorted(fields) if name != "sign" and fields[name]
        )
        expected = hashlib.sha256(f"{text}&appsecret=h1dden".lower().encode()).hexdigest()
        if fields["sign"] != expected:
            return "signature"
        if fields["nonce"] in self.nonces:
            return "nonce"
        self.nonces.append(fields["nonce"])
        return "" if fields["access_token"] == f"t{self.granted}" else "token"


class Handler(BaseHTTPRequestHandler):
    server: Platform

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if self.path == "/token":
            self.server.granted += 1
            self._answer({"token": f"t{self.server.granted}", "life": 3600})
            return
        self._call(dict(parse_qsl(body, keep_blank_values=True)))

    def do_GET(self) -> None:
        self._call(dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)))

    def _call(self, fields: dict[str, str]) -> None:
        why = self.server.judge(fields)
        if why:
            self.server.refused.append(why)
            self._answer({"code": "0032", "message": why})
            return
        self.server.bodies.append(fields)
        self._answer(ACCEPTS if self.command == "POST" else {"code": "4040"})

    def _answer(self, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)


def chain() -> list[dict[str, Any]]:
    """A token, then a signature: in the form of a delivery, in the query of a question."""

    def signature(place: str, caller: str) -> dict[str, Any]:
        sent_values = {"app_id": "{settings.app_id}", "nonce": "{nonce}", "timestamp": "{time}"}
        return {
            "type": "sign",
            "source": "x",
            "algorithm": "sha256",
            "text": "{parameters}&appsecret={credentials.app_secret}",
            "case": "lower",
            "parameters": {},
            "time_format": "yyyyMMddHHmmss",
            "place": place,
            "name": "sign",
            "carried_by": [caller],
            "values": [
                {"name": name, "place": place, "value": value}
                for name, value in (
                    *sent_values.items(),
                    ("access_token", "{tokens.access}"),
                )
            ],
        }

    token = token_step("/token", known_as="access", place="none")
    return [token, signature("form", "submit"), signature("query", "poll")]


def overlay(platform: Platform) -> dict[str, Any]:
    body = "{batchNo: batch, data: to_string(rows), empty: ''}"
    return {
        "transport": {"base_url": platform.url},
        "operations": {"submit": {"body_as": "form", "body": body}},
    }


def test_a_platform_that_checks_everything_takes_every_call(
    platform: Platform, make: Made, batch: SealedBatch
) -> None:
    connector = make(*chain(), overlay=overlay(platform))
    assert connector.submit(batch).outcome is Outcome.RECEIVED
    assert connector.submit(batch).outcome is Outcome.RECEIVED
    assert connector.poll(sent("甲 &=+/1")).progress is BatchProgress.UNKNOWN_BATCH
    assert (platform.granted, platform.refused) == (1, [])
    first, second, asked = platform.bodies
    assert {name for name in first if first[name] != second[name]} == {"nonce", "sign"}
    assert asked["batchNo"] == "甲 &=+/1"


def test_a_token_that_ended_early_is_renewed_and_signed_anew(
    platform: Platform, make: Made, batch: SealedBatch
) -> None:
    connector = make(*chain(), overlay=overlay(platform))
    connector.submit(batch)
    platform.granted += 1
    assert connector.submit(batch).outcome is Outcome.RECEIVED
    assert (platform.refused, platform.granted) == (["token"], 3)


def test_a_wrong_secret_is_refused_once_renewed_and_told(
    platform: Platform, make: Made, batch: SealedBatch
) -> None:
    wrong = chain()
    wrong[1]["text"] = "{parameters}&appsecret={credentials.client_secret}"
    reply = make(*wrong, overlay=overlay(platform)).submit(batch)
    assert (reply.outcome, reply.message) == (Outcome.AUTH, "signature")
    assert platform.refused == ["signature"] * 2
    assert platform.bodies == []
