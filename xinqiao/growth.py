"""How large the database has become, whether the disk has room for it, and what to do (容量)."""

import shutil
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from xinqiao.config.workspace import Workspace
from xinqiao.connections import read_connections
from xinqiao.database.engine import Database
from xinqiao.database.filesystem import sqlite_file
from xinqiao.database.size import database_bytes, size_text
from xinqiao.database.tables import audit_head
from xinqiao.errors import SettingsError
from xinqiao.intake.leftovers import old_workbooks
from xinqiao.queue.pruning import Estimate, estimate
from xinqiao.retention import cutoff_before

_GIGABYTE = 1024**3
_LEAST_FREE = _GIGABYTE
_LARGE = 20 * _GIGABYTE
_LARGE_SQLITE = 5 * _GIGABYTE

_PRUNE = "xinqiao prune --dry-run"


def capacity(workspace: Workspace, database: Database, now: datetime) -> str:
    """Return size, growth and free space for people, with advice, in Chinese.

    Nothing here reads more than a few hundred rows, however large the database is.

    Raises:
        SettingsError: The disk is nearly full, or could not hold the database once more, which a
            backup, an upgrade and PostgreSQL's own upkeep may need.
    """
    days = workspace.settings.retention.payload_days
    cutoff = cutoff_before(now, days, read_connections(workspace).kept_days)
    with database.reading() as connection:
        size = database_bytes(connection)
        entries = connection.execute(sa.select(audit_head.c.sequence)).scalar_one_or_none() or 0
        old = estimate(connection, cutoff)
    files = len(old_workbooks(workspace.var / "findings", cutoff.at))
    told = f"数据库 {size_text(size)}，审计日志 {entries} 条"
    told += _prunable(old, files, days) + _large(size, database.dialect)
    file = sqlite_file(database.url)
    return f"{told}；{_room(file, size, workspace.var, told)}"


def _prunable(old: Estimate, files: int, days: int) -> str:
    parts = []
    if old.batches:
        more = "以上" if old.more else ""
        parts.append(f"{old.batches} 批{more}报文和回复（至少 {size_text(old.bytes)}）")
    if files:
        parts.append(f"{files} 个疑点表、待更正表文件")
    if not parts:
        return f"；没有 {days} 天以前须清理的报文"
    return f"；{days} 天以前的{'、'.join(parts)}可以清理：{_PRUNE}"


def _large(size: int, dialect: str) -> str:
    if dialect == "sqlite" and size > _LARGE_SQLITE:
        return (
            f"；SQLite 文件已超过 {size_text(_LARGE_SQLITE)}，建议改用 PostgreSQL 或清理：{_PRUNE}"
        )
    if size > _LARGE:
        return f"；数据库已超过 {size_text(_LARGE)}，建议清理：{_PRUNE}"
    return ""


def _room(file: Path | None, size: int, var: Path, told: str) -> str:
    """Return the free space where the database lies, else where the program writes."""
    folder = file.parent if file is not None else var
    free = shutil.disk_usage(folder).free
    # a server's disk is not seen from here
    needed = max(_LEAST_FREE, size) if file is not None else _LEAST_FREE
    if free < needed:
        raise SettingsError(
            f"{told}；{folder} 所在磁盘只剩 {size_text(free)}，至少要有 {size_text(needed)}："
            f"请腾出空间或换更大的磁盘，可清理的用 {_PRUNE} 查看",
            code="disk_full",
        )
    return f"磁盘可用 {size_text(free)}"
