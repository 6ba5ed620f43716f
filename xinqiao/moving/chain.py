"""The audit logs of both sides: proven whole, and by them a copy is known again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.verification.chain import verify
from xinqiao.database.migration import REVISIONS, revision_of
from xinqiao.database.tables import audit, audit_head, metadata
from xinqiao.errors import DamageError, RefusedError

COPIED = "database.copied"
"""Action of the first entry that is the copy's own."""

REFUSED = "database.copy_refused"
"""Action of the entry on a move that was not allowed."""

_EMPTY_ONE = "请由管理员另建一个空库（编码 UTF8），再执行本命令"


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a log: its number, 0 in an empty one, and its hash."""

    sequence: int
    hash: str


def proven_head(connection: Connection, side: str, progress: Callable[[int], None]) -> Head:
    """Verify the whole log and return its head.

    Args:
        connection: A transaction.
        side: Which database it is, in Chinese.
        progress: Called now and then with the number of entries read.

    Raises:
        DamageError: The chain does not hold.
    """
    found = verify(connection, progress)
    if not found.ok:
        raise DamageError(
            f"{side}的审计链不完整（{found.message}），没有搬：请停止操作，保留现场，报告负责人",
            code="audit_chain",
        )
    row = connection.execute(sa.select(audit_head.c.sequence, audit_head.c.hash)).one()
    return Head(row.sequence, row.hash)


def finished_copy(ours: Connection, theirs: Connection, place: str) -> dict[str, Any] | None:
    """Look what stands in the target.

    Args:
        ours: The source.
        theirs: The target.
        place: Where the target is, for people.

    Returns:
        None for a target without any of our tables; for one that holds the finished copy of the
        source as it is now, what its log says of the copying.

    Raises:
        RefusedError: It holds something else, or a copy that the source has left behind.
        DamageError: Both went their own ways since the copying.
    """
    names = set(sa.inspect(theirs).get_table_names())
    if not names & {*metadata.tables, "alembic_version"}:
        return None
    if not names >= set(metadata.tables) or revision_of(theirs) != REVISIONS[-1]:
        raise RefusedError(
            f"目标库 {place} 里已有同名的表，不会混在一起：{_EMPTY_ONE}", code="target_taken"
        )
    copying = _copying(theirs)
    if copying is None or _hash_at(ours, copying["sequence"] - 1) != copying["previous"]:
        raise RefusedError(
            f"目标库 {place} 里有别的数据，不是本库的副本，没有动它：{_EMPTY_ONE}",
            code="target_foreign",
        )
    if not _went_on(ours, copying["sequence"]):
        details: dict[str, Any] = copying["details"]
        return details
    if not _went_on(theirs, copying["sequence"] + 1):
        raise RefusedError(
            f"目标库 {place} 里是本库较早的一份副本，复制以后本库又有新的记录：{_EMPTY_ONE}",
            code="target_behind",
        )
    raise DamageError(
        f"本库和目标库 {place} 在复制以后各有新的记录，不能再合并："
        "请停止两边的报送，报告负责人，查明哪一边向平台报送过",
        code="target_diverged",
    )


def _copying(connection: Connection) -> dict[str, Any] | None:
    """Return the entry with which a copy's own part of the log begins."""
    body = connection.execute(
        sa.select(audit.c.body).where(audit.c.action == COPIED).order_by(audit.c.sequence)
    ).scalar()
    plain: dict[str, Any] | None = json.loads(body) if body is not None else None
    return plain


def _hash_at(connection: Connection, sequence: int) -> str | None:
    """Return the hash of an entry; it stands for everything that led to it."""
    statement = sa.select(audit.c.hash).where(audit.c.sequence == sequence)
    return connection.execute(statement).scalar_one_or_none()


def _went_on(connection: Connection, sequence: int) -> bool:
    """Tell whether anything was done from that entry on; a move that was refused is nothing."""
    done = sa.exists().where(audit.c.sequence >= sequence, audit.c.action != REFUSED)
    found: bool = connection.execute(sa.select(done)).scalar_one()
    return found
