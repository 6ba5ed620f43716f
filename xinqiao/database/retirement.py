"""Retiring a SQLite database whose content has moved: it can be read, and never written again.

Every table gets the guard, not the audit log alone: a worker that still has the old database open
notes a call or extends a lease before it comes to the log.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import audit, metadata

MOVED = "the content of this database has moved"
"""What SQLite answers to whoever writes."""

_VERBS = ("INSERT", "UPDATE", "DELETE")


def retire(connection: Connection) -> None:
    """Make a SQLite database refuse every write from this transaction's commit on."""
    for table in metadata.sorted_tables:
        for verb in _VERBS:
            connection.exec_driver_sql(
                f"CREATE TRIGGER {_name(table, verb)} BEFORE {verb} ON {table.name} "
                f"BEGIN SELECT RAISE(ABORT, '{MOVED}'); END"
            )


def is_retired(connection: Connection) -> bool:
    """Tell whether the content of this database has moved to another; never so of PostgreSQL."""
    if connection.dialect.name != "sqlite":
        return False
    statement = sa.text(
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name = :name"
    )
    found: int = connection.execute(statement, {"name": _name(audit, "INSERT")}).scalar_one()
    return found > 0


def _name(table: sa.Table, verb: str) -> str:
    return f"moved_{table.name}_{verb.lower()}"
