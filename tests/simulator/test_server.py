"""What HTTP itself brings: sizes, paths, connections kept and connections lost."""

from __future__ import annotations

import json
import socket
import struct
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from xinqiao.simulator.process import SimulatorProcess

if TYPE_CHECKING:
    from tests.simulator.conftest import Client


def raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "4004"),
        ("POST", "/api/v1/nothing", 404, "4004"),
        ("POST", "/api/v1/receipts", 405, "4050"),
        ("GET", "/oauth/token", 405, "4050"),
        ("PUT", "/api/v1/submissions", 501, "4000"),
        ("GET", "/api/v1/receipts", 400, "4000"),
        ("GET", "/api/v1/records?resource=permit", 400, "4000"),
        ("GET", "/api/v1/ledger?resource=permit&from=2026-11-01&to=soon", 400, "4000"),
        ("GET", "/api/v1/ledger?resource=permit&from=2026-11-01&to=2026-11-02&page=0", 400, "4000"),
        ("GET", "/api/v1/ledger?resource=permit&from=2026-11-01&to=2026-11-02&size=x", 400, "4000"),
    ],
)
def test_a_request_that_is_not_right_gets_json(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    reply = client.call(method, path, b"{}" if method != "GET" else None)
    assert (reply.status, reply.code) == (status, code)
    assert reply.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_gets_json(client: Client, body: bytes) -> None:
    for path in ("/oauth/token", "/api/v1/submissions"):
        reply = client.call("POST", path, body)
        assert (reply.status, reply.code) == (400, "4000")


def test_a_body_over_20_mb_is_413_and_one_below_is_read(client: Client) -> None:
    assert client.submit(b" " * 20_000_001).status == 413
    assert client.submit(b" " * 20_000_000).status == 400


def test_a_body_without_a_usable_length_is_refused(simulator: SimulatorProcess) -> None:
    head = b"POST /oauth/token HTTP/1.1\r\nHost: x\r\n"
    assert raw(simulator.port, head + b"\r\n").startswith(b"HTTP/1.1 411 ")
    chunked = b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert raw(simulator.port, head + chunked).startswith(b"HTTP/1.1 411 ")
    assert raw(simulator.port, head + b"Content-Length: -1\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_one_connection_serves_many_calls(client: Client) -> None:
    connection = HTTPConnection("127.0.0.1", client.port, timeout=10)
    connection.connect()
    first = connection.sock
    for _ in range(5):
        connection.request("GET", "/")
        assert json.load(connection.getresponse())["simulator"] == "xinqiao"
        assert connection.sock is first
    connection.close()


def test_clients_that_go_away_leave_no_word_on_the_console(
    client: Client, simulator: SimulatorProcess
) -> None:
    body = client.batch("B1", client.fields("1号"))
    head = f"POST /api/v1/submissions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    half = f"{head}Authorization: Bearer {client.token}\r\n\r\n".encode() + body[:50]
    raw(simulator.port, half)
    raw(simulator.port, b"\x16\x03\x01 no http at all\r\n\r\n")
    simulator.queue_faults([{"name": "slow_trickle", "call": "ledger", "seconds": 0.4}])
    with socket.create_connection(("127.0.0.1", simulator.port)) as connection:
        question = "GET /api/v1/ledger?resource=permit&from=2026-01-01&to=2026-12-31 HTTP/1.1"
        connection.sendall(f"{question}\r\nAuthorization: Bearer {client.token}\r\n\r\n".encode())
        assert connection.recv(10)
        # leave with a reset, so that the next piece of the answer cannot be written
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until = time.monotonic() + 1
    while time.monotonic() < until:
        assert client.call("GET", "/").status == 200
    assert simulator.received()["calls"] == []
    assert simulator.stderr() == ""


def test_a_hanging_call_hinders_nobody(client: Client, simulator: SimulatorProcess) -> None:
    simulator.queue_faults([{"name": "timeout_before"}])
    body = client.batch("B1", client.fields("1号"))
    hanging = HTTPConnection("127.0.0.1", simulator.port, timeout=10)
    hanging.request(
        "POST", "/api/v1/submissions", body, {"Authorization": f"Bearer {client.token}"}
    )
    until = time.monotonic() + 5
    while not simulator.received()["calls"]:
        assert time.monotonic() < until
    assert client.submit(body, timeout=2).code == "200"
    hanging.close()
