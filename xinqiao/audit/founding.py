"""The first entry of the log: whether the workspace was made for rehearsal or for real records.

The log cannot be changed unnoticed, so a rehearsal cannot become real by a word in a file.
"""

import json
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.tables import audit

FOUNDED = "workspace.founded"


def record_founding(connection: Connection, *, rehearsal: bool, actor: str, at: datetime) -> None:
    """Write the first entry; does nothing when the log has one."""
    if connection.execute(sa.select(sa.func.count()).select_from(audit)).scalar_one() == 0:
        append(connection, [Entry(FOUNDED, details={"rehearsal": rehearsal})], actor=actor, at=at)


def founded_for_rehearsal(connection: Connection) -> bool:
    """Tell whether the workspace was made for rehearsal."""
    body = connection.execute(
        sa.select(audit.c.body).where(audit.c.sequence == 1, audit.c.action == FOUNDED)
    ).scalar_one_or_none()
    return body is not None and bool(json.loads(body)["details"]["rehearsal"])
