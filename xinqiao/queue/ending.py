"""The end of the period of publicity (公示期满): once a day, by whoever comes first."""

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.audit.holdings import noted
from xinqiao.clock import local_date
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import holding
from xinqiao.queue.holdings import replan
from xinqiao.queue.jobs import Job, Span
from xinqiao.queue.publishing import CHINESE, Stop, Why, facts_of, note_stops
from xinqiao.queue.transitions import Cause


def end_publications(connection: Connection, span: Span, cause: Cause) -> Mapping[str, int]:
    """Take down what was to be shown until yesterday at the latest."""
    over = (
        sa.select(holding.c.id, holding.c.record_id, holding.c.platform)
        .where(holding.c.shown_until < local_date(span.ends))
        .order_by(holding.c.id)
    )
    rows = connection.execute(over).all()
    ids = list(dict.fromkeys(row.record_id for row in rows))
    facts = facts_of(connection, ids)
    stops = [
        Stop(record_id, Why.ENDED, "", CHINESE[Why.ENDED])
        for record_id in ids
        if record_id not in facts or facts[record_id].taken_down is None
    ]
    note_stops(connection, stops, cause)
    for chunk in in_chunks([row.id for row in rows]):
        these = holding.c.id.in_(chunk)
        with noted(connection, [these], cause):
            connection.execute(
                sa.update(holding)
                .where(these)
                .values(
                    wanted_version=None,
                    # by its key it is found, should the page show what nobody put there through us
                    wanted_key=sa.case((holding.c.held_version.is_(None), holding.c.wanted_key)),
                    findings=[],
                    removal=Operation.TAKE_DOWN.value,
                    # the next run has nothing more to do with it
                    shown_until=None,
                    updated_at=cause.at,
                )
            )
    replan(connection, [(row.record_id, row.platform) for row in rows], cause)
    return {"ended": len(stops)}


END_PUBLICATIONS = Job("end_publications", timedelta(days=1), end_publications)
"""At midnight in Asia/Shanghai, when the last day is over."""
