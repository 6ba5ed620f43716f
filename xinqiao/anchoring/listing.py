"""The anchors that were made, for people to look at (锚点一览)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.anchors.form import Anchor, read_anchor
from xinqiao.database.tables import anchor as anchors
from xinqiao.database.tables import anchor_copy
from xinqiao.errors import DamageError


def newest(connection: Connection, limit: int) -> list[tuple[Anchor, dict[str, datetime]]]:
    """Return the newest anchors, oldest first, each with place → when it was written there.

    Raises:
        DamageError: One is no anchor any more.
    """
    rows = connection.execute(
        sa.select(anchors.c.number, anchors.c.body).order_by(anchors.c.number.desc()).limit(limit)
    ).all()
    written: dict[int, dict[str, datetime]] = {}
    numbers = [row.number for row in rows]
    if numbers:
        statement = sa.select(anchor_copy.c.number, anchor_copy.c.place, anchor_copy.c.at).where(
            anchor_copy.c.number >= min(numbers)
        )
        for number, place, at in connection.execute(statement.order_by(anchor_copy.c.at)):
            written.setdefault(number, {})[place] = at
    try:
        return [(read_anchor(row.body), written.get(row.number, {})) for row in reversed(rows)]
    except ValueError as error:
        raise DamageError(
            "库里的锚点被改动过：请执行 xinqiao audit verify 查看是哪一号", code="anchor_damaged"
        ) from error
