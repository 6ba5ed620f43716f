"""Differences that end because the decision has been imported meanwhile (漏报已补录)."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.engine import Database
from xinqiao.database.tables import difference
from xinqiao.queue.transitions import Cause
from xinqiao.reconcile.differences.store import GONE, Sides, close
from xinqiao.reconcile.source.known import Finder
from xinqiao.reconcile.source.listed import Listed

_PORTION = 400


def close_imported(
    database: Database,
    finder: Finder,
    sides: Sides,
    cause_of: Callable[[Connection], Cause],
) -> int:
    """Close what was called never imported and has a record now; return how many.

    Whatever list is compared: the decision may stand in that of another month.
    """
    closed, after = 0, 0
    while True:
        with database.writing() as connection:
            rows = _open(connection, sides, after)
            if not rows:
                return closed
            after = rows[-1].id
            wanted = [finder.wanted(_listed(row)) for row in rows]
            known = finder.find(connection, wanted)
            ids = [
                row.id
                for row, want, found in zip(rows, wanted, known, strict=True)
                if found is not None and finder.is_sure_of(want)
            ]
            close(connection, ids, GONE, cause_of(connection))
            closed += len(ids)


def _listed(row: sa.Row[Any]) -> Listed:
    """Return the decision that a difference is about, as far as it is kept."""
    return Listed(0, row.details["fields"], None)


def _open(connection: Connection, sides: Sides, after: int) -> Sequence[sa.Row[Any]]:
    statement = (
        sa.select(difference.c.id, difference.c.details)
        .where(
            difference.c.platform == sides.platform,
            difference.c.kind == sides.kind,
            difference.c.what == "never_imported",
            difference.c.closed_at.is_(None),
            difference.c.id > after,
        )
        .order_by(difference.c.id)
        .limit(_PORTION)
    )
    return connection.execute(statement).all()
