"""Looking over an exchange database before its first use: server, columns, permission, clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from xinqiao.adapters.base import Probe
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.exchange_db.complaints import complaint
from xinqiao.adapters.exchange_db.connection import ExchangeDatabase, NotReachedError
from xinqiao.adapters.exchange_db.exchange import Exchange
from xinqiao.adapters.exchange_db.footing import has_transactions, has_unique_key
from xinqiao.adapters.exchange_db.statements import Statements

Check = tuple[str, bool, str]
"""What was checked, whether it passed, Chinese remark."""

_CLOCK_TOLERANCE = timedelta(minutes=1)
_VERSIONS = {
    "sqlite": "SELECT sqlite_version()",
    "postgresql": "SELECT version()",
    "mysql": "SELECT version()",
    "oracle": "SELECT banner FROM v$version WHERE ROWNUM = 1",
    "sqlserver": "SELECT @@VERSION",
    "dameng": "SELECT banner FROM v$version WHERE ROWNUM = 1",
}
"""Family → question for the version text."""

_UTC = {
    "postgresql": "SELECT CURRENT_TIMESTAMP",
    "mysql": "SELECT UTC_TIMESTAMP(6)",
    "oracle": "SELECT SYS_EXTRACT_UTC(SYSTIMESTAMP) FROM DUAL",
    "sqlserver": "SELECT CAST(SYSUTCDATETIME() AS datetime)",
}
"""Family → question for the time in UTC. SQLite has this machine's clock."""


def probe(exchange: Exchange) -> Probe:
    """Return the checks of the tables that rows are put into. Writes no row."""
    database = exchange.database
    checks: list[Check] = []
    try:
        with database.transaction() as connection:
            checks.append(connection_check("前置库连接", database, connection))
            offset = _clock_offset(exchange, connection)
        for statements in exchange.statements.values():
            checks += _table_checks(database, statements)
    except NotReachedError as error:
        checks.append(("前置库连接", False, error.complaint.message))
        return Probe(ok=False, checks=tuple(checks))
    checks.append(_clock_check(offset))
    return Probe(
        ok=all(passed for _, passed, _ in checks),
        checks=tuple(checks),
        clock_offset=None if offset is None else offset.total_seconds(),
    )


def connection_check(title: str, database: ExchangeDatabase, connection: Connection) -> Check:
    """Return make and version of the server that answers."""
    try:
        told = connection.execute(sa.text(_VERSIONS[database.family])).scalar()
    except SQLAlchemyError:
        connection.rollback()
        return title, True, f"可以连通；{database.dialect.title} 没有说明版本"
    version = " ".join(str(told).split())[:80]
    return title, True, f"可以连通：{database.dialect.title}，{version}"


def failed(title: str, error: Exception, family: str) -> Check:
    """Return the check that ``error`` makes fail."""
    return title, False, complaint(error, family).message


def _table_checks(database: ExchangeDatabase, statements: Statements) -> list[Check]:
    """Try each column, then whether rows may be put in; every try has a transaction of its own."""
    title = f"表 {statements.table.name}"
    missing = []
    for column in statements.table.columns:
        try:
            with database.transaction() as connection:
                statements.try_reading(connection, column)
        except SQLAlchemyError as error:
            told = complaint(error, database.family)
            if told.code != "column_missing":
                return [(title, False, told.message)]
            missing.append(column.name)
    if missing:
        return [(title, False, f"表中没有这些列：{'、'.join(missing)}")]
    try:
        with database.transaction() as connection:
            statements.try_writing(connection)
    except SQLAlchemyError as error:
        return [(title, True, "各列都可读"), failed(f"{title} 写入权限", error, database.family)]
    unlike = _of_another_type(database, statements)
    if unlike:
        words = f"这些列的类型与平台配置不符：{'、'.join(unlike)}；请更正其 type"
        return [(title, False, words)]
    return [(title, True, "各列都可读，可以写入"), *_footing_checks(title, database, statements)]


def _of_another_type(database: ExchangeDatabase, statements: Statements) -> list[str]:
    """Return columns that do not take values of the type that the profile gives them."""
    unlike = []
    for column in statements.written:
        try:
            with database.transaction() as connection:
                statements.try_storing(connection, column)
        except SQLAlchemyError as error:
            if complaint(error, database.family).code == "type_mismatch":
                unlike.append(column.name)
    return unlike


def _footing_checks(title: str, database: ExchangeDatabase, statements: Statements) -> list[Check]:
    """Ask whether rows will be there once and wholly."""
    unique_title, undoing_title = f"{title} 行标识", f"{title} 事务"
    try:
        with database.transaction() as connection:
            undoes = has_transactions(connection, statements, database.family)
            unique = has_unique_key(connection, statements, database.family)
    except SQLAlchemyError as error:
        return [failed(undoing_title, error, database.family)]
    undoing = [] if undoes else [(undoing_title, False, words_for("no_transactions"))]
    return [*undoing, (unique_title, unique is not False, _UNIQUE[unique])]


_UNIQUE = {
    True: "行标识列有唯一索引",
    False: "行标识列没有唯一索引：提交时断线后补报，同一行可能写入两次；请对方在该列建唯一索引",
    None: "看不到索引，请向对方确认行标识列有唯一索引",
}
"""Whether the row key is unique → remark."""


def _clock_offset(exchange: Exchange, connection: Connection) -> timedelta | None:
    question = _UTC.get(exchange.database.family)
    if question is None:
        return None
    try:
        told: Any = connection.execute(sa.text(question)).scalar()
    except SQLAlchemyError:
        return None
    if not isinstance(told, datetime):
        return None
    return (told if told.tzinfo is not None else told.replace(tzinfo=UTC)) - exchange.clock.now()


def _clock_check(offset: timedelta | None) -> Check:
    if offset is None:
        return "前置库时钟", True, "没有说明时区，未核对"
    seconds = offset.total_seconds()
    if abs(offset) <= _CLOCK_TOLERANCE:
        return "前置库时钟", True, f"相差 {abs(seconds):.0f} 秒"
    side = "快" if seconds > 0 else "慢"
    words = f"前置库时钟比本机{side} {abs(seconds):.0f} 秒，请校准本机时钟"
    return "前置库时钟", False, words
