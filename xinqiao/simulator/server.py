"""HTTP/1.1 on loopback: reads requests whole, delivers answers in the manner they ask for."""

import re
import select
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event
from typing import Any
from urllib.parse import parse_qsl

from xinqiao.simulator.answers import Answer, Manner
from xinqiao.simulator.application import Application
from xinqiao.simulator.request import Request

MOST_BODY_BYTES = 20_000_000
"""Largest body that is read, in bytes (20 MB)."""

_LENGTH = re.compile(r"[0-9]{1,18}")
_LOOK_SECONDS = 0.05
_IDLE_SECONDS = 120.0
_TRICKLE_PIECES = 20
_DRAIN_BYTES = 4 * MOST_BODY_BYTES


class SimulatorServer(ThreadingHTTPServer):
    """A stand-in on 127.0.0.1.

    Args:
        application: What answers the requests.
        port: Port to listen on; 0 for any that is free.
        latency: Seconds that every call takes: half of them before it is taken, half after.

    Attributes:
        application: What answers the requests.
        stopping: Set when the server ends, so that no hanging answer outlives it.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, application: Application, port: int, latency: float = 0.0) -> None:
        self.application = application
        self._latency = latency
        self.stopping = Event()
        super().__init__(("127.0.0.1", port), _Handler)

    def linger(self, request: Request) -> None:
        """Wait for half the latency of a call of the platform's own."""
        if self._latency and not request.path.startswith("/_control/"):
            self.stopping.wait(self._latency / 2)

    def server_bind(self) -> None:
        """Bind without asking a name server for our own name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of a mistake of our own in one line; a client that went away is none."""
        del request, client_address
        error = sys.exception()
        if error is None or isinstance(error, OSError):
            return
        # The message of an exception could hold a field's value; its type and place cannot.
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        line = f"line {place.tb_lineno}" if place else "nowhere"
        sys.stderr.write(f"simulator_error {type(error).__name__} {line}\n")


class _Handler(BaseHTTPRequestHandler):
    server: SimulatorServer
    protocol_version = "HTTP/1.1"
    server_version = "xinqiao-simulator"
    sys_version = ""
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1  # header and body leave together
    _clock_offset = 0.0

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *args: Any, **named: Any) -> None:
        """Say nothing: the journal knows what came."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer in JSON what the base class finds wrong with a request line or its headers."""
        del message, explain
        self.close_connection = True
        self._deliver(self.server.application.trouble(code, "4000"))

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            return
        path, _, query = self.path.partition("?")
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        request = Request(
            method=self.command,
            path=path,
            parameters=dict(parse_qsl(query)),
            token=token.strip() if scheme.lower() == "bearer" else "",
            body=body,
            headers={name.lower(): text for name, text in self.headers.items()},
        )
        self.server.linger(request)
        answer = self.server.application.answer(request)
        self.server.linger(request)
        self._deliver(answer)

    def _read_body(self) -> bytes | None:
        """Return the body, or None after the request was answered or the client went away."""
        announced = self.headers.get("Content-Length", "0" if self.command == "GET" else "")
        if "Transfer-Encoding" in self.headers or not announced:
            self.send_error(411)
            return None
        if not _LENGTH.fullmatch(announced):
            self.send_error(400)
            return None
        length = int(announced)
        if length > MOST_BODY_BYTES:
            self.close_connection = True
            self._deliver(self.server.application.trouble(413, "4130"))
            self._drain(min(length, _DRAIN_BYTES))
            return None
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return None
        return body

    def _drain(self, length: int) -> None:
        # A client that is still sending would otherwise meet a reset instead of the answer.
        while length > 0:
            piece = self.rfile.read1(min(length, 65536))
            if not piece:
                return
            length -= len(piece)

    def _deliver(self, answer: Answer) -> None:
        if answer.manner is Manner.SILENT:
            self.close_connection = True
            self._hold(answer.seconds)
            return
        self.close_connection = self.close_connection or answer.manner is Manner.HALF
        self._send_head(answer)
        if answer.manner is Manner.HALF:
            self.wfile.write(answer.body[: len(answer.body) // 2])
        elif answer.manner is Manner.TRICKLE:
            self._trickle(answer)
        elif self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the date of an answer: that of the platform's clock, right or wrong."""
        instant = time.time() if timestamp is None else timestamp
        return super().date_time_string(instant + self._clock_offset)

    def _send_head(self, answer: Answer) -> None:
        self._clock_offset = answer.clock_offset
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("X-Xinqiao-Simulator", "1")
        for name, text in answer.headers.items():
            self.send_header(name, text)
        if self.close_connection and answer.manner is Manner.WHOLE:
            self.send_header("Connection", "close")
        self.end_headers()

    def _hold(self, seconds: float) -> None:
        """Wait until the client gives up, ``seconds`` have passed or the server ends."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not _gone(self.connection):
            if self.server.stopping.wait(_LOOK_SECONDS):
                return

    def _trickle(self, answer: Answer) -> None:
        step = -(-len(answer.body) // _TRICKLE_PIECES) or 1
        starts = range(0, len(answer.body), step)
        for start in starts:
            self.wfile.flush()
            if self.server.stopping.wait(answer.seconds / len(starts)):
                self.close_connection = True
                return
            self.wfile.write(answer.body[start : start + step])


def _gone(connection: socket.socket) -> bool:
    readable, _, _ = select.select([connection], [], [], 0)
    if not readable:
        return False
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return True
