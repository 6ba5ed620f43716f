"""The last look before the first byte: whoever comes too late sends nothing at all."""

import contextlib
import math
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.adapters.conftest import FrozenClock
from xinqiao.adapters.base import TOO_LATE, Credentials, Outcome, SealedBatch, Surroundings
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.http.client import HttpBounds, HttpClient
from xinqiao.adapters.http.exchange import Arrival, HttpAnswer, HttpFailure, HttpRequest
from xinqiao.adapters.profile import load_profile
from xinqiao.clock import Clock

POST = HttpRequest("POST", "/x", body=b"{}")
BOUNDS = HttpBounds(connect=5, read=5, total=60, attempts=3, reply_bytes=4096)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Connect = Callable[..., ProfileConnector]


class FreezingClock(Clock):
    """The clock of a process that is frozen once, just before its request leaves.

    Args:
        seconds: How long it is frozen.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._looks = 0

    def elapsed(self) -> float:
        # the exchange begins, its try begins: the third look is the one before the first byte
        self._looks += 1
        return super().elapsed() + (self._seconds if self._looks > 2 else 0)


class Listener:
    """A server that notes every connection, and every byte that came over it."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.connections: list[bytes] = []
        self._last: tuple[str, int] | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while True:
            connection, address = self._listener.accept()
            with connection:
                if address == self._last:
                    return
                self.connections.append(self._read(connection))

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        came = b""
        with contextlib.suppress(OSError):
            while piece := connection.recv(4096):
                came += piece
                if came.endswith(b"{}"):
                    connection.sendall(ANSWER)
                    break
        return came

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections; everything that came before is noted by then."""
        if not self._thread.is_alive():
            return
        with socket.socket() as last:
            last.bind(("127.0.0.1", 0))
            self._last = last.getsockname()
            # connections are taken in order: this one ends the server
            last.connect(self._listener.getsockname())
            self._thread.join(10)
        self._listener.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener(socket.create_server(("127.0.0.1", 0)))
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize(
    ("frozen", "allowed", "arrives"),
    [
        (0, 5, True),
        (3, 5, True),
        (6, 5, False),
        (0, -1, False),
        (59, math.inf, True),
        (61, math.inf, False),
    ],
    ids=[
        "in time",
        "frozen for a moment",
        "frozen past its time",
        "late from the start",
        "frozen within the bound of the exchange",
        "frozen past the bound of the exchange",
    ],
)
def test_a_request_that_is_late_when_it_would_leave_sends_not_one_byte(
    listener: Listener, frozen: float, allowed: float, *, arrives: bool
) -> None:
    client = HttpClient(listener.url, BOUNDS, clock=FreezingClock(frozen))
    result = client.exchange(POST, Clock().elapsed() + allowed)
    client.close()
    listener.stop()
    if arrives:
        assert isinstance(result, HttpAnswer)
        assert len(listener.connections) == 1
        assert listener.connections[0].startswith(b"POST /x")
    else:
        assert result == HttpFailure(Arrival.NEVER_SENT, TOO_LATE)
        assert listener.connections == [b""], "one connection, given up before the first byte"


def test_a_submission_that_is_too_late_may_be_sent_again_and_is_not_tried_again_here(
    connect: Connect,
    serve: Callable[[Callable[[socket.socket], None]], str],
    received: list[bytes],
    batch: SealedBatch,
    clock: FrozenClock,
) -> None:
    connector = connect(serve(lambda connection: connection.sendall(ANSWER)))
    reply = connector.submit(batch, clock.elapsed() - 1)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, TOO_LATE)
    assert reply.message
    assert [line.split()[1] for line in received] == [b"/oauth/token"]
    assert clock.sleeps == []


def test_a_submission_in_time_leaves(
    connect: Connect,
    serve: Callable[[Callable[[socket.socket], None]], str],
    received: list[bytes],
    batch: SealedBatch,
    clock: FrozenClock,
) -> None:
    connector = connect(serve(lambda connection: connection.sendall(ANSWER)))
    reply = connector.submit(batch, clock.elapsed() + 60)
    assert reply.outcome is Outcome.IN_DOUBT, "an empty answer explains nothing"
    assert len(received) == 2


def without_question(url: str, clock: FrozenClock) -> ProfileConnector:
    """A platform with neither a trial question nor a token."""
    whole = load_profile("credit_shandong", {"transport": {"base_url": url}})
    operations = whole.operations.model_copy(update={"probe": None})
    profile = whole.model_copy(update={"operations": operations, "authentication": ()})
    secrets = Credentials({"client_id": "county", "client_secret": "x"})
    settings = {"organisation_code": "11370323MB2826290X"}
    return build(profile, Surroundings(secrets, clock, settings=settings))


def test_a_check_that_can_ask_nothing_opens_a_connection_and_claims_no_more(
    listener: Listener, clock: FrozenClock
) -> None:
    connector = without_question(listener.url, clock)
    probe = connector.probe()
    connector.close()
    listener.stop()
    assert listener.connections == [b""], "one connection, and not one byte"
    assert probe.ok
    assert [name for name, _, _ in probe.checks] == ["网络", "认证", "时钟"]
    assert all("未核对" in remark for _, _, remark in probe.checks[1:])


def test_a_check_that_can_ask_nothing_finds_nobody_at_home(clock: FrozenClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    connector = without_question(f"http://127.0.0.1:{port}", clock)
    probe = connector.probe()
    connector.close()
    assert not probe.ok
    assert [(name, passed) for name, passed, _ in probe.checks] == [("网络", False)]
