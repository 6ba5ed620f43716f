"""What differs between the databases: time, and how the log is kept append-only."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.postgresql import Server
from tests.support import ON_SQLITE, START, FrozenClock, unprotect
from xinqiao.database.dialect import append_only_triggers, database_time
from xinqiao.database.engine import Database


@ON_SQLITE
def test_on_sqlite_the_time_is_that_of_the_clock(database: Database, clock: FrozenClock) -> None:
    with database.reading() as connection:
        assert database_time(connection, clock) == clock.now()
        clock.advance(60)
        assert database_time(connection, clock) == clock.now()


def test_without_its_triggers_the_log_could_be_changed(database: Database) -> None:
    """So that it is the triggers that refuse, and nothing else."""
    with database.writing() as connection:
        unprotect(connection)
        insert = (
            "INSERT INTO audit (sequence, at, actor, action, body, hash) "
            "VALUES (1, '', '', '', '', '')"
        )
        connection.exec_driver_sql(insert)
        assert connection.exec_driver_sql("UPDATE audit SET actor = 'x'").rowcount == 1
        for statement in append_only_triggers(database.dialect):
            if not statement.startswith("CREATE FUNCTION"):
                connection.exec_driver_sql(statement)
    for statement in ("UPDATE audit SET actor = 'y'", "DELETE FROM audit"):
        with (
            pytest.raises(sa.exc.DBAPIError, match="append-only"),
            database.writing() as connection,
        ):
            connection.exec_driver_sql(statement)


def test_on_postgresql_the_time_is_the_servers(
    postgresql: Server, postgresql_database: Database, clock: FrozenClock
) -> None:
    """Machines that share a server may have clocks of their own."""
    url = postgresql_database.url.render_as_string(hide_password=False)
    postgresql.set_clock(url.replace("+psycopg", ""), START + timedelta(hours=3))
    with postgresql_database.reading() as connection:
        assert database_time(connection, clock) == START + timedelta(hours=3)
