"""Opening a workspace's database, and noticing when it is lost, exchanged or misused.

A mark in ``secrets/`` names the founding entry of the database that belongs to the workspace. As
long as the mark is there, no new and empty database ever takes the old one's place by itself:
everything reported so far would be forgotten, and reported again.
"""

import getpass
import os
import uuid
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError

from xinqiao.audit.anchors.keeping import key_in_force
from xinqiao.audit.founding import founding, record_founding
from xinqiao.audit.holdings import note_existing
from xinqiao.clock import Clock
from xinqiao.config.workspace import Workspace
from xinqiao.database.engine import Database
from xinqiao.database.filesystem import check_filesystem, sqlite_file
from xinqiao.database.migration import check, is_set_up, upgrade
from xinqiao.errors import DamageError, SettingsError
from xinqiao.queue.counts import recount


def open_database(workspace: Workspace) -> Database:
    """Return the workspace's database, at the present schema and surely the right one.

    Raises:
        SettingsError: There is none yet, its schema is another, its URL cannot be used, or a
            rehearsal is to be used for real records.
        DamageError: It is lost, or not the one that the workspace began with.
    """
    database = _database(workspace)
    if _is_missing(database):
        raise _lost(workspace, database)
    check(database)
    with database.reading() as connection:
        _check_founding(connection, workspace)
    return database


def prepare_database(workspace: Workspace) -> None:
    """Create or upgrade the workspace's database, and note what the workspace was made for.

    Raises:
        SettingsError: As :func:`open_database`; or SQLite's file would lie on a network file
            system.
        DamageError: As :func:`open_database`; nothing new was made in its place.
    """
    database = _database(workspace)
    if _is_missing(database) and _mark(workspace).exists():
        raise _lost(workspace, database)
    if _is_missing(database):
        check_filesystem(database.url)
    upgrade(database)
    with database.writing() as connection:
        record_founding(
            connection,
            workspace=str(uuid.uuid4()),
            rehearsal=workspace.settings.workspace.rehearsal,
            actor=person(),
            at=Clock().now(),
        )
        _check_founding(connection, workspace)
        recount(connection)
        note_existing(connection, actor=person(), at=Clock().now())
        found = founding(connection)
        if found is not None and not _mark(workspace).exists():
            _write_mark(_mark(workspace), found.hash)
    key_in_force(workspace.anchor_key_file, database, actor=person(), at=Clock().now())
    database.close()


def person() -> str:
    """Return the name under which the person at the keyboard is logged in.

    Who works under an account that several share, or as its administrator, by way of ``sudo``
    is told by their own name.
    """
    own = os.environ.get("SUDO_USER", "").strip()
    if own:
        return own
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def database_at(url: str, busy_seconds: float, told_by: str) -> Database:
    """Return the database at ``url``; nothing is opened yet.

    Args:
        url: SQLAlchemy URL.
        busy_seconds: How long a writer waits for another one.
        told_by: Where a person wrote the URL, in Chinese.

    Raises:
        SettingsError: The URL cannot be used, or the driver is not installed.
    """
    try:
        return Database(url, busy_seconds)
    except (ArgumentError, ValueError):
        # not as its cause: a password with a sign that must be written otherwise may stand there
        raise SettingsError(
            f"数据库地址（{told_by}）不能用："
            "写法如 sqlite:////文件夹/xinqiao.db 或 postgresql://用户:密码@服务器/库名，"
            "密码里的 @ : / ? # % 要写成 %40 %3A %2F %3F %23 %25",
            code="database_url",
        ) from None
    except ImportError as error:
        raise SettingsError(
            "还没有安装这种数据库的驱动：PostgreSQL 请执行 pip install 'xinqiao[postgresql]'",
            code="database_driver",
        ) from error


def _database(workspace: Workspace) -> Database:
    return database_at(
        workspace.database_url,
        workspace.settings.database.busy_seconds,
        "xinqiao.toml 的 database.url，或环境变量 XINQIAO_DATABASE_URL",
    )


def _is_missing(database: Database) -> bool:
    if database.dialect != "sqlite":
        return not is_set_up(database)
    file = sqlite_file(database.url)
    return file is not None and not file.exists()


def _lost(workspace: Workspace, database: Database) -> SettingsError | DamageError:
    file = database.url.database
    if not _mark(workspace).exists():
        return SettingsError(
            f"还没有数据库 {file}，或还没有建表：请对工作区执行 xinqiao init",
            code="database_missing",
        )
    return DamageError(
        f"数据库 {file} 不见了：请从备份恢复。不会新建空库，否则已报送的会全部忘记并重复报送",
        code="database_lost",
    )


def _check_founding(connection: Connection, workspace: Workspace) -> None:
    found = founding(connection)
    mark = ""
    with suppress(FileNotFoundError):
        mark = _mark(workspace).read_text("utf-8").strip()
    if mark and (found is None or found.hash != mark):
        raise DamageError(
            "这个数据库不是本工作区建立时的那一个（与 secrets/founding.txt 不符）："
            "请停止操作，从备份恢复原来的数据库",
            code="database_exchanged",
        )
    if found is not None and found.rehearsal and not workspace.settings.workspace.rehearsal:
        raise SettingsError(
            "这是演练工作区，不能改作正式使用：请恢复 xinqiao.toml 的 rehearsal = true，"
            "正式报送另用 xinqiao init 新建",
            code="rehearsal",
        )


def _mark(workspace: Workspace) -> Path:
    return workspace.root / "secrets" / "founding.txt"


def _write_mark(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
