"""How many submissions stand in each state: kept, so that nobody counts finished rows (计数)."""

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import submission, submission_count
from xinqiao.errors import DamageError
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


def check_counts(connection: Connection) -> None:
    """Compare what is kept with what is there; reads every submission.

    Raises:
        DamageError: They differ: a program that does not keep counts has worked here.
    """
    if _kept(connection) != _counted(connection):
        raise DamageError(
            "报送件的计数与实际不符（可能升级后仍有旧版程序在运行）："
            "请停止所有信桥程序，对工作区执行 xinqiao init 重新计数",
            code="counts",
        )


def recount(connection: Connection) -> None:
    """Make what is kept equal to what is there."""
    counted = _counted(connection)
    if _kept(connection) == counted:
        return
    connection.execute(sa.delete(submission_count))
    connection.execute(
        sa.insert(submission_count),
        [
            {"platform": platform, "state": state, "submissions": count}
            for (platform, state), count in counted.items()
        ],
    )


def _kept(connection: Connection) -> dict[tuple[str, str], int]:
    statement = sa.select(submission_count).where(submission_count.c.submissions != 0)
    return {(row.platform, row.state): row.submissions for row in connection.execute(statement)}


def _counted(connection: Connection) -> dict[tuple[str, str], int]:
    statement = sa.select(submission.c.platform, submission.c.state, sa.func.count()).group_by(
        submission.c.platform, submission.c.state
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(statement)}


def read_counts(connection: Connection, platform: str) -> dict[State, int]:
    """Return state → how many submissions of ``platform`` stand in it, for every state."""
    statement = sa.select(submission_count.c.state, submission_count.c.submissions).where(
        submission_count.c.platform == platform
    )
    found = {State(row.state): row.submissions for row in connection.execute(statement)}
    return {state: found.get(state, 0) for state in State}
