"""Everything that differs between SQLite and PostgreSQL, in one place."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.clock import Clock

APPEND_ONLY = "audit entries are append-only"
_PROTECTED = "audit"


def database_time(connection: Connection, clock: Clock) -> datetime:
    """Return the instant by which leases and due times are judged.

    Several machines share one PostgreSQL and their clocks may differ, so there the server's clock
    counts. SQLite is used on one machine, whose clock it is.
    """
    if connection.dialect.name == "postgresql":
        instant: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return instant
    return clock.now()


def append_only_triggers(dialect: str) -> list[str]:
    """Return the statements that make the database refuse UPDATE and DELETE of audit entries."""
    if dialect == "postgresql":
        name = f"{_PROTECTED}_append_only"
        function = (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$"
        )
        trigger = (
            f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {_PROTECTED} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
        return [function, trigger]
    return [
        f"CREATE TRIGGER {_PROTECTED}_no_{verb.lower()} BEFORE {verb} ON {_PROTECTED} "
        f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
        for verb in ("UPDATE", "DELETE")
    ]
