"""A platform's way of taking newer versions was changed in its profile (变更方式改变)."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.holdings import noted
from xinqiao.database.tables import UNFULFILLED, holding, record
from xinqiao.queue.holdings import replan
from xinqiao.queue.platforms import Correction, Platform
from xinqiao.queue.transitions import Cause
from xinqiao.queue.worker import Worker
from xinqiao.records.kinds import KINDS

_CHUNK = 500


def follow_strategies(worker: Worker, platform: Platform) -> int:
    """Plan again what was planned under another way of taking newer versions.

    What has left stays as it left; what has not is replaced. Only holdings of which the platform
    holds an older version are concerned: any other is planned anew with its next version.

    Returns:
        How many records were planned again.
    """
    replacing = {kind for kind in KINDS if platform.correction(kind) is Correction.REPLACE}
    with worker.database.reading() as connection:
        if not _differing(connection, platform.id, replacing):
            return 0
    changed = 0
    while True:
        with worker.database.writing() as connection:
            places = _differing(connection, platform.id, replacing)
            _follow(connection, places, worker.cause(connection))
        changed += len(places)
        if len(places) < _CHUNK:
            return changed


def _differing(connection: Connection, platform: str, replacing: set[str]) -> list[tuple[str, str]]:
    """Return the places whose older version was to be replaced in another way."""
    should = record.c.kind.in_(sorted(replacing))
    statement = (
        sa.select(holding.c.record_id, holding.c.platform)
        .join(record, record.c.id == holding.c.record_id)
        .where(
            UNFULFILLED,
            holding.c.platform == platform,
            holding.c.wanted_version.is_not(None),
            holding.c.held_version.is_not(None),
            sa.or_(
                sa.and_(should, holding.c.replaces.is_(False)),
                sa.and_(sa.not_(should), holding.c.replaces.is_(True)),
            ),
        )
        .order_by(holding.c.record_id)
        .limit(_CHUNK)
    )
    return [(row[0], row[1]) for row in connection.execute(statement)]


def _follow(connection: Connection, places: list[tuple[str, str]], cause: Cause) -> None:
    if not places:
        return
    these = sa.and_(
        holding.c.record_id.in_([record_id for record_id, _ in places]),
        holding.c.platform == places[0][1],
    )
    with noted(connection, [these], cause):
        connection.execute(
            sa.update(holding)
            .where(these)
            .values(replaces=sa.not_(holding.c.replaces), updated_at=cause.at)
        )
    replan(connection, places, cause)
