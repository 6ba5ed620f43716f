"""HTTP with bounds on time and size; the only module that knows the HTTP library.

What can go wrong is told as one of two things: the request was never sent, or it may have been.
Only the first is tried again here, for seconds; everything else is the queue's business.
"""

import ipaddress
import logging
import math
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import structlog
import tenacity

from xinqiao.adapters.base import TOO_LATE
from xinqiao.adapters.http.access import WebAccess
from xinqiao.adapters.http.exchange import Arrival, HttpAnswer, HttpFailure, HttpRequest
from xinqiao.adapters.http.network import DIRECT, Network
from xinqiao.adapters.http.watchdog import Watchdog
from xinqiao.clock import Clock
from xinqiao.errors import SettingsError

_log = structlog.get_logger(__name__)

SIMULATOR_HEADER = "x-xinqiao-simulator"
"""Header that every answer of the simulator carries."""

FAILURES: dict[type[Exception], tuple[Arrival, str]] = {
    httpx.ConnectTimeout: (Arrival.NEVER_SENT, "connect_timeout"),
    httpx.ConnectError: (Arrival.NEVER_SENT, "connect_failed"),
    httpx.PoolTimeout: (Arrival.NEVER_SENT, "pool_timeout"),
    httpx.ProxyError: (Arrival.NEVER_SENT, "proxy_failed"),
    httpx.UnsupportedProtocol: (Arrival.NEVER_SENT, "bad_url"),
    httpx.InvalidURL: (Arrival.NEVER_SENT, "bad_url"),
    httpx.ReadTimeout: (Arrival.MAYBE_SENT, "read_timeout"),
    httpx.WriteTimeout: (Arrival.MAYBE_SENT, "write_timeout"),
    httpx.TimeoutException: (Arrival.MAYBE_SENT, "timeout"),
    httpx.ReadError: (Arrival.MAYBE_SENT, "cut_off"),
    httpx.WriteError: (Arrival.MAYBE_SENT, "write_failed"),
    httpx.CloseError: (Arrival.MAYBE_SENT, "cut_off"),
    httpx.NetworkError: (Arrival.MAYBE_SENT, "network_failed"),
    httpx.RemoteProtocolError: (Arrival.MAYBE_SENT, "cut_off"),
    httpx.LocalProtocolError: (Arrival.MAYBE_SENT, "bad_request"),
    httpx.ProtocolError: (Arrival.MAYBE_SENT, "protocol_failed"),
    httpx.TransportError: (Arrival.MAYBE_SENT, "transport_failed"),
    httpx.DecodingError: (Arrival.MAYBE_SENT, "bad_compression"),
    httpx.TooManyRedirects: (Arrival.MAYBE_SENT, "redirected"),
    httpx.RequestError: (Arrival.MAYBE_SENT, "request_failed"),
    httpx.HTTPStatusError: (Arrival.MAYBE_SENT, "bad_status"),
    httpx.HTTPError: (Arrival.MAYBE_SENT, "http_failed"),
    httpx.CookieConflict: (Arrival.MAYBE_SENT, "bad_cookies"),
    httpx.StreamConsumed: (Arrival.MAYBE_SENT, "stream_failed"),
    httpx.StreamClosed: (Arrival.MAYBE_SENT, "stream_failed"),
    httpx.ResponseNotRead: (Arrival.MAYBE_SENT, "stream_failed"),
    httpx.RequestNotRead: (Arrival.MAYBE_SENT, "stream_failed"),
    httpx.StreamError: (Arrival.MAYBE_SENT, "stream_failed"),
}
"""Every class that the library can raise → whether the request can have arrived, and its name."""

_CAUGHT = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)


class _NotSentError(Exception):
    """Carries a failure of the kind that may be tried again to the retry loop."""

    def __init__(self, failure: HttpFailure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class _TooLateError(Exception):
    """The request was about to leave after its time."""


class _StopReadingError(Exception):
    """The answer passed a bound."""


@dataclass(frozen=True, slots=True)
class HttpBounds:
    """Bounds of every exchange.

    Attributes:
        connect: Seconds to open a connection.
        read: Seconds between two pieces of an answer, or of sending.
        total: Seconds for the whole exchange, attempts and waits included.
        attempts: Tries of what was never sent, the first included.
        reply_bytes: Largest answer that is read.
    """

    connect: float
    read: float
    total: float
    attempts: int
    reply_bytes: int


class HttpClient:
    """Exchanges with one address; a new connection each time.

    Kept-alive connections are not used: one that the other side has just closed would turn a
    delivery into an unknown one for nothing.
    """

    def __init__(
        self,
        base_url: str,
        bounds: HttpBounds,
        *,
        network: Network = DIRECT,
        loopback_only: bool = False,
        connections: int = 1,
        clock: Clock | None = None,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            base_url: Address before every path.
            bounds: Bounds of every exchange.
            network: What is trusted, what we show, and the proxy.
            loopback_only: Talk to nothing but the simulator on this machine.
            connections: How many exchanges may be under way at once.
            clock: Measures bounds, and waits between tries.

        Raises:
            SettingsError: ``loopback_only`` is asked for and the address, or the proxy, is not on
                this machine.
        """
        if loopback_only and not is_loopback(base_url):
            raise SettingsError(
                f"演练工作区只能连接本机的模拟平台，但配置的地址是「{urlsplit(base_url).netloc}」。"
                "请把 transport.base_url 改为 127.0.0.1 上的模拟平台，或改用正式工作区",
                code="rehearsal_address",
            )
        proxy = network.proxy
        if loopback_only and proxy is not None and not is_loopback(proxy.url):
            raise SettingsError(
                "演练工作区不经过别的机器上的代理服务器，请去掉 transport.proxy，或改用正式工作区",
                code="rehearsal_address",
            )
        self._base_url = base_url.rstrip("/")
        self._bounds = bounds
        self._clock = clock or Clock()
        self._simulator_unproven = loopback_only
        for name in ("httpx", "httpcore"):
            # the library logs whole addresses, and a query may hold personal data
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = httpx.Client(
            # reading all authorities takes 50 ms, and an address without TLS needs none
            verify=network.tls or urlsplit(base_url).scheme == "https",
            proxy=httpx.Proxy(proxy.url, auth=proxy.login) if proxy is not None else None,
            trust_env=False,
            follow_redirects=False,
            headers={"user-agent": "xinqiao", "accept-encoding": "identity"},
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=0),
        )

    def exchange(
        self, request: HttpRequest, send_before: float = math.inf
    ) -> HttpAnswer | HttpFailure:
        """Send ``request`` and read the answer, within the bounds.

        Args:
            request: What is sent.
            send_before: Instant of the clock's ``elapsed`` from which on its first byte may not
                leave any more.

        Raises:
            SettingsError: A rehearsal met an address that is not the simulator.
        """
        if self._simulator_unproven:
            failure = self._prove_simulator()
            if failure is not None:
                return failure
        return self._exchange(request, send_before)

    def reach(self) -> HttpFailure | None:
        """Open a connection, TLS and proxy included, over which no request leaves.

        Returns:
            Why that was not possible; None when it was.

        Raises:
            SettingsError: As :meth:`exchange`.
        """
        if self._simulator_unproven:
            return self._prove_simulator()
        began = self._clock.elapsed()
        # a request whose time is over is kept back when everything is ready for its first byte
        result = self._tried(HttpRequest("GET", "/"), began, -math.inf)
        failure = None
        if isinstance(result, HttpFailure) and result.code != TOO_LATE:
            failure = result
        _log.info(
            "http_reached",
            code="" if failure is None else failure.code,
            seconds=round(self._clock.elapsed() - began, 3),
        )
        return failure

    def close(self) -> None:
        """Give up connections."""
        self._client.close()

    def _prove_simulator(self) -> HttpFailure | None:
        answer = self._exchange(HttpRequest("GET", "/"))
        if isinstance(answer, HttpFailure):
            # what the caller wanted to send has not left
            return HttpFailure(Arrival.NEVER_SENT, answer.code)
        if SIMULATOR_HEADER not in answer.headers:
            raise SettingsError(
                f"演练工作区连接的「{urlsplit(self._base_url).netloc}」不是模拟平台，未发送任何记录。"
                "请先运行 xinqiao simulate，再核对 transport.base_url 的端口",
                code="rehearsal_address",
            )
        self._simulator_unproven = False
        return None

    def _exchange(
        self, request: HttpRequest, send_before: float = math.inf
    ) -> HttpAnswer | HttpFailure:
        began = self._clock.elapsed()
        result = self._tried(request, began, send_before)
        _log_result(request, result, self._clock.elapsed() - began)
        return result

    def _tried(
        self, request: HttpRequest, began: float, send_before: float
    ) -> HttpAnswer | HttpFailure:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_NotSentError),
            stop=tenacity.stop_after_attempt(self._bounds.attempts)
            | tenacity.stop_before_delay(self._bounds.total),
            wait=tenacity.wait_random_exponential(multiplier=0.25, max=2.0),
            sleep=self._clock.sleep,
            reraise=True,
        )
        try:
            result: HttpAnswer | HttpFailure = retrying(
                self._attempt, request, began + self._bounds.total, send_before
            )
        except _NotSentError as error:
            result = error.failure
        return result

    def _attempt(
        self, request: HttpRequest, deadline: float, send_before: float
    ) -> HttpAnswer | HttpFailure:
        received = bytearray()
        remaining = max(deadline - self._clock.elapsed(), 0.001)

        def departure() -> None:
            # the last look before the first byte: whoever was frozen until now must not send
            if self._clock.elapsed() >= min(deadline, send_before):
                raise _TooLateError

        with Watchdog(remaining, departure) as watchdog:
            try:
                return self._read(request, remaining, deadline, watchdog, received)
            except _TooLateError:
                return HttpFailure(Arrival.NEVER_SENT, TOO_LATE)
            except _StopReadingError as stop:
                return HttpFailure(Arrival.MAYBE_SENT, str(stop), bytes(received))
            except _CAUGHT as error:
                failure = _failure(error, watchdog, bytes(received))
        if failure.arrival is Arrival.NEVER_SENT:
            raise _NotSentError(failure)
        return failure

    def _read(
        self,
        request: HttpRequest,
        remaining: float,
        deadline: float,
        watchdog: Watchdog,
        received: bytearray,
    ) -> HttpAnswer:
        step = min(self._bounds.read, remaining)
        timeout = httpx.Timeout(step, connect=min(self._bounds.connect, remaining))
        with self._client.stream(
            request.method,
            self._base_url + request.path,
            params=dict(request.query) or None,
            headers=dict(request.headers),
            content=request.body,
            timeout=timeout,
            extensions={"trace": watchdog.trace},
        ) as response:
            watchdog.request_began = True
            for piece in response.iter_bytes():
                received += piece
                self._check_bounds(len(received), deadline)
            if watchdog.expired:
                # an answer without a stated length looks whole when its connection is shut down
                raise _StopReadingError("total_timeout")
            headers = {name.lower(): value for name, value in response.headers.items()}
            return HttpAnswer(response.status_code, headers, bytes(received))

    def _check_bounds(self, size: int, deadline: float) -> None:
        if size > self._bounds.reply_bytes:
            raise _StopReadingError("too_large")
        if self._clock.elapsed() > deadline:
            raise _StopReadingError("total_timeout")


def bounds_of(access: WebAccess) -> HttpBounds:
    """Return the bounds that a profile sets to every exchange with an address."""
    return HttpBounds(
        connect=access.connect_seconds,
        read=access.read_seconds,
        total=access.total_seconds,
        attempts=access.attempts,
        reply_bytes=access.reply_bytes_at_most,
    )


def is_loopback(url: str) -> bool:
    """Return whether the address names this machine by number or as ``localhost``.

    Other names are not resolved: what a name resolves to can change between check and use.
    """
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _failure(error: Exception, watchdog: Watchdog, partial: bytes) -> HttpFailure:
    arrival, code = next(FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES)
    if code == "connect_failed":
        code = _why_not_connected(error)
    elif code == "cut_off":
        code = _why_cut_off(error)
    if watchdog.tunnelling:
        # whatever became of the question to the proxy, nothing went to the platform
        arrival, code = Arrival.NEVER_SENT, "proxy_failed"
    if watchdog.expired:
        code = "total_timeout"
    if watchdog.request_began:
        arrival = Arrival.MAYBE_SENT
    return HttpFailure(arrival, code, partial)


_CERTIFICATE_PROBLEMS = {
    9: "tls_not_yet_valid",
    10: "tls_expired",
    2: "tls_unknown_authority",
    18: "tls_unknown_authority",
    19: "tls_unknown_authority",
    20: "tls_unknown_authority",
    21: "tls_unknown_authority",
    62: "tls_names_mismatch",
    64: "tls_names_mismatch",
}
"""Result of OpenSSL's check of a certificate (x509_vfy.h) → our name."""

_REFUSALS = frozenset(
    {
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "TLSV1_ALERT_ACCESS_DENIED",
        "TLSV1_ALERT_UNKNOWN_CA",
    }
)
"""Alerts (RFC 8446 §6.2) by which the other side refuses our certificate, or that there is none."""


def _why_not_connected(error: BaseException) -> str:
    names: tuple[tuple[type[OSError], str], ...] = (
        (ssl.SSLError, "tls_failed"),
        (socket.gaierror, "name_unresolved"),
        (ConnectionRefusedError, "connect_refused"),
    )
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _CERTIFICATE_PROBLEMS.get(cause.verify_code, "tls_failed")
        if _refuses_our_certificate(cause):
            return "client_certificate_refused"
        for kind, name in names:
            if isinstance(cause, kind):
                return name
    return "connect_failed"


def _why_cut_off(error: BaseException) -> str:
    # with TLS 1.3 the other side looks at our certificate after we believe to be connected: the
    # request has left by then
    refused = any(_refuses_our_certificate(cause) for cause in _causes(error))
    return "client_certificate_refused" if refused else "cut_off"


def _refuses_our_certificate(cause: BaseException) -> bool:
    return isinstance(cause, ssl.SSLError) and cause.reason in _REFUSALS


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _log_result(request: HttpRequest, result: HttpAnswer | HttpFailure, seconds: float) -> None:
    path = request.template or request.path
    log = _log.bind(method=request.method, path=path, seconds=round(seconds, 3))
    if isinstance(result, HttpAnswer):
        log.info("http_answered", status=result.status, bytes=len(result.body))
    else:
        log.warning("http_failed", arrival=result.arrival.value, code=result.code)
