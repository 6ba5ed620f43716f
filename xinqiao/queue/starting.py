"""Which records nobody owes a platform, since they were decided before the hub reported there.

The bureau reported them in its old way (启用前). A place that something was ever sent to through
the hub, or that was taken over as held, is not among them: a change there is reported like any.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.clock import local_date
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import holding, record, submission
from xinqiao.queue.changes import Change
from xinqiao.queue.states import State
from xinqiao.routing.routes import Route
from xinqiao.routing.rules import OpensOn, rule
from xinqiao.routing.starts import Starts

Place = tuple[str, str]
"""A record and a platform."""

_NEVER_LEFT = (State.READY, State.HELD, State.CANCELLED)


def places_before_start(
    connection: Connection,
    starts: Starts,
    taken: Sequence[tuple[Change, Mapping[str, Route]]],
) -> set[Place]:
    """Return the (record, platform) that nobody owes because they came before the start.

    What counts is the day on which the time limit for the first report would begin: the decision,
    or the day on which the hub learned of a record where nothing was decided (业户).

    Args:
        connection: A transaction in which the records stand already.
        starts: Since when the hub reports.
        taken: Records, each with platform → the route that it takes.
    """
    if not starts.any:
        return set()
    recorded = _recorded_on(connection, taken)
    early = {
        (change.record_id, platform)
        for change, routes in taken
        for platform, route in routes.items()
        if starts.precedes(platform, _begins_on(change, route, recorded))
    }
    return early - _reached(connection, early)


def noted_before_start(connection: Connection, record_ids: Collection[str]) -> set[Place]:
    """Return the places of ``record_ids`` that are noted as before the start."""
    found: set[Place] = set()
    for chunk in in_chunks(record_ids):
        statement = sa.select(holding.c.record_id, holding.c.platform).where(
            holding.c.record_id.in_(chunk), holding.c.before_start.is_(True)
        )
        found.update((row[0], row[1]) for row in connection.execute(statement))
    return found


def _begins_on(change: Change, route: Route, recorded: Mapping[str, date]) -> date | None:
    return recorded.get(change.record_id) if _by_recording(route) else change.decided_on


def _by_recording(route: Route) -> bool:
    return route.rule is not None and rule(route.rule).opens_on is OpensOn.RECORDED


def _recorded_on(
    connection: Connection, taken: Iterable[tuple[Change, Mapping[str, Route]]]
) -> dict[str, date]:
    """Return record → the day on which the hub first learned of it, where that counts."""
    ids = [change.record_id for change, routes in taken if any(map(_by_recording, routes.values()))]
    found: dict[str, date] = {}
    for chunk in in_chunks(ids):
        statement = sa.select(record.c.id, record.c.created_at).where(record.c.id.in_(chunk))
        found.update((row[0], local_date(row[1])) for row in connection.execute(statement))
    return found


def _reached(connection: Connection, places: Collection[Place]) -> set[Place]:
    """Return those of ``places`` that something left for, or that were taken over as held."""
    left = sa.exists().where(
        # asked for by record: there is an index
        submission.c.record_id == holding.c.record_id,
        submission.c.holding_id == holding.c.id,
        sa.or_(
            submission.c.state.not_in([state.value for state in _NEVER_LEFT]),
            submission.c.request_started_at.is_not(None),
        ),
    )
    found: set[Place] = set()
    for chunk in in_chunks(sorted({record_id for record_id, _ in places})):
        statement = sa.select(holding.c.record_id, holding.c.platform).where(
            holding.c.record_id.in_(chunk),
            sa.or_(
                holding.c.held_version.is_not(None),
                holding.c.adopted_at.is_not(None),
                left,
            ),
        )
        found.update((row[0], row[1]) for row in connection.execute(statement))
    return found & set(places)
