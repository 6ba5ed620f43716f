"""How large the database is, and how many bytes a stored value takes (容量)."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.filesystem import sqlite_file

_STEP = 1024


def database_bytes(connection: Connection) -> int:
    """Return the size of the database: of SQLite's file and write-ahead log, or by the server."""
    if connection.dialect.name == "postgresql":
        statement = sa.select(sa.func.pg_database_size(sa.func.current_database()))
        return int(connection.execute(statement).scalar_one())
    file = sqlite_file(connection.engine.url)
    if file is None:
        return 0
    files = (file, Path(f"{file}-wal"))
    return sum(one.stat().st_size for one in files if one.exists())


def byte_length(column: sa.ColumnElement[Any], dialect: str) -> sa.ColumnElement[int]:
    """Return the bytes that a text or binary value takes; 0 for null.

    SQLite's ``octet_length`` is younger than the releases that are in use.
    """
    if dialect == "postgresql":
        length = sa.func.octet_length(column, type_=sa.BigInteger)
    else:
        # the type of the column must not have a say in what is cast
        plain = sa.type_coerce(column, sa.LargeBinary)
        length = sa.func.length(sa.cast(plain, sa.LargeBinary), type_=sa.BigInteger)
    return sa.func.coalesce(length, 0)


def size_text(size: int) -> str:
    """Return a number of bytes as people read it, such as ``12.3 MB``."""
    if size < _STEP:
        return f"{size} 字节"
    value = float(size)
    for unit in ("KB", "MB", "GB"):
        value /= _STEP
        if value < _STEP:
            return f"{value:.1f} {unit}"
    return f"{value / _STEP:.1f} TB"
