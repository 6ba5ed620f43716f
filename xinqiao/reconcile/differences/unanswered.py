"""What was sent and had no answer in time, as differences (逾期没有回执).

Whatever the platform de-duplicates and nobody knows of is sent again by rule before that (see
:mod:`xinqiao.queue.resolution`), and receipts were asked for: what is left is a person's matter.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.clock import local_date
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import difference, submission
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.differences.catalogue import NO_ANSWER
from xinqiao.reconcile.differences.store import GONE, Found, Sides, close, note_differences

_PORTION = 400


def note_unanswered(worker: Worker, platform: str, overdue: Sequence[int]) -> None:
    """Open a difference for each submission of ``overdue``, and close those that were answered."""
    _close_answered(worker, platform, set(overdue))
    for chunk in in_chunks(overdue):
        with worker.database.writing() as connection:
            cause = worker.cause(connection)
            by_kind: dict[str, list[Found]] = defaultdict(list)
            for row in _submissions(connection, chunk):
                day = local_date(row.created_at)
                details = {"submission": row.id, "state": row.state}
                one = Found(NO_ANSWER, str(row.id), (day, day), row.record_id, details=details)
                by_kind[row.kind].append(one)
            for kind, found in by_kind.items():
                note_differences(connection, Sides(platform, kind), found, worker.keys, cause)


def _submissions(connection: Connection, ids: Sequence[int]) -> list[sa.Row[Any]]:
    statement = sa.select(
        submission.c.id,
        submission.c.kind,
        submission.c.record_id,
        submission.c.state,
        submission.c.created_at,
    ).where(submission.c.id.in_(ids))
    return list(connection.execute(statement))


def _close_answered(worker: Worker, platform: str, overdue: set[int]) -> None:
    after = 0
    while True:
        with worker.database.writing() as connection:
            statement = (
                sa.select(difference.c.id, difference.c.details)
                .where(
                    difference.c.platform == platform,
                    difference.c.what == NO_ANSWER,
                    difference.c.closed_at.is_(None),
                    difference.c.id > after,
                )
                .order_by(difference.c.id)
                .limit(_PORTION)
            )
            rows = connection.execute(statement).all()
            if not rows:
                return
            after = rows[-1].id
            answered = [row.id for row in rows if row.details["submission"] not in overdue]
            close(connection, answered, GONE, worker.cause(connection))
