"""How many submissions stand in each state: kept, so that nobody counts finished rows (计数)."""

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import submission_count
from xinqiao.queue.states import State

Changes = Counter[tuple[str, State]]
"""(platform, state) → how many more there are, or fewer."""


def change_counts(connection: Connection, changes: Changes) -> None:
    """Add ``changes`` in the transaction that made them true."""
    for (platform, state), more in sorted(changes.items()):
        if more == 0:
            continue
        changed = connection.execute(
            sa.update(submission_count)
            .where(submission_count.c.platform == platform, submission_count.c.state == state.value)
            .values(submissions=submission_count.c.submissions + more)
        )
        if changed.rowcount == 0:
            connection.execute(
                sa.insert(submission_count).values(
                    platform=platform, state=state.value, submissions=more
                )
            )


def read_counts(connection: Connection, platform: str) -> dict[State, int]:
    """Return state → how many submissions of ``platform`` stand in it, for every state."""
    statement = sa.select(submission_count.c.state, submission_count.c.submissions).where(
        submission_count.c.platform == platform
    )
    found = {State(row.state): row.submissions for row in connection.execute(statement)}
    return {state: found.get(state, 0) for state in State}
