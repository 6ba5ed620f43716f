"""Planning records again after the rules of what is owed to nobody were switched (重新判定去向)."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.record_store import load_present_contents
from xinqiao.database.tables import PRESENT_VERSION, record, record_version, withdrawal
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.acting import Acting
from xinqiao.queue.planning import Change, Planner
from xinqiao.routing.exemptions import exemption_of, exemptions

_CHUNK = 500


def reroute(acting: Acting, planner: Planner, keys: KeyRing) -> int:
    """Plan again every record whose exemption is not what it was; return how many there were.

    Records are taken in portions, each in a transaction of its own: an interrupted run is simply
    run again.
    """
    kinds = sorted({kind for one in exemptions().values() for kind in one.kinds})
    changed, after = 0, ""
    while True:
        with acting() as (connection, cause):
            rows = _portion(connection, kinds, after)
            if not rows:
                return changed
            after = rows[-1].id
            changes = list(_changes(connection, planner, rows, keys))
            planner.plan(connection, changes, cause)
            changed += len(changes)


def _portion(
    connection: Connection, kinds: list[str], after: str
) -> list[sa.Row[tuple[object, ...]]]:
    statement = (
        sa.select(
            record.c.id,
            record.c.kind,
            record.c.exemption,
            record_version.c.version,
            record_version.c.valid,
            record_version.c.decided_on,
        )
        .join(record_version, PRESENT_VERSION)
        .where(
            record.c.kind.in_(kinds),
            record.c.id > after,
            ~sa.exists().where(withdrawal.c.record_id == record.c.id),
        )
        .order_by(record.c.id)
        .limit(_CHUNK)
    )
    return list(connection.execute(statement))


def _changes(
    connection: Connection,
    planner: Planner,
    rows: list[sa.Row[tuple[object, ...]]],
    keys: KeyRing,
) -> Iterator[Change]:
    contents = load_present_contents(connection, [(row.id, row.version) for row in rows], keys)
    for row in rows:
        content = contents[row.id, row.version]
        exemption = exemption_of(row.kind, content, planner.exemptions)
        if (exemption.id if exemption is not None else None) != row.exemption:
            yield Change(row.id, row.kind, row.version, content, row.valid, row.decided_on)
