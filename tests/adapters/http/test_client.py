import socket
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
import respx

from tests.support import WaitlessClock
from xinqiao.adapters.http.client import FAILURES, HttpBounds, HttpClient, is_loopback
from xinqiao.adapters.http.exchange import Arrival, HttpAnswer, HttpFailure, HttpRequest
from xinqiao.adapters.http.network import Network, Proxy
from xinqiao.errors import SettingsError

Serve = Callable[[Callable[[socket.socket], None]], str]
BOUNDS = HttpBounds(connect=1.0, read=2.0, total=5.0, attempts=3, reply_bytes=4096)
POST = HttpRequest("POST", "/x", body=b"{}")


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(waits: list[float]) -> Iterator[Callable[..., HttpClient]]:
    made = []

    def make(
        url: str = "https://platform.test",
        bounds: HttpBounds = BOUNDS,
        *,
        loopback_only: bool = False,
    ) -> HttpClient:
        one = HttpClient(url, bounds, loopback_only=loopback_only, clock=WaitlessClock(waits))
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


def descendants(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(descendants(inner) for inner in kind.__subclasses__()))


ROOTS = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)


def test_every_class_the_library_can_raise_has_a_place_of_its_own() -> None:
    raised = set[type[Exception]]().union(*map(descendants, ROOTS))
    public = {
        kind
        for kind in vars(httpx).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert raised == set(FAILURES)
    assert public <= set(FAILURES)


def test_only_what_fails_before_the_first_byte_counts_as_never_sent() -> None:
    never = {kind for kind, (arrival, _) in FAILURES.items() if arrival is Arrival.NEVER_SENT}
    assert never == {
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
        httpx.InvalidURL,
    }


def an_error(kind: type[Exception]) -> Exception:
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("POST", "https://platform.test/x")
        return httpx.HTTPStatusError("x", request=request, response=httpx.Response(500))
    if kind in {
        httpx.StreamConsumed,
        httpx.StreamClosed,
        httpx.ResponseNotRead,
        httpx.RequestNotRead,
    }:
        return kind()
    return kind("x")


@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.__name__)
def test_each_becomes_a_failure_and_only_the_unsent_are_tried_again(
    kind: type[Exception], client: Callable[..., HttpClient], waits: list[float]
) -> None:
    with respx.mock() as router:
        route = router.post("https://platform.test/x").mock(side_effect=an_error(kind))
        result = client().exchange(POST)
    assert isinstance(result, HttpFailure)
    assert result.arrival is FAILURES[kind][0]
    unsent = result.arrival is Arrival.NEVER_SENT
    assert route.call_count == (3 if unsent else 1)
    assert len(waits) == route.call_count - 1
    assert all(0 <= wait <= 2 for wait in waits)


def test_a_later_try_may_succeed(client: Callable[..., HttpClient]) -> None:
    with respx.mock() as router:
        route = router.post("https://platform.test/x")
        route.side_effect = [httpx.ConnectTimeout("x"), httpx.Response(200, text="ok")]
        result = client().exchange(POST)
    assert isinstance(result, HttpAnswer)
    assert (result.status, result.body) == (200, b"ok")


def test_a_refused_connection_is_named_and_never_sent(client: Callable[..., HttpClient]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = client(f"http://127.0.0.1:{port}").exchange(POST)
    assert result == HttpFailure(Arrival.NEVER_SENT, "connect_refused")


def test_tries_end_with_the_total_bound() -> None:
    waits: list[float] = []
    bounds = HttpBounds(connect=0.1, read=0.1, total=0.0001, attempts=9, reply_bytes=4096)
    one = HttpClient("https://platform.test", bounds, clock=WaitlessClock(waits))
    with respx.mock() as router:
        route = router.post("https://platform.test/x").mock(side_effect=httpx.ConnectError("x"))
        one.exchange(POST)
    one.close()
    assert route.call_count < 9


def test_a_redirect_is_an_answer_and_is_not_followed(client: Callable[..., HttpClient]) -> None:
    with respx.mock() as router:
        route = router.post("https://platform.test/x").respond(
            302, headers={"location": "https://elsewhere.test/"}
        )
        result = client().exchange(POST)
    assert isinstance(result, HttpAnswer)
    assert (result.status, route.call_count) == (302, 1)


def test_a_redirect_to_nonsense_was_sent_all_the_same(
    serve: Serve, client: Callable[..., HttpClient]
) -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://x:abc/\r\nContent-Length: 0\r\n\r\n"
        )

    result = client(serve(script)).exchange(POST)
    assert isinstance(result, HttpFailure)
    assert result.arrival is Arrival.MAYBE_SENT


def test_an_error_of_connecting_after_the_request_began_does_not_count_as_unsent(
    client: Callable[..., HttpClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def stream(*_: object, extensions: dict[str, Callable[..., None]], **__: object) -> None:
        calls.append(1)
        extensions["trace"]("http11.send_request_headers.started", {})
        raise httpx.ConnectError("x")

    monkeypatch.setattr(httpx.Client, "stream", stream)
    result = client().exchange(POST)
    assert isinstance(result, HttpFailure)
    assert (result.arrival, len(calls)) == (Arrival.MAYBE_SENT, 1)


def test_the_surroundings_name_no_proxy(
    client: Callable[..., HttpClient],
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    def script(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    assert isinstance(client(serve(script)).exchange(POST), HttpAnswer)


def timed(one: HttpClient) -> tuple[HttpAnswer | HttpFailure, float]:
    began = time.monotonic()
    result = one.exchange(POST)
    return result, time.monotonic() - began


SHORT = HttpBounds(connect=1.0, read=0.5, total=0.6, attempts=3, reply_bytes=4096)


def trickle(head: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(40):
            time.sleep(0.1)
            connection.sendall(piece)

    return script


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n{", b"x"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"", b"H"),
    ],
    ids=["body", "body without a stated length", "headers", "status line"],
)
def test_a_trickling_answer_ends_with_the_total_bound(
    head: bytes,
    piece: bytes,
    serve: Serve,
    client: Callable[..., HttpClient],
    received: list[bytes],
) -> None:
    result, seconds = timed(client(serve(trickle(head, piece)), SHORT))
    assert isinstance(result, HttpFailure)
    assert (result.arrival, result.code) == (Arrival.MAYBE_SENT, "total_timeout")
    assert 0.5 < seconds < 3
    assert len(received) == 1


def test_silence_ends_with_the_read_bound_and_is_sent_once(
    serve: Serve, client: Callable[..., HttpClient], received: list[bytes]
) -> None:
    result, seconds = timed(client(serve(lambda _: time.sleep(1.5)), SHORT))
    assert result == HttpFailure(Arrival.MAYBE_SENT, "read_timeout")
    assert seconds < 1.4
    assert len(received) == 1


@pytest.mark.parametrize(
    "sent",
    [
        b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"code":"2',
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{"code":"2\r\n',
    ],
    ids=["stated length", "chunked"],
)
def test_an_answer_cut_in_the_middle_keeps_what_came_as_evidence(
    sent: bytes, serve: Serve, client: Callable[..., HttpClient]
) -> None:
    result = client(serve(lambda connection: connection.sendall(sent))).exchange(POST)
    assert result == HttpFailure(Arrival.MAYBE_SENT, "cut_off", b'{"code":"2')


def test_a_connection_closed_without_an_answer_may_have_arrived(
    serve: Serve, client: Callable[..., HttpClient], received: list[bytes]
) -> None:
    result = client(serve(lambda _: None)).exchange(POST)
    assert result == HttpFailure(Arrival.MAYBE_SENT, "cut_off")
    assert len(received) == 1


def test_a_too_large_answer_is_not_read_to_its_end(
    serve: Serve, client: Callable[..., HttpClient]
) -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    result = client(serve(script)).exchange(POST)
    assert isinstance(result, HttpFailure)
    assert (result.arrival, result.code) == (Arrival.MAYBE_SENT, "too_large")
    assert len(result.partial) < 1_000_000


def test_a_broken_compression_may_have_arrived(
    serve: Serve, client: Callable[..., HttpClient]
) -> None:
    sent = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nno gzip"
    result = client(serve(lambda connection: connection.sendall(sent))).exchange(POST)
    assert result == HttpFailure(Arrival.MAYBE_SENT, "bad_compression")


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:80", True),
        ("http://localhost:1", True),
        ("http://127.0.0.1.evil.test", False),
        ("http://127.0.0.1@evil.test", False),
        ("http://localhost.evil.test", False),
        ("http://0.0.0.0", False),
        ("http://10.0.0.1", False),
        ("https://credit-shandong.invalid", False),
    ],
)
def test_only_this_machine_is_loopback(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback


def test_a_rehearsal_refuses_a_foreign_address_before_anything_is_sent() -> None:
    with respx.mock(assert_all_called=False) as router:
        route = router.route()
        with pytest.raises(SettingsError, match="只能连接本机"):
            HttpClient("https://platform.test", BOUNDS, loopback_only=True)
    assert not route.called


def test_a_rehearsal_goes_through_no_proxy_of_another_machine() -> None:
    network = Network(proxy=Proxy("http://10.0.0.1:3128"))
    with pytest.raises(SettingsError, match="代理服务器"):
        HttpClient("http://127.0.0.1:1", BOUNDS, network=network, loopback_only=True)


def test_a_rehearsal_sends_nothing_to_what_is_not_the_simulator(
    serve: Serve, client: Callable[..., HttpClient], received: list[bytes]
) -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    one = client(serve(script), loopback_only=True)
    for _ in range(2):
        with pytest.raises(SettingsError, match="不是模拟平台"):
            one.exchange(POST)
    assert received == [b"GET / HTTP/1.1"] * 2


def test_a_rehearsal_proves_the_simulator_once(
    serve: Serve, client: Callable[..., HttpClient], received: list[bytes]
) -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nX-Xinqiao-Simulator: 1\r\nContent-Length: 2\r\n\r\nok"
        )

    one = client(serve(script), loopback_only=True)
    assert isinstance(one.exchange(POST), HttpAnswer)
    assert isinstance(one.exchange(POST), HttpAnswer)
    assert received == [b"GET / HTTP/1.1", b"POST /x HTTP/1.1", b"POST /x HTTP/1.1"]


def test_when_the_proof_fails_on_the_way_the_request_was_never_sent(
    serve: Serve, client: Callable[..., HttpClient], received: list[bytes]
) -> None:
    result = client(serve(lambda _: None), loopback_only=True).exchange(POST)
    assert result == HttpFailure(Arrival.NEVER_SENT, "cut_off")
    assert received == [b"GET / HTTP/1.1"]


def test_a_connection_is_closed_after_its_answer(
    serve: Serve, client: Callable[..., HttpClient]
) -> None:
    after: list[bytes] = []

    def script(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.settimeout(5)
        after.append(connection.recv(1))

    one = client(serve(script))
    assert all(isinstance(one.exchange(POST), HttpAnswer) for _ in range(3))
    assert b"".join(after) == b""
