"""A PostgreSQL server that can be ended at once and started again under load."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from tests.postgresql import started

_ENDS_WITHIN_SECONDS = 30.0


class DatabaseServer:
    """A server of its own, with every commit as durable as a crash of the server needs.

    Args:
        server: As the package gives it.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self._uri: str = server.get_uri()
        self._numbers = count(1)

    def fresh(self) -> str:
        """Return the URL of a new, empty database."""
        name = f"crash_{next(self._numbers)}"
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} ENCODING UTF8 TEMPLATE template0".encode())
        return self._uri.replace("/postgres?", f"/{name}?")

    def quit_at_once(self) -> None:
        """End the server as a crash would: no checkpoint, every connection cut."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        ends_at = time.monotonic() + _ENDS_WITHIN_SECONDS
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() < ends_at, "the server does not end"
            time.sleep(0.05)

    def start_again(self) -> None:
        """Start it where it crashed: it recovers by its own log."""
        self._server.ensure_postgres_running()


@contextmanager
def database_server(folder: Path | None = None) -> Iterator[DatabaseServer]:
    """Start a server in ``folder``, or in a folder of its own, and end it at the end.

    Raises:
        UnavailableError: No server can be started on this machine.
    """
    # the path of a socket may not be long
    made = folder or Path(tempfile.mkdtemp(prefix="xq-crash-", dir="/tmp"))
    made.mkdir(exist_ok=True)
    try:
        server = started(made)
        try:
            yield DatabaseServer(server)
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(made, ignore_errors=True)
