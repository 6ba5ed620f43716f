"""What differs between the databases: time, and how the log is kept append-only."""

import pytest
import sqlalchemy as sa

from tests.support import FrozenClock
from xinqiao.database.dialect import append_only_triggers, database_time
from xinqiao.database.engine import Database


def test_on_sqlite_the_time_is_that_of_the_clock(database: Database, clock: FrozenClock) -> None:
    with database.reading() as connection:
        assert database_time(connection, clock) == clock.now()
        clock.advance(60)
        assert database_time(connection, clock) == clock.now()


def test_without_its_triggers_the_log_could_be_changed(database: Database) -> None:
    """So that it is the triggers that refuse, and nothing else."""
    with database.writing() as connection:
        for verb in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER audit_no_{verb}")
        insert = (
            "INSERT INTO audit (sequence, at, actor, action, body, hash) "
            "VALUES (1, '', '', '', '', '')"
        )
        connection.exec_driver_sql(insert)
        assert connection.exec_driver_sql("UPDATE audit SET actor = 'x'").rowcount == 1
        for statement in append_only_triggers("sqlite"):
            connection.exec_driver_sql(statement)
        for statement in ("UPDATE audit SET actor = 'y'", "DELETE FROM audit"):
            with pytest.raises(sa.exc.IntegrityError, match="append-only"):
                connection.exec_driver_sql(statement)


def test_on_postgresql_truncating_is_refused_too() -> None:
    function, trigger = append_only_triggers("postgresql")
    assert function.startswith("CREATE FUNCTION audit_append_only()")
    assert "BEFORE UPDATE OR DELETE OR TRUNCATE ON audit" in trigger
