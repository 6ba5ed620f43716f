"""What a platform held before an update or withdrawal, rendered again for comparison."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.database.record_store import load_contents
from xinqiao.database.tables import holding
from xinqiao.mapping.identity import identified
from xinqiao.mapping.registry import Formats
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.tickets import Ticket


def previous_values(
    connection: Connection, tickets: Sequence[Ticket], keys: KeyRing, formats: Formats
) -> dict[int, Mapping[str, str]]:
    """Return submission id → field code → text of the version held before, if one was."""
    updates = [ticket for ticket in tickets if ticket.operation != Operation.INSERT]
    if not updates:
        return {}
    statement = sa.select(holding.c.id, holding.c.held_version).where(
        holding.c.id.in_([ticket.holding_id for ticket in updates])
    )
    held = {row.id: row.held_version for row in connection.execute(statement)}
    versions = {
        ticket.id: (ticket.record_id, version)
        for ticket in updates
        if (version := held.get(ticket.holding_id)) is not None
    }
    contents = load_contents(connection, versions.values(), keys)
    values: dict[int, Mapping[str, str]] = {}
    for ticket in updates:
        content = contents.get(versions.get(ticket.id, ("", 0)))
        if content is not None:
            compiled = formats.of(ticket.platform, ticket.kind)
            rendering = compiled.render(identified(ticket.record_id, content))
            if rendering.values is not None:
                values[ticket.id] = rendering.values
    return values
