"""Proving that the audit log is whole: every entry as written, none missing, none added."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError

from xinqiao.audit.chain import ALGORITHM, FORMAT, GENESIS, hash_of
from xinqiao.database.complaints import explain
from xinqiao.database.tables import audit, audit_head
from xinqiao.errors import DamageError

_CHUNK = 2000
_COLUMNS = {
    "sequence": "sequence",
    "at": "at",
    "actor": "actor",
    "action": "action",
    "record_id": "record",
    "submission_id": "submission",
    "platform": "platform",
}
"""Column → the name under which the entry's text says the same."""

_ORDER = (*_COLUMNS, "body", "hash")
_HASH = len(_ORDER) - 1


@dataclass(frozen=True, slots=True)
class Verification:
    """What the check found.

    Attributes:
        entries: How many entries were read.
        ok: Whether the whole chain holds.
        first_bad: Number of the first entry that does not hold or is missing, or None. Whoever
            changes an entry and its hash betrays himself at the entry after it.
        damage: ``changed``, ``removed``, ``inserted``, ``reordered``, ``cut_off`` (the end is
            missing), ``head`` (the last entry and the head contradict each other),
            ``unknown_format``, or empty.
        message: The same in Chinese.
    """

    entries: int
    ok: bool
    first_bad: int | None = None
    damage: str = ""
    message: str = ""


_MESSAGES = {
    "changed": "第 {number} 条被改动过：内容与校验值不符",
    "removed": "第 {number} 条缺失：有记录被删除",
    "inserted": "第 {number} 条不属于这条链：是后来插入的，或它前面的记录被换过",
    "reordered": "第 {number} 条的编号与内容不符：记录被调换过顺序",
    "cut_off": "第 {number} 条起缺失：日志的末尾被截断",
    "head": "第 {number} 条与链头不符：最后一条或链头被改动过",
    "unknown_format": "第 {number} 条的格式本程序不认识：请用更新版本的信桥验证",
}


def verify(connection: Connection, progress: Callable[[int], None] | None = None) -> Verification:
    """Read the whole log in order, in bounded memory, and stop at the first entry that is bad.

    Args:
        connection: A reading connection.
        progress: Called now and then with the number of entries read.
    """
    expected, previous = 1, GENESIS
    for rows in _chunks(connection):
        for row in rows:
            if not _fits(row, expected, previous):
                damage = _damage(row, expected, previous)
                if damage:
                    number = expected if damage == "removed" else row[0]
                    return _bad(expected - 1, number, damage)
            expected, previous = expected + 1, row[_HASH]
        if progress is not None and len(rows) == _CHUNK:
            progress(expected - 1)
    return _end(connection, expected - 1, previous)


def _end(connection: Connection, count: int, last_hash: str) -> Verification:
    head = connection.execute(sa.select(audit_head.c.sequence, audit_head.c.hash)).one_or_none()
    if head is not None and head.sequence > count:
        return _bad(count, count + 1, "cut_off")
    if head is not None and head.sequence < count:
        return _bad(count, head.sequence + 1, "inserted")
    if head is None or head.hash != last_hash:
        return _bad(count, count, "head")
    return Verification(count, ok=True, message=f"审计链完整，共 {count} 条")


def _chunks(connection: Connection) -> Iterator[Sequence[Any]]:
    """Give the rows in order of number, so many at a time; each with its columns in their order."""
    columns = [audit.c[name] for name in _ORDER]
    last: int | None = None
    while True:
        statement = sa.select(*columns).order_by(audit.c.sequence).limit(_CHUNK)
        if last is not None:
            statement = statement.where(audit.c.sequence > last)
        try:
            rows: Sequence[Any] = connection.execute(statement).all()
        except DatabaseError as error:
            _damaged_or_raise(connection, error)
            rows = _up_to_unreadable(connection, last)
        if not rows:
            return
        yield rows
        last = rows[-1][0]


class _Unreadable(NamedTuple):
    """Stands for an entry whose bytes are no text any more, or lie on a broken page."""

    sequence: int
    at: None = None
    actor: None = None
    action: None = None
    record_id: None = None
    submission_id: None = None
    platform: None = None
    body: None = None
    hash: None = None


def _up_to_unreadable(connection: Connection, last: int | None) -> list[Any]:
    """Read entries one by one up to the first that cannot be read, so that it can be named."""
    numbers = sa.select(audit.c.sequence).order_by(audit.c.sequence).limit(_CHUNK)
    if last is not None:
        numbers = numbers.where(audit.c.sequence > last)
    columns = [audit.c[name] for name in _ORDER]
    rows: list[Any] = []
    for number in connection.execute(numbers).scalars().all():
        try:
            rows.append(
                connection.execute(sa.select(*columns).where(audit.c.sequence == number)).one()
            )
        except DatabaseError as error:
            _damaged_or_raise(connection, error)
            return [*rows, _Unreadable(number)]
    return rows


def _damaged_or_raise(connection: Connection, error: DatabaseError) -> None:
    """Raise ``error`` again unless it says that what is stored is damaged."""
    if not isinstance(explain(error, connection.engine.url), DamageError):
        raise error


def _fits(row: Any, expected: int, previous: str) -> bool:
    """Tell whether an entry is the right one, written as this program writes it.

    Reading a million texts as JSON takes most of the time that a check has. Canonical text has its
    names in order, so everything but the details stands at a place that is known beforehand: what
    begins, goes on and ends with the words that the columns and the chain ask for needs no further
    look. No text inside an entry can be taken for these words, since a quotation mark in it is
    escaped, and no detail is an object that could end with a brace.
    """
    sequence, at, actor, action, record, submission, platform, body, digest = row
    # an identifier has nothing to escape; one that had is looked at more slowly, and so is found
    named = "null" if record is None else f'"{record}"'
    return (
        sequence == expected
        and type(body) is str
        and sha256(body.encode()).hexdigest() == digest
        and body.startswith(
            f'{{"action":{_quoted(action)},"actor":{_quoted(actor)},'
            f'"algorithm":"{ALGORITHM}","at":"{at}","details":{{'
        )
        and body.endswith(
            f'","record":{named},"sequence":{expected},'
            f'"submission":{"null" if submission is None else submission}}}'
        )
        and f'}},"format":"{FORMAT}","platform":{_quoted(platform)},"previous":"{previous}",'
        f'"reason":"'
        in body
    )


@lru_cache(maxsize=10_000)
def _quoted(text: str | None) -> str:
    """Return one value as canonical JSON writes it."""
    return json.dumps(text, ensure_ascii=False)


def _damage(row: Any, expected: int, previous: str) -> str:
    """Return what is wrong with an entry; empty if nothing is."""
    if row.sequence != expected:
        return "removed" if row.sequence > expected else "inserted"
    if not isinstance(row.body, str) or hash_of(row.body) != row.hash:
        return "changed"
    # the text hashes to what stands beside it; now it must also be the right text
    plain = _plain(row.body)
    checks = (
        ("unknown_format", (plain.get("format"), plain.get("algorithm")) == (FORMAT, ALGORITHM)),
        ("reordered", plain.get("sequence") == row.sequence),
        ("inserted", plain.get("previous") == previous),
        (
            "changed",
            all(getattr(row, column) == plain.get(name) for column, name in _COLUMNS.items()),
        ),
    )
    return next((damage for damage, holds in checks if not holds), "")


def _plain(body: str) -> dict[str, Any]:
    try:
        plain = json.loads(body)
    except (ValueError, RecursionError):  # brackets without end are no entry either
        return {}
    return plain if isinstance(plain, dict) else {}


def _bad(count: int, number: int, damage: str) -> Verification:
    return Verification(
        count,
        ok=False,
        first_bad=number,
        damage=damage,
        message=_MESSAGES[damage].format(number=number),
    )
