"""Noting in the log what became overdue, when it did (逾期留痕): each duty once."""

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.tables import duty
from xinqiao.queue.jobs import Job, Span
from xinqiao.queue.transitions import Cause


def note_overdue(connection: Connection, span: Span, cause: Cause) -> Mapping[str, int]:
    """Audit every legal duty that became overdue in ``span`` and is still open.

    One that opens after its due time, since its record came in too late, becomes overdue as it
    opens. Internal limits (内部时限) are not legal ones and are left out.
    """
    late = [
        duty.c.closed_at.is_(None),
        duty.c.legal.is_(True),
        duty.c.due_at <= span.ends,
        # one that opens at the very instant at which this runs may not be there yet
        duty.c.opened_at < span.ends,
    ]
    if span.begins is not None:
        late.append(sa.or_(duty.c.due_at > span.begins, duty.c.opened_at >= span.begins))
    rows = connection.execute(
        sa.select(duty.c.record_id, duty.c.platform, duty.c.rule, duty.c.due_on)
        .where(*late)
        .order_by(duty.c.id)
    ).all()
    entries = [
        Entry(
            "duty.overdue",
            record_id=row.record_id,
            platform=row.platform,
            details={"rule": row.rule, "due_on": row.due_on.isoformat()},
        )
        for row in rows
    ]
    append(connection, entries, actor=cause.actor, at=cause.at)
    return {"overdue": len(rows)}


NOTE_OVERDUE = Job("note_overdue", timedelta(hours=1), note_overdue)
"""Every hour on the hour; a legal day ends at midnight, which is one of them."""
