"""Writing a plan down: holdings, the submissions that follow, and why nobody is owed (落库)."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import record
from xinqiao.queue.duties import reopen_waived
from xinqiao.queue.holdings import replan, write_holdings
from xinqiao.queue.planning.stored import Place
from xinqiao.queue.transitions import Cause


def write(connection: Connection, holdings: Sequence[dict[str, Any]], cause: Cause) -> None:
    """Write what platforms should hold, and create or replace the submissions for it."""
    write_holdings(connection, holdings, cause)
    replan(connection, [(row["record_id"], row["platform"]) for row in holdings], cause)


def write_decided(connection: Connection, holdings: Sequence[dict[str, Any]], cause: Cause) -> None:
    """Write what follows from a decision: where it turns, what was refused before is asked anew."""
    turned = write_holdings(connection, holdings, cause)
    places = [(row["record_id"], row["platform"]) for row in holdings]
    replan(connection, places, cause, turned)


def owe_again(
    connection: Connection,
    holdings: Sequence[dict[str, Any]],
    wanted: Mapping[Place, int | None],
    cause: Cause,
) -> None:
    """Open again what was waived where a record was owed, then was not, and now is once more."""
    again: dict[str, list[str]] = {}
    for row in holdings:
        place = (row["record_id"], row["platform"])
        if row["wanted_version"] is not None and place in wanted and wanted[place] is None:
            again.setdefault(row["platform"], []).append(row["record_id"])
    for platform, ids in again.items():
        reopen_waived(connection, ids, cause, [platform])


def note_exemptions(connection: Connection, exempt: Mapping[str, str | None]) -> None:
    """Keep with each record why nobody is owed it."""
    reasons: dict[str | None, list[str]] = {}
    for record_id, reason in exempt.items():
        reasons.setdefault(reason, []).append(record_id)
    for reason, ids in reasons.items():
        for chunk in in_chunks(ids):
            connection.execute(
                sa.update(record)
                .where(record.c.id.in_(chunk), record.c.exemption.is_distinct_from(reason))
                .values(exemption=reason)
            )
