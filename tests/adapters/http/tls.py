"""A TLS server of one's own, and a proxy, on this machine."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Serve = Callable[[socket.socket], None]


@dataclass
class Server:
    """Serves each connection in a thread of its own until it is stopped.

    Attributes:
        serve: What is done with a connection.
        came: What a server was asked, in order; filled by ``serve``.
    """

    serve: Serve
    listener: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0)), init=False
    )
    threads: list[threading.Thread] = field(default_factory=list, init=False)

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    def start(self) -> None:
        self._run(self._accept)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(10)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self._run(partial(self._handle, connection))

    def _handle(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with connection, contextlib.suppress(OSError):
            self.serve(connection)

    def _run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        self.threads.append(thread)
        thread.start()


def read_head(connection: socket.socket) -> bytes:
    """Return the head of a request, byte by byte: what follows it may not be for us."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        if not piece:
            raise ConnectionResetError
        head += piece
    return head


def read_body(connection: socket.socket, head: bytes) -> None:
    """Take the whole body: what is left unread when a connection is closed resets it."""
    _, _, length = head.lower().partition(b"content-length:")
    left = int(length.split(b"\r\n")[0])
    while left:
        piece = connection.recv(left)
        if not piece:
            raise ConnectionResetError
        left -= len(piece)


def tls_server(context: ssl.SSLContext, came: list[bytes]) -> Server:
    """Return a server that answers every request that it could read; ``came`` has their lines."""

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            head = read_head(encrypted)
            came.append(head.split(b"\r\n")[0])
            read_body(encrypted, head)
            encrypted.sendall(ANSWER)

    return Server(serve)


def proxy(came: list[bytes], refusal: bytes = b"") -> Server:
    """Return a proxy that opens tunnels and forwards requests to this machine.

    Args:
        came: Head of every request that came.
        refusal: What is answered in place of doing it; ``cut`` ends the connection.
    """

    def serve(connection: socket.socket) -> None:
        head = read_head(connection)
        came.append(head)
        if refusal:
            connection.sendall(refusal if refusal != b"cut" else b"")
            return
        method, target, _ = head.split(b"\r\n")[0].split(b" ")
        if method != b"CONNECT":
            read_body(connection, head)
            connection.sendall(ANSWER)
            return
        port = int(target.rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port), 10) as onward:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(onward, connection))
            back.start()
            _copy(connection, onward)
            back.join(10)

    return Server(serve)


def _copy(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)
