"""A real MariaDB server of the machine's own package, on a socket, and fresh databases of it."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pymysql

_START_SECONDS = 60.0


class UnavailableError(Exception):
    """No server can be started on this machine."""


class MariaDb:
    """A running server, reached by its socket as root without a password."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self._numbers = count(1)

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Give the name of a database that nobody used before; dropped at the end."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            yield name
        finally:
            self.run(f"DROP DATABASE {name}")

    def run(self, statement: str) -> None:
        """Run a statement as the administrator."""
        with pymysql.connect(unix_socket=str(self.socket), user="root") as connection:
            connection.cursor().execute(statement)


@contextmanager
def running() -> Iterator[MariaDb]:
    """Start a server in a folder of its own, and stop it at the end.

    Raises:
        UnavailableError: There is no ``mariadbd`` here, or it does not start.
    """
    server, install = shutil.which("mariadbd"), shutil.which("mariadb-install-db")
    if server is None or install is None:
        raise UnavailableError("mariadbd is not installed")
    # the path of a socket may not be long
    folder = Path(tempfile.mkdtemp(prefix="xq-my-", dir="/tmp"))
    try:
        user = ["--user=root"] if os.geteuid() == 0 else []
        common = ["--no-defaults", *user, f"--datadir={folder / 'data'}"]
        made = subprocess.run(
            [install, *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if made.returncode:
            raise UnavailableError(f"mariadb-install-db: {made.stderr.strip()[-200:]}")
        yield from _serving([server, *common], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serving(command: list[str], folder: Path) -> Iterator[MariaDb]:
    socket = folder / "socket"
    options = [
        "--skip-networking",
        f"--socket={socket}",
        f"--pid-file={folder / 'pid'}",
        # the server is thrown away with its data: nothing need survive a power cut
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=32M",
        "--skip-log-bin",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, *options], stdout=log, stderr=log)
    try:
        until = time.monotonic() + _START_SECONDS
        while not _answers(socket):
            if process.poll() is not None or time.monotonic() > until:
                words = (folder / "log").read_text("utf-8", "replace").strip()[-300:]
                raise UnavailableError(f"mariadbd did not start: {words}")
            time.sleep(0.1)
        yield MariaDb(socket)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answers(socket: Path) -> bool:
    if not socket.exists():
        return False
    try:
        pymysql.connect(unix_socket=str(socket), user="root").close()
    except pymysql.Error:
        return False
    return True
