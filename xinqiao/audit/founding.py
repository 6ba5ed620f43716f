"""The first entry of the log: which workspace this is, and what it was made for (建库).

The log cannot be changed unnoticed, so a rehearsal cannot become real by a word in a file. The
entry's hash is also kept outside the database: a database that was lost and made anew, or put in
another's place, is found by it.
"""

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Detail, Entry
from xinqiao.database.tables import audit

FOUNDED = "workspace.founded"


@dataclass(frozen=True, slots=True)
class Founding:
    """The first entry.

    Attributes:
        hash: Of the entry, 64 hex digits; no two workspaces share it.
        rehearsal: Whether the workspace was made for rehearsal.
    """

    hash: str
    rehearsal: bool


def record_founding(
    connection: Connection, *, workspace: str, rehearsal: bool, actor: str, at: datetime
) -> None:
    """Write the first entry; does nothing when the log has one.

    Args:
        connection: A write transaction.
        workspace: Something that no other workspace has.
        rehearsal: What the workspace is made for.
        actor: Who makes it.
        at: When.
    """
    if connection.execute(sa.select(sa.func.count()).select_from(audit)).scalar_one() == 0:
        details: dict[str, Detail] = {
            "workspace": workspace,
            "rehearsal": rehearsal,
            "holdings_noted": True,
        }
        append(connection, [Entry(FOUNDED, details=details)], actor=actor, at=at)


def founding(connection: Connection) -> Founding | None:
    """Return the founding entry, or None in a log that does not begin with one."""
    row = connection.execute(
        sa.select(audit.c.body, audit.c.hash).where(
            audit.c.sequence == 1, audit.c.action == FOUNDED
        )
    ).one_or_none()
    if row is None:
        return None
    return Founding(row.hash, bool(json.loads(row.body)["details"]["rehearsal"]))
