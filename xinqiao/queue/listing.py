"""Lists of submissions for people, the most urgent first (报送件列表)."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import holding, record, submission
from xinqiao.queue.selection import Selection, conditions
from xinqiao.records.kinds import kind_of

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
    sa.case((submission.c.operation == "withdraw", holding.c.held_key)),
    holding.c.wanted_key,
).label("document_number")
"""What went out under a key keeps it; a withdrawal is about what is held."""

_NAMED = record.alias()  # the filters of a selection ask the table itself
DOCUMENT_KEY = (
    sa.select(_NAMED.c.document_key)
    .where(_NAMED.c.id == submission.c.record_id)
    .scalar_subquery()
    .label("document_key")
)
"""Belongs beside :data:`DOCUMENT_NUMBER`: what people call a record that its platform knows by the
记录标识."""


def listing(connection: Connection, selection: Selection, limit: int) -> list[dict[str, Any]]:
    """Return at most ``limit`` submissions, the most urgent first."""
    statement = (
        sa.select(*SUMMARY, DOCUMENT_NUMBER, DOCUMENT_KEY)
        .join(holding, holding.c.id == submission.c.holding_id)
        .where(*conditions(selection))
        .order_by(submission.c.due_at, submission.c.id)
        .limit(limit)
    )
    return [named(row) for row in connection.execute(statement)]


def named(row: Any) -> dict[str, Any]:
    """Return a row with both columns above as ``--json`` shows it: with a number people know.

    Where the platform's key is the 记录标识, that is what stands in the key of the record's
    document: its number, or what else tells records of one subject apart, such as the year.
    """
    told = plain(row)
    document = told.pop(DOCUMENT_KEY.name)
    if document and told["document_number"] == told["record"]:
        kind = kind_of(told["kind"])
        _, *parts = document.split("|", len(kind.key_fields))
        name = parts[-1] if kind.number_field else " ".join(filter(None, parts))
        told["document_number"] = name or told["document_number"]
    return told


def plain(row: Any) -> dict[str, Any]:
    """Return a row as ``--json`` shows it: dates and instants as ISO text."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row._mapping.items()  # noqa: SLF001 - the public name of a row's mapping
    }
