"""Lists of submissions for people, the most urgent first (报送件列表)."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import REMOVALS
from xinqiao.database.tables import holding, submission
from xinqiao.queue.naming import names_of
from xinqiao.queue.selection import Selection, conditions

SUMMARY = (
    submission.c.id,
    submission.c.record_id.label("record"),
    submission.c.kind,
    submission.c.platform,
    submission.c.operation,
    submission.c.version,
    submission.c.state,
    submission.c.due_at,
    submission.c.next_attempt_at,
    submission.c.waits_for,
    submission.c.attempts,
    submission.c.code,
    submission.c.message,
)
"""What every list tells of a submission."""

DOCUMENT_NUMBER = sa.func.coalesce(
    submission.c.platform_key,
    sa.case((submission.c.operation.in_(sorted(REMOVALS)), holding.c.held_key)),
    holding.c.wanted_key,
).label("document_number")
"""What went out under a key keeps it; a removal is about what is held.

A platform may know a record by the 记录标识 alone; see :func:`named`.
"""


def listing(connection: Connection, selection: Selection, limit: int) -> list[dict[str, Any]]:
    """Return at most ``limit`` submissions, the most urgent first."""
    statement = (
        sa.select(*SUMMARY, DOCUMENT_NUMBER)
        .join(holding, holding.c.id == submission.c.holding_id)
        .where(*conditions(selection))
        .order_by(submission.c.due_at, submission.c.id)
        .limit(limit)
    )
    return named(connection, [plain(row) for row in connection.execute(statement)])


def named(connection: Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return ``rows`` so that each bears what people name its record by, as ``document_number``.

    What a platform knows by its 记录标识 is named as the record names itself.
    """
    unnamed = {
        (row["record"], row["version"])
        for row in rows
        if row["document_number"] in {None, row["record"]}
    }
    names = names_of(connection, unnamed)
    return [
        row
        | {"document_number": names.get((row["record"], row["version"]), row["document_number"])}
        for row in rows
    ]


def plain(row: Any) -> dict[str, Any]:
    """Return a row as ``--json`` shows it: dates and instants as ISO text."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row._mapping.items()  # noqa: SLF001 - the public name of a row's mapping
    }
