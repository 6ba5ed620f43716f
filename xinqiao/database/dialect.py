"""Everything that differs between SQLite and PostgreSQL, in one place.

A write transaction begins at once as one: on SQLite with ``BEGIN IMMEDIATE``, since a read that is
upgraded to a write later would fail without waiting; on PostgreSQL by taking a lock of the whole
database, since every write appends to one audit chain and would wait for it anyway, only later and
in an order in which two could wait for each other. Reads see one state throughout and never queue.
"""

import sqlite3
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError

from xinqiao.clock import SHANGHAI, Clock
from xinqiao.errors import DamageError, SettingsError

APPEND_ONLY = "audit entries are append-only"

_WRITES = "xinqiao_writes"
_TURN = 0x78696E71  # "xinq": number of the lock under which PostgreSQL's writers queue
_CONNECT_SECONDS = 10
_STATEMENT_SECONDS = 600
_IDLE_TIMES = 2
"""An idle writer loses its turn after so many times the patience of those who wait for it."""

_DRIVERS = frozenset({"postgresql", "postgresql+psycopg"})

_POOL: dict[str, Any] = {"poolclass": sa.QueuePool, "max_overflow": -1}
"""A connection for every thread: how many threads there are is bounded where they are made."""

_SHANGHAI_OFFSET = "+8 hours"

_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""Seconds and tries until one side notices that the other's machine or the line is gone.

By default that takes hours, and the lock under which writers queue would be held as long.
"""


def create_engine(url: sa.URL, busy_seconds: float) -> Engine:
    """Return the engine for ``url``; nothing is opened yet.

    Args:
        url: SQLAlchemy URL; of PostgreSQL the driver need not be named.
        busy_seconds: How long a writer waits for another one.

    Raises:
        ImportError: The driver is not installed.
        ArgumentError: No such database, or no such driver of it, is supported.
    """
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            url,
            connect_args={"timeout": busy_seconds},
            **_POOL,
            hide_parameters=True,  # they hold records; an error message must not
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if url.drivername not in _DRIVERS:
        raise ArgumentError(f"{url.drivername} is not supported")
    of_the_server = {
        "lock_timeout": round(busy_seconds * 1000),
        # whoever is frozen in the middle of a transaction must not hold the others up for ever
        "idle_in_transaction_session_timeout": round(busy_seconds * _IDLE_TIMES * 1000),
        "statement_timeout": _STATEMENT_SECONDS * 1000,
        "timezone": "UTC",
        **{f"tcp_{name}": value for name, value in _KEEPALIVE.items()},
    }
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "application_name": "xinqiao",
            "client_encoding": "utf8",
            "options": " ".join(f"-c {name}={value}" for name, value in of_the_server.items()),
            **_KEEPALIVE,
        },
        hide_parameters=True,
        pool_pre_ping=True,
        **_POOL,
    )


def begin_options(url: sa.URL, *, writes: bool) -> dict[str, Any]:
    """Return the options of a connection on which a transaction is about to begin."""
    if url.get_backend_name() == "sqlite":
        return {_WRITES: writes}
    if writes:
        return {"isolation_level": "READ COMMITTED"}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def take_turn(connection: Connection) -> None:
    """Wait until no other write transaction is open; SQLite has waited at its beginning."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_TURN)))


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # the driver's own transaction handling would begin too late; see the module's docstring
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def database_time(connection: Connection, clock: Clock) -> datetime:
    """Return the instant by which leases and due times are judged.

    Several machines share one PostgreSQL and their clocks may differ, so there the server's clock
    counts. SQLite is used on one machine, whose clock it is.
    """
    if connection.dialect.name == "postgresql":
        instant: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return instant
    return clock.now()


def check_encoding(connection: Connection) -> None:
    """Refuse a database of PostgreSQL in which some name could not be written.

    Raises:
        SettingsError: Its encoding is not UTF-8; that of SQLite always is.
    """
    if connection.dialect.name != "postgresql":
        return
    encoding = connection.execute(sa.text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise SettingsError(
            f"数据库的编码是 {encoding}，存不下所有汉字：请由管理员另建编码为 UTF8 的库",
            code="database_encoding",
        )


def release_of(connection: Connection) -> str:
    """Return name and release of the database's program."""
    if connection.dialect.name == "postgresql":
        release = connection.execute(sa.text("SHOW server_version")).scalar_one()
        return f"PostgreSQL {release}"
    release = connection.execute(sa.text("SELECT sqlite_version()")).scalar_one()
    return f"SQLite {release}"


def size_of(connection: Connection) -> int:
    """Return how much room the database takes, in bytes; SQLite's journal is not counted."""
    if connection.dialect.name == "postgresql":
        statement = "SELECT pg_database_size(current_database())"
    else:
        statement = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    size: int = connection.execute(sa.text(statement)).scalar_one()
    return size


def in_byte_order(connection: Connection, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return ``column`` for an order that is the same everywhere, whatever a server's language."""
    if connection.dialect.name == "postgresql" and isinstance(column.type, sa.String):
        return sa.collate(column, "C")
    return column


def local_day(connection: Connection, column: sa.ColumnElement[Any]) -> sa.ColumnElement[date]:
    """Return the legal date of an instant, in Asia/Shanghai, as the database works it out.

    SQLite knows no zones. Shanghai has had one offset since 1991, before any instant we keep. The
    words are no parameters, so that the same expression may stand in ``GROUP BY``.
    """
    if connection.dialect.name == "postgresql":
        zone: sa.ColumnElement[str] = sa.literal_column(f"'{SHANGHAI.key}'")
        return sa.cast(sa.func.timezone(zone, column), sa.Date)
    offset: sa.ColumnElement[str] = sa.literal_column(f"'{_SHANGHAI_OFFSET}'")
    return sa.func.date(column, offset, type_=sa.Date)


def note_growth(connection: Connection, table: sa.Table) -> None:
    """Let PostgreSQL look at a table that grows fast: it plans by what it saw last.

    By itself it looks only after a while, and meanwhile reads the whole table for every question.
    SQLite plans by its indexes.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {table.name}")


def continue_numbers(connection: Connection, column: sa.Column[Any]) -> None:
    """Let the numbers that the database makes for ``column`` go on after the largest there is.

    SQLite does so by itself.
    """
    largest = connection.execute(sa.select(sa.func.max(column))).scalar_one()
    if connection.dialect.name == "postgresql" and largest is not None:
        sequence = sa.func.pg_get_serial_sequence(column.table.name, column.name)
        connection.execute(sa.select(sa.func.setval(sequence, largest)))


def self_check(connection: Connection) -> str:
    """Return release and state of the database for people, in Chinese.

    Raises:
        DamageError: The database is damaged, or the triggers of the audit log are gone.
        SettingsError: The database cannot hold Chinese text.
    """
    if connection.dialect.name == "postgresql":
        check_encoding(connection)
        found = f"{release_of(connection)}，编码 UTF8"
        # one that is switched off is still there, but refuses nothing
        triggers = sa.text(
            "SELECT count(*) FROM pg_trigger WHERE tgname = 'audit_append_only' "
            "AND tgrelid = 'audit'::regclass AND tgenabled IN ('O', 'A')"
        )
        expected = 1
    else:
        state = connection.execute(sa.text("PRAGMA quick_check(1)")).scalar_one()
        if state != "ok":
            raise DamageError(f"数据库自检未通过：{state}；请停止写入，从备份恢复")
        found = f"{release_of(connection)}，自检通过"
        triggers = sa.text(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_no_%'"
        )
        expected = 2
    if connection.execute(triggers).scalar_one() != expected:
        raise DamageError(
            "审计日志的防改触发器不见了，数据库被改动过：请停止操作，保留现场，报告负责人",
            code="audit_triggers",
        )
    return found


def append_only_triggers(dialect: str, table: str = "audit") -> list[str]:
    """Return the statements that make the database refuse UPDATE and DELETE of a table's rows.

    Args:
        dialect: ``sqlite`` or ``postgresql``.
        table: The log, or another table that is only ever added to.
    """
    if dialect == "postgresql":
        name = f"{table}_append_only"
        function = (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$"
        )
        trigger = (
            f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
        return [function, trigger]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
        for verb in ("UPDATE", "DELETE")
    ]
