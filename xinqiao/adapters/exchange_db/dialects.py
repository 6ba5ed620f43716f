"""The databases that rows can be put into: driver, extra to install, how it counts time-outs.

A time-out given in the wrong unit is either none at all or an outage, and drivers do not agree:
达梦 counts milliseconds where the others count seconds. Facts from the drivers' own documents;
those of 达梦 from public reports of its users.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry

_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""Seconds and tries until a line that went dead is noticed."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds to connect, and seconds for one statement."""

    connect: float
    statement: float


Arguments = Callable[[Bounds], dict[str, Any]]
"""Bounds → arguments of the driver's ``connect``."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one make of database is reached.

    Attributes:
        title: Name that people know it by.
        drivername: SQLAlchemy's name of dialect and driver.
        extra: Extra of this package that installs the driver; empty where Python brings it.
        arguments: Arguments of the driver's ``connect``.
        options: Further options of the engine.
        family: Whose error codes it uses.
        on_connect: What is set on a driver's connection that has no argument for it.
    """

    title: str
    drivername: str
    extra: str
    family: str
    arguments: Arguments
    options: Mapping[str, Any] = field(default_factory=dict)
    on_connect: Callable[[Any, Bounds], None] | None = None


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _whole(seconds: float) -> int:
    return ceil(seconds)


def _sqlite(bounds: Bounds) -> dict[str, Any]:
    return {"timeout": bounds.statement}


def _postgresql(bounds: Bounds) -> dict[str, Any]:
    statement = _milliseconds(bounds.statement)
    of_the_server = {
        "statement_timeout": statement,
        "lock_timeout": statement,
        # what is open when this process is frozen must not come to be committed long afterwards
        "idle_in_transaction_session_timeout": 2 * statement,
    }
    return {
        "connect_timeout": _whole(bounds.connect),
        "application_name": "xinqiao",
        "client_encoding": "utf8",
        "options": " ".join(f"-c {name}={value}" for name, value in of_the_server.items()),
        "tcp_user_timeout": statement,
        **_KEEPALIVE,
    }


def _mysql(bounds: Bounds) -> dict[str, Any]:
    seconds = _whole(bounds.statement)
    return {
        "connect_timeout": _whole(bounds.connect),
        # a little longer than the server waits for a lock, so that its own word comes first
        "read_timeout": seconds + 1,
        "write_timeout": seconds + 1,
        "charset": "utf8mb4",
        "autocommit": False,
        # without it a text that is too long is cut, and a wrong character replaced, in silence
        "init_command": (
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES', "
            f"SESSION innodb_lock_wait_timeout = {seconds}"
        ),
    }


def _oracle(bounds: Bounds) -> dict[str, Any]:
    return {"tcp_connect_timeout": bounds.connect}


def _limit_oracle_calls(connection: Any, bounds: Bounds) -> None:
    connection.call_timeout = _milliseconds(bounds.statement)


def _sqlserver(bounds: Bounds) -> dict[str, Any]:
    return {
        "login_timeout": _whole(bounds.connect),
        "timeout": _whole(bounds.statement),
        "charset": "UTF-8",
        "autocommit": False,
    }


def _dameng(bounds: Bounds) -> dict[str, Any]:
    return {
        # measured with dmPython 2.6.1: 1500 ends after 4 s, 3000 after 7.3 s, since it tries twice
        "login_timeout": _milliseconds(bounds.connect / 2),
        "connection_timeout": _milliseconds(bounds.statement),
        "autoCommit": False,
    }


_PLAIN_POSTGRESQL = "postgresql+psycopg"
_RELATED_TO_POSTGRESQL = "xinqiao_postgresql_family.psycopg"
registry.register(
    _RELATED_TO_POSTGRESQL,
    "xinqiao.adapters.exchange_db.postgresql_family",
    "RelatedToPostgresql",
)


def _related(title: str) -> Dialect:
    drivername = _RELATED_TO_POSTGRESQL.replace(".", "+")
    return Dialect(title, drivername, "postgresql", "postgresql", _postgresql)


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "sqlite": Dialect("SQLite", "sqlite", "", "sqlite", _sqlite),
        "postgresql": Dialect(
            "PostgreSQL", _PLAIN_POSTGRESQL, "postgresql", "postgresql", _postgresql
        ),
        "highgo": _related("瀚高（HighGo）"),
        "kingbase": _related("人大金仓（Kingbase）"),
        "vastbase": _related("海量（Vastbase）"),
        "mysql": Dialect("MySQL", "mysql+pymysql", "mysql", "mysql", _mysql),
        "mariadb": Dialect("MariaDB", "mariadb+pymysql", "mysql", "mysql", _mysql),
        "oracle": Dialect(
            "Oracle",
            "oracle+oracledb",
            "oracle",
            "oracle",
            _oracle,
            on_connect=_limit_oracle_calls,
        ),
        "sqlserver": Dialect("SQL Server", "mssql+pymssql", "sqlserver", "sqlserver", _sqlserver),
        "dm": Dialect("达梦（DM）", "dm+dmPython", "dameng", "dameng", _dameng),
    }
)
"""First word of an address → the database."""


def dialect_of(url: sa.URL) -> Dialect:
    """Return the database that ``url``, an address of a profile, names."""
    return DIALECTS[url.drivername]
