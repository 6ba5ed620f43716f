"""Opening the database, and the two kinds of transaction on it.

On SQLite a write transaction begins with ``BEGIN IMMEDIATE``: a read that is upgraded to a write
later would fail at once without waiting. Reads begin plainly, so they never queue behind a writer.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from xinqiao.errors import BusyError, DamageError, SettingsError, XinqiaoError

_WRITES = "xinqiao_writes"


class Database:
    """One database of one workspace.

    Args:
        url: SQLAlchemy URL.
        busy_seconds: How long a writer waits for another one.
    """

    def __init__(self, url: str, busy_seconds: float = 30) -> None:
        """Prepare the engine; nothing is opened before the first transaction."""
        self.url = sa.engine.make_url(url)
        self.engine = _create(self.url, busy_seconds)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose statements see one consistent state."""
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a write transaction: commits at the end, or undoes everything."""
        with self._transaction(writes=True) as connection:
            yield connection

    def close(self) -> None:
        """Give up all connections."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                connection = connection.execution_options(**{_WRITES: writes})  # noqa: PLW2901 - the option belongs to this connection
                with connection.begin():
                    yield connection
        except DBAPIError as error:
            translated = _translate(error, self.url)
            if translated is None:
                raise
            raise translated from error


def _create(url: sa.URL, busy_seconds: float) -> Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = sa.create_engine(
        url,
        connect_args={"timeout": busy_seconds},
        hide_parameters=True,  # they hold records; an error message must not
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    # the driver's own transaction handling would begin too late; see the module's docstring
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _translate(error: DBAPIError, url: sa.URL) -> XinqiaoError | None:
    """Turn what the driver says into what a person can do; None for anything unforeseen."""
    text = str(error.orig)
    place = url.database or str(url)
    table = (
        ("locked", BusyError(f"数据库 {place} 正被另一个程序写入，请稍后再试", code="locked")),
        (
            "readonly",
            SettingsError(
                f"数据库 {place} 只能读不能写：请检查文件和所在文件夹的权限", code="read_only"
            ),
        ),
        (
            "unable to open",
            SettingsError(
                f"打不开数据库 {place}：请检查文件夹是否存在、本用户能否写入"
                "（只是查看也要能写该文件夹；在只读的盘上请先复制出来）",
                code="unopened",
            ),
        ),
        (
            "not a database",
            DamageError(f"{place} 不是数据库文件或已损坏：请停止写入，从备份恢复", code="damaged"),
        ),
        (
            "malformed",
            DamageError(f"数据库 {place} 已损坏：请停止写入，从备份恢复", code="damaged"),
        ),
        (
            "Could not decode",
            DamageError(f"数据库 {place} 里有不是文字的内容：请停止写入，查明原因", code="damaged"),
        ),
        ("disk is full", SettingsError(f"磁盘已满，无法写入 {place}；清理后再试", code="disk")),
        (
            "no such table",
            SettingsError(
                f"数据库 {place} 还没有建表：请执行 xinqiao init 补全工作区", code="no_tables"
            ),
        ),
    )
    for mark, translated in table:
        if mark in text:
            return translated
    return None
