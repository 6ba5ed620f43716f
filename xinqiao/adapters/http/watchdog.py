"""A bound on the wall time of one connection.

A library's read time-out counts from byte to byte: a peer that sends one byte of a header line
every few seconds keeps a call open for hours. The watchdog ends the connection from outside.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self


class Watchdog:
    """Shuts the socket of one call down when its time is up; a context manager.

    Attributes:
        expired: Whether the time was up before the call had ended.
        request_began: Whether the first byte of the request may have left.
        tunnelling: Whether a proxy was asked for a tunnel, and has not opened it.
    """

    def __init__(self, seconds: float, departure: Callable[[], None] = lambda: None) -> None:
        """Bound the call to ``seconds`` from entering the context.

        Args:
            seconds: The bound.
            departure: Called when the request is about to leave; may raise to keep it back.
        """
        self._departure = departure
        self.expired = False
        self.request_began = False
        self.tunnelling = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(max(seconds, 0.0), self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._socket = None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow the steps of a connection; the transport calls this with names of its events."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.expired:
                self._shut_down()
        elif event.endswith("send_request_headers.started"):
            request = info.get("request")
            if request is not None and request.method == b"CONNECT":
                self.tunnelling = True
            else:
                self._departure()
                self.request_began = True
        elif event.endswith("start_tls.started"):
            self.tunnelling = False

    def _expire(self) -> None:
        self.expired = True
        self._shut_down()

    def _shut_down(self) -> None:
        connection = self._socket
        if connection is not None:
            # the class's own method: that of a TLS socket would drop its TLS state under a reader;
            # an error means that the call has just ended by itself
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
