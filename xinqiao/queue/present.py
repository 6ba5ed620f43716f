"""Records as they are now, for planning again what follows from them (现行版本)."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.record_store import load_present_contents
from xinqiao.database.tables import PRESENT_VERSION, record, record_version, withdrawal
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.changes import Change

OWED = (
    record.c.exemption.is_(None),
    ~sa.exists().where(withdrawal.c.record_id == record.c.id),
)
"""Holds for records that are reported: neither exempt (不报送) nor withdrawn."""


def present_changes(
    connection: Connection,
    record_ids: Iterable[str],
    keys: KeyRing,
    *where: sa.ColumnElement[bool],
) -> list[Change]:
    """Return the present versions of those of ``record_ids`` for which ``where`` holds.

    Raises:
        DamageError: The content of one is gone.
    """
    found: list[Change] = []
    for chunk in in_chunks(sorted(set(record_ids))):
        statement = (
            sa.select(
                record.c.id,
                record.c.kind,
                record_version.c.version,
                record_version.c.valid,
                record_version.c.decided_on,
            )
            .join(record_version, PRESENT_VERSION)
            .where(record.c.id.in_(chunk), *where)
            .order_by(record.c.id)
        )
        rows = connection.execute(statement).all()
        pairs = [(row.id, row.version) for row in rows]
        contents = load_present_contents(connection, pairs, keys)
        found += [
            Change(row.id, row.kind, row.version, content, row.valid, row.decided_on)
            for row in rows
            if (content := contents[row.id, row.version]) is not None
        ]
    return found
