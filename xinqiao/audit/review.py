"""Reading the audit log."""

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import audit
from xinqiao.errors import InputError

_NUMBERS = range(1, 2**63)
"""What both databases can hold."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries to list; None means any."""

    record_id: str | None = None
    submission_id: int | None = None
    platform: str | None = None
    action: str | None = None
    """Beginning of the action's name, such as ``submission.``."""


def entries(connection: Connection, wanted: Filter, limit: int) -> list[dict[str, Any]]:
    """Return the newest ``limit`` entries that fit, oldest first."""
    if wanted.submission_id is not None and wanted.submission_id not in _NUMBERS:
        return []
    statement = sa.select(audit.c.body).order_by(audit.c.sequence.desc()).limit(limit)
    if wanted.record_id is not None:
        statement = statement.where(audit.c.record_id == wanted.record_id)
    if wanted.submission_id is not None:
        statement = statement.where(audit.c.submission_id == wanted.submission_id)
    if wanted.platform is not None:
        statement = statement.where(audit.c.platform == wanted.platform)
    if wanted.action is not None:
        # SQLite compares the beginning without regard to case, PostgreSQL with; names are small
        begins = audit.c.action.startswith(wanted.action.lower(), autoescape=True)
        statement = statement.where(begins)
    bodies = connection.execute(statement).scalars().all()
    return [json.loads(body) for body in reversed(bodies)]


def entry(connection: Connection, sequence: int) -> dict[str, Any]:
    """Return one entry with its hash.

    Raises:
        InputError: There is no entry of that number.
    """
    if sequence not in _NUMBERS:
        raise _no_entry(sequence)
    row = connection.execute(
        sa.select(audit.c.body, audit.c.hash).where(audit.c.sequence == sequence)
    ).one_or_none()
    if row is None:
        raise _no_entry(sequence)
    plain: dict[str, Any] = json.loads(row.body)
    return {**plain, "hash": row.hash}


def history(connection: Connection, submission_id: int) -> list[dict[str, Any]]:
    """Return every entry about one submission, oldest first."""
    statement = (
        sa.select(audit.c.body)
        .where(audit.c.submission_id == submission_id)
        .order_by(audit.c.sequence)
    )
    return [json.loads(body) for body in connection.execute(statement).scalars()]


def _no_entry(sequence: int) -> InputError:
    return InputError(f"审计日志里没有第 {sequence} 条")
