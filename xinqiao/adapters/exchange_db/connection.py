"""One exchange database: how it is opened, and what is refused in a rehearsal (前置库连接)."""

import ipaddress
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from xinqiao.adapters.base import Surroundings
from xinqiao.adapters.exchange_db.complaints import Complaint, complaint
from xinqiao.adapters.exchange_db.dialects import Bounds, Dialect, dialect_of
from xinqiao.adapters.exchange_db.layout import DatabaseTimes
from xinqiao.errors import SettingsError

MARKER = "XINQIAO_SIMULATOR"
"""Table by which the stand-in marks a database as its own."""

_WRITES = "xinqiao_writes"


class NotReachedError(Exception):
    """The database could not be opened, or broke off before anything was committed.

    Attributes:
        complaint: What that means.
    """

    def __init__(self, told: Complaint) -> None:
        super().__init__(told.code)
        self.complaint = told


class ExchangeDatabase:
    """One database. Each transaction has a connection of its own, closed at its end.

    A connection that was kept could have died meanwhile, and would turn a delivery into an unknown
    one for nothing. Nothing here looks at what tables there are (no reflection).

    Args:
        url: Address of a profile.
        times: Bounds of connecting and of each statement.
        surroundings: Credentials, folder of the workspace, whether it is a rehearsal.
        prefix: Beginning of the names of the credentials: ``database`` or ``feedback``.

    Raises:
        SettingsError: The driver is not installed, a credential is missing, or a rehearsal names
            a database that is not on this machine.
    """

    def __init__(
        self, url: str, times: DatabaseTimes, surroundings: Surroundings, prefix: str = "database"
    ) -> None:
        address = sa.make_url(url)
        self.dialect: Dialect = dialect_of(address)
        self._rehearsal = surroundings.rehearsal
        self._bounds = Bounds(times.connect_seconds, times.statement_seconds)
        if self._rehearsal:
            _refuse_other_machines(address, surroundings.root)
        self._engine = self._made(_whole_url(address, self.dialect, surroundings, prefix))

    @property
    def family(self) -> str:
        """Whose error codes the database uses."""
        return self.dialect.family

    @contextmanager
    def transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        """Give a connection in a transaction that is undone unless it is committed by hand.

        Args:
            writes: Whether rows are to be changed.

        Raises:
            NotReachedError: It could not be opened.
            SettingsError: In a rehearsal, the database is not the stand-in's.
        """
        try:
            connection = self._engine.connect().execution_options(**{_WRITES: writes})
        except (SQLAlchemyError, OSError, ValueError) as error:
            raise NotReachedError(complaint(error, self.family, connecting=True)) from None
        try:
            if self._rehearsal:
                self._refuse_foreign(connection)
            yield connection
        finally:
            _close(connection)

    def close(self) -> None:
        """Give up everything."""
        self._engine.dispose()

    def _made(self, url: sa.URL) -> Engine:
        try:
            engine = sa.create_engine(
                url,
                poolclass=sa.NullPool,
                connect_args=self.dialect.arguments(self._bounds),
                hide_parameters=True,  # they hold records; an error message must not
                **self.dialect.options,
            )
        except (ImportError, NoSuchModuleError):
            raise SettingsError(
                f"没有安装连接 {self.dialect.title} 的驱动，"
                f"请执行 pip install 'xinqiao[{self.dialect.extra}]'",
                code="driver_missing",
            ) from None
        if self.dialect.family == "sqlite":
            event.listen(engine, "connect", _leave_transactions_to_us)
            event.listen(engine, "begin", _begin)
        if self.dialect.on_connect is not None:
            event.listen(engine, "connect", self._set_on_connect)
        return engine

    def _set_on_connect(self, connection: Any, _record: Any) -> None:
        if self.dialect.on_connect is not None:
            self.dialect.on_connect(connection, self._bounds)

    def _refuse_foreign(self, connection: Connection) -> None:
        marker = sa.table(sa.quoted_name(MARKER, quote=True))
        try:
            connection.execute(sa.select(sa.func.count()).select_from(marker)).scalar_one()
        except SQLAlchemyError as error:
            told = complaint(error, self.family)
            if told.code != "table_missing":
                raise NotReachedError(told) from None
            raise SettingsError(
                "演练工作区只能使用模拟平台的前置库，但配置的库里没有模拟平台的标记。"
                "请把 transport.url 改为模拟平台的库，或改用正式工作区",
                code="rehearsal_address",
            ) from None


def _close(connection: Connection) -> None:
    """Undo what was not committed. Should that fail, the server undoes it when the line ends."""
    try:
        connection.close()
    except (SQLAlchemyError, OSError):
        connection.invalidate()


def _whole_url(
    address: sa.URL, dialect: Dialect, surroundings: Surroundings, prefix: str
) -> sa.URL:
    if dialect.family == "sqlite":
        path = surroundings.root / (address.database or "")
        # a file that is not there is no new, empty database: this opens one, and creates none
        options = {"mode": "rw", "uri": "true"}
        return sa.URL.create("sqlite", database=f"file:{quote(str(path))}", query=options)
    given = surroundings.credentials.values
    user, password = given.get(f"{prefix}_user", ""), given.get(f"{prefix}_password")
    if not user:
        raise SettingsError(
            f"缺少前置库的用户名（凭据 {prefix}_user），请在 secrets 目录中补上",
            code="credentials",
        )
    return address.set(drivername=dialect.drivername, username=user, password=password)


def _refuse_other_machines(address: sa.URL, root: Path) -> None:
    if address.drivername == "sqlite":
        here = (root / (address.database or "")).resolve().is_relative_to(root.resolve())
    else:
        here = _is_here(address)
    if not here:
        raise SettingsError(
            "演练工作区只能连接本机的模拟平台，但配置的前置库不在本机（SQLite 文件须在工作区内）。"
            "请把 transport.url 改为模拟平台的库，或改用正式工作区",
            code="rehearsal_address",
        )


def _is_here(address: sa.URL) -> bool:
    """Tell whether an address is this machine's by number, by ``localhost`` or by a socket."""
    places = [address.query.get(name) for name in ("host", "unix_socket")]
    sockets = [place for place in places if isinstance(place, str)]
    if address.host is None:
        return bool(sockets) and all(place.startswith("/") for place in sockets)
    if sockets:
        return False  # two places: which of them counts depends on the driver
    if address.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.host).is_loopback
    except ValueError:
        return False


def _leave_transactions_to_us(connection: sqlite3.Connection, _record: Any) -> None:
    # the driver's own handling would begin a transaction only with the first change
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    # a look that becomes a change later would fail at once when somebody else writes
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
