"""Bringing a database to the present schema with Alembic.

Alembic is imported only to upgrade; the check that every command makes is one small query.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.dialect import check_encoding
from xinqiao.database.engine import Database
from xinqiao.errors import SettingsError

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
"""Every revision of the schema, oldest first; a test compares it with the migration scripts."""


def upgrade(database: Database) -> None:
    """Create or upgrade the schema in one transaction; does nothing when it is the present one.

    Raises:
        SettingsError: The database was written by a newer program, or its encoding is not UTF-8.
    """
    with database.writing() as connection:
        upgrade_within(connection)


def upgrade_within(connection: Connection) -> None:
    """Do as :func:`upgrade` in the caller's write transaction, with which it is kept or undone."""
    from alembic import command  # noqa: PLC0415 - only this function needs it
    from alembic.config import Config  # noqa: PLC0415 - the same

    config = Config()
    config.set_main_option("script_location", "xinqiao:database/migrations")
    config.set_main_option("path_separator", "os")
    current = revision_of(connection)
    _refuse_newer(current, connection)
    if current != REVISIONS[-1]:
        check_encoding(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_set_up(database: Database) -> bool:
    """Tell whether the database holds a hub's tables, of whatever version."""
    with database.reading() as connection:
        return revision_of(connection) is not None


def check(database: Database) -> None:
    """Refuse a database that is not at the present schema.

    Raises:
        SettingsError: Says whether to upgrade the database or the program.
    """
    with database.reading() as connection:
        current = revision_of(connection)
        _refuse_newer(current, connection)
    if current != REVISIONS[-1]:
        raise SettingsError(
            f"数据库 {database.url.database} 不是当前版本的表结构："
            "请对工作区再执行一次 xinqiao init，补全或升级",
            code="schema_old",
        )


def revision_of(connection: Connection) -> str | None:
    """Return the revision of the schema; None without a hub's tables."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    statement = sa.text("SELECT version_num FROM alembic_version")
    return connection.execute(statement).scalar_one_or_none()


def _refuse_newer(current: str | None, connection: Connection) -> None:
    if current is not None and current not in REVISIONS:
        raise SettingsError(
            f"数据库 {connection.engine.url.database} 是更新版本的信桥写的："
            "请升级程序后再用，数据未改动",
            code="schema_new",
        )
