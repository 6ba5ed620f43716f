"""Appending to the audit log. There is no other way in, and no way to change what is there."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.chain import Entry, body_of, hash_of
from xinqiao.database.tables import audit, audit_head
from xinqiao.errors import DamageError


def append(connection: Connection, entries: Sequence[Entry], *, actor: str, at: datetime) -> None:
    """Append ``entries`` in the caller's transaction.

    Call it last: the chain's head stays locked until the transaction ends, and every writer of
    every worker needs it.

    Raises:
        DamageError: The chain's head is missing.
    """
    if not entries:
        return
    head = connection.execute(
        sa.select(audit_head.c.sequence, audit_head.c.hash).with_for_update()
    ).one_or_none()
    if head is None:
        raise DamageError(
            "审计日志的链头不见了，数据库被改动过：请停止操作，保留现场，报告负责人",
            code="audit_head",
        )
    sequence, previous = head.sequence, head.hash
    instant = at.isoformat()
    rows = []
    for entry in entries:
        sequence += 1
        body = body_of(entry, sequence=sequence, at=at, actor=actor, previous=previous)
        previous = hash_of(body)
        rows.append(
            {
                "sequence": sequence,
                "at": instant,
                "actor": actor,
                "action": entry.action,
                "record_id": entry.record_id,
                "submission_id": entry.submission_id,
                "platform": entry.platform,
                "body": body,
                "hash": previous,
            }
        )
    connection.execute(sa.insert(audit), rows)
    connection.execute(sa.update(audit_head).values(sequence=sequence, hash=previous))
