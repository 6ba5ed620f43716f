"""Making an anchor: the log is read without holding anybody up, and signed.

The head is read as any reader reads, so no writer waits for it. Only the finished anchor is written
in a transaction of its own, a few milliseconds long; whoever made the same number meanwhile was
faster, and theirs stands.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.anchors.form import NONE_BEFORE, Anchor, hash_of_text, read_anchor
from xinqiao.audit.anchors.signing import SigningKey, fingerprint
from xinqiao.audit.anchors.store import hashes, last_anchor, workspace_of
from xinqiao.audit.anchors.tree import Root
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.engine import Database
from xinqiao.database.tables import anchor as anchors
from xinqiao.database.tables import audit, audit_head
from xinqiao.errors import DamageError

WRITTEN = "anchor.written"
KEY_CHANGED = "anchor.key_changed"


@dataclass(frozen=True, slots=True)
class Before:
    """The anchor before the one to make: its number, the entry it ends with, hash and next key."""

    number: int
    last: int
    head: str
    hash: str
    key: str


def before(connection: Connection) -> Before | None:
    """Return the last anchor, as far as the next one builds on it; None for the first.

    Raises:
        DamageError: What is stored is no anchor.
    """
    stored = last_anchor(connection)
    if stored is None:
        return None
    try:
        anchor = read_anchor(stored.body)
    except ValueError as error:
        raise DamageError(
            f"第 {stored.number} 号锚点被改动过，不再往后写：请执行 xinqiao audit verify 查看",
            code="anchor_damaged",
        ) from error
    return Before(
        anchor.number,
        anchor.last,
        anchor.head,
        hash_of_text(stored.body),
        anchor.next_key or anchor.public_key,
    )


def draft(
    connection: Connection, key: SigningKey, at: datetime, next_key: str | None = None
) -> Anchor | None:
    """Return the next anchor, signed; None when the log has nothing new.

    Args:
        connection: A reading connection.
        key: The key that is in force.
        at: When.
        next_key: Public key of the one that follows, where it changes.

    Raises:
        DamageError: The log contradicts the anchor before: it is not signed as if all were well.
    """
    earlier = before(connection)
    head = connection.execute(sa.select(audit_head.c.sequence, audit_head.c.hash)).one_or_none()
    workspace = workspace_of(connection)
    if head is None or workspace is None:
        return None
    if earlier is not None:
        _refuse_rewritten(connection, earlier, head.sequence)
    first = 1 if earlier is None else earlier.last + 1
    if head.sequence < first:
        return None
    root = Root()
    for one in hashes(connection, first, head.sequence):
        root.add(one)
    anchor = Anchor(
        workspace=workspace,
        number=1 if earlier is None else earlier.number + 1,
        first=first,
        last=head.sequence,
        count=root.count,
        head=head.hash,
        root=root.hex(),
        previous=NONE_BEFORE if earlier is None else earlier.hash,
        at=at.astimezone(UTC).isoformat(timespec="seconds"),
        key=fingerprint(key.public),
        public_key=key.public,
        next_key=next_key,
    )
    return key.signed(anchor)


def keep(connection: Connection, anchor: Anchor, *, actor: str, at: datetime, reason: str) -> bool:
    """Store an anchor, audited; return False when somebody else has stored that number.

    Args:
        connection: A write transaction.
        anchor: The anchor.
        actor: Who or what has it made.
        at: When.
        reason: Why, where a person asked for it.
    """
    last = last_anchor(connection)
    if (0 if last is None else last.number) != anchor.number - 1:
        return False
    text = anchor.text
    connection.execute(
        sa.insert(anchors).values(number=anchor.number, last=anchor.last, at=anchor.at, body=text)
    )
    entries = [
        Entry(
            WRITTEN,
            reason=reason,
            details={
                "number": anchor.number,
                "last": anchor.last,
                "hash": hash_of_text(text),
                "key": anchor.key,
            },
        )
    ]
    if anchor.next_key is not None:
        entries.append(
            Entry(
                KEY_CHANGED,
                reason=reason,
                details={
                    "number": anchor.number,
                    "key": anchor.key,
                    "next_key": fingerprint(anchor.next_key),
                    "next_public_key": anchor.next_key,
                },
            )
        )
    append(connection, entries, actor=actor, at=at)
    return True


def write_anchor(
    database: Database,
    key: SigningKey,
    *,
    actor: str,
    at: datetime,
    reason: str = "",
    next_key: str | None = None,
    after: int | None = None,
) -> Anchor | None:
    """Make the next anchor and store it; None when there is nothing new, or others were faster.

    Args:
        database: Whose log.
        key: The key that is in force.
        actor: Who or what has it made.
        at: When.
        reason: Why, where a person asked for it.
        next_key: Public key of the one that follows, where it changes.
        after: Number of the anchor after which it was found due; None for any.

    Raises:
        DamageError: The log contradicts the anchor before.
    """
    with database.reading() as connection:
        last = last_anchor(connection)
        if after is not None and (0 if last is None else last.number) != after:
            return None
        made = draft(connection, key, at, next_key)
    if made is None:
        return None
    with database.writing() as connection:
        stored = keep(connection, made, actor=actor, at=at, reason=reason)
    return made if stored else None


def _refuse_rewritten(connection: Connection, earlier: Before, head: int) -> None:
    found = connection.execute(
        sa.select(audit.c.hash).where(audit.c.sequence == earlier.last)
    ).scalar_one_or_none()
    if found != earlier.head or head < earlier.last:
        raise DamageError(
            f"审计日志与第 {earlier.number} 号锚点不符，不再往后写锚点："
            "请停止操作，保留现场，执行 xinqiao audit verify 查看，报告负责人",
            code="anchor_contradicts",
        )
