"""What is owed to a platform although it was asked what it holds (接管后须报送)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import BEFORE_START, adoption_line, duty, holding, record
from xinqiao.queue.naming import names_of
from xinqiao.reconcile.adoption.findings import Adopted, StillOwed

_LISTED = 50


def note_owed(
    connection: Connection, found: Adopted, platform: str, run: str, now: datetime
) -> None:
    """Note what is owed to ``platform`` and not shown by the ledger that was read.

    Args:
        connection: A reading connection.
        found: Of the kind that was read.
        platform: Identifier.
        run: The reading; what is held as one of its lines is not owed.
        now: The instant by which overdue is judged.
    """
    shown = sa.exists().where(
        adoption_line.c.run == run, adoption_line.c.holding_id == holding.c.id
    )
    owed = (
        sa.select(
            duty.c.record_id,
            duty.c.rule,
            duty.c.due_on,
            duty.c.due_at,
            duty.c.legal,
            record.c.current_version,
        )
        .join(record, record.c.id == duty.c.record_id)
        .outerjoin(
            holding,
            sa.and_(holding.c.record_id == duty.c.record_id, holding.c.platform == duty.c.platform),
        )
        .where(
            duty.c.platform == platform,
            duty.c.closed_at.is_(None),
            record.c.kind == found.kind,
            sa.not_(sa.and_(holding.c.id.is_not(None), shown)),
        )
    )
    of_all = owed.subquery()
    late = sa.and_(of_all.c.legal.is_(True), of_all.c.due_at <= now)
    found.owed, found.overdue = connection.execute(
        sa.select(
            sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((late, 1), else_=0)), 0)
        ).select_from(of_all)
    ).one()
    first = connection.execute(owed.order_by(duty.c.due_at, duty.c.id).limit(_LISTED)).all()
    found.still_owed = _told(connection, first, now)
    found.before_start = connection.execute(
        sa.select(sa.func.count())
        .select_from(holding)
        .join(record, record.c.id == holding.c.record_id)
        .where(
            BEFORE_START,
            holding.c.platform == platform,
            record.c.kind == found.kind,
            sa.not_(shown),
        )
    ).scalar_one()


def _told(connection: Connection, rows: Sequence[Any], now: datetime) -> list[StillOwed]:
    names = names_of(connection, {(row.record_id, row.current_version) for row in rows})
    return [
        StillOwed(
            row.record_id,
            names.get((row.record_id, row.current_version), ""),
            row.rule,
            row.due_on,
            row.legal,
            overdue=row.legal and row.due_at <= now,
        )
        for row in rows
    ]
