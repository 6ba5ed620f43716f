"""Fixtures of the adapter tests: a clock that waits for nobody, a connector, a raw server."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from xinqiao.adapters.base import Credentials, Operation, SealedBatch, SealedRow, Surroundings
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.profile import load_profile
from xinqiao.clock import Clock

SECRET = "s3cret-never-shown"
IDENTITY_NUMBER = "370323190501010018"


class FrozenClock(Clock):
    """Stands still until told; sleeping moves it and takes no time."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.instant += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def advance(clock: FrozenClock) -> Callable[[float], None]:
    def move(seconds: float) -> None:
        clock.instant += timedelta(seconds=seconds)

    return move


@pytest.fixture
def sleeps(clock: FrozenClock) -> list[float]:
    return clock.sleeps


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def identity_number() -> str:
    return IDENTITY_NUMBER


@pytest.fixture
def batch() -> SealedBatch:
    return SealedBatch(
        number="XQ20261120-0001",
        platform="credit_shandong",
        kind="permit",
        operation=Operation.INSERT,
        edition="2018",
        rows=tuple(
            SealedRow(
                number,
                f"鲁交许〔2026〕{number}号",
                {"XK_XDR_MC": "沂源测试汽修厂", "XK_XDR_SFZ": IDENTITY_NUMBER, "XK_ZT": "1"},
            )
            for number in (1, 2)
        ),
    )


@pytest.fixture
def connect(clock: FrozenClock) -> Iterator[Callable[..., ProfileConnector]]:
    """Make connectors with a base address, an overlay and whether it is a rehearsal."""
    made = []

    def make(
        base_url: str = "https://platform.test",
        overlay: Mapping[str, Any] | None = None,
        *,
        loopback_only: bool = False,
    ) -> ProfileConnector:
        changed = dict(overlay or {})
        changed["transport"] = {"base_url": base_url, **changed.get("transport", {})}
        connector = build(
            load_profile("credit_shandong", changed),
            Surroundings(
                Credentials({"client_id": "county", "client_secret": SECRET}),
                clock,
                settings={"organisation_code": "11370323MB2826290X"},
                rehearsal=loopback_only,
            ),
        )
        made.append(connector)
        return connector

    yield make
    for connector in made:
        connector.close()


@pytest.fixture
def received() -> list[bytes]:
    """First line of every request that the raw server got."""
    return []


Script = Callable[[socket.socket], None]


@pytest.fixture
def serve(received: list[bytes]) -> Iterator[Callable[[Script], str]]:
    """Answer every call with the bytes that a script sends, token calls as they should be."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def answer(connection: socket.socket, script: Script) -> None:
        with connection, contextlib.suppress(OSError):
            request = _read_request(connection)
            received.append(request.split(b"\r\n", 1)[0])
            if request.startswith(b"POST /oauth/token"):
                body = b'{"code":"200","data":{"access_token":"t","expires_in":7200}}'
                head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
                connection.sendall(head + body)
            else:
                script(connection)

    def run(script: Script) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                answer(connection, script)

    def start(script: Script) -> str:
        thread = threading.Thread(target=run, args=(script,))
        threads.append(thread)
        thread.start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for thread in threads:
        thread.join(timeout=10)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _piece(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += _piece(connection)
    return head + b"\r\n\r\n" + body


def _piece(connection: socket.socket) -> bytes:
    """Return what comes next; a client that went away without a request has nothing to say."""
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionResetError
    return piece
