"""What differs between the databases: time, and how the log is kept append-only."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.postgresql import Server
from tests.support import ON_SQLITE, START, FrozenClock, unprotect
from xinqiao.database.dialect import (
    append_only_triggers,
    database_time,
    in_byte_order,
    release_of,
    size_of,
)
from xinqiao.database.engine import Database
from xinqiao.database.tables import batch, platform_state, record
from xinqiao.errors import InputError


@ON_SQLITE
def test_on_sqlite_the_time_is_that_of_the_clock(database: Database, clock: FrozenClock) -> None:
    with database.reading() as connection:
        assert database_time(connection, clock) == clock.now()
        clock.advance(60)
        assert database_time(connection, clock) == clock.now()


def test_text_that_no_database_can_hold_is_refused_and_not_quoted(database: Database) -> None:
    """Bytes of a file name in another encoding come in as lone surrogates."""
    undecoded = b"\xd0\xed 370323190501010018".decode(errors="surrogateescape")
    rows = [{"platform": "a"}, {"platform": undecoded}]
    with pytest.raises(InputError, match="请改名") as caught, database.writing() as connection:
        connection.execute(sa.insert(platform_state), rows)
    assert caught.value.code == "characters"
    assert caught.value.__cause__ is None
    assert "3703" not in caught.value.message
    with database.reading() as connection:
        assert connection.execute(sa.select(platform_state.c.platform)).all() == []


def test_postgresql_cannot_hold_a_null_character(postgresql_database: Database) -> None:
    with (
        pytest.raises(InputError, match="空字符") as caught,
        postgresql_database.writing() as connection,
    ):
        connection.execute(sa.insert(platform_state).values(platform="a\0b"))
    assert caught.value.code == "characters"


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


def test_texts_are_ordered_by_their_bytes_whatever_language_the_server_speaks(
    database: Database,
) -> None:
    """By the statement: the server of the tests knows no language whose order is another."""
    with database.reading() as connection:
        text = str(in_byte_order(connection, record.c.id))
        number = str(in_byte_order(connection, batch.c.id))
    expected = 'record.id COLLATE "C"' if database.dialect == "postgresql" else "record.id"
    assert (text, number) == (expected, "batch.id")


def test_a_database_tells_its_release_and_how_much_room_it_takes(database: Database) -> None:
    name = {"sqlite": "SQLite 3.", "postgresql": "PostgreSQL 1"}[database.dialect]
    with database.writing() as connection:
        assert release_of(connection).startswith(name)
        before = size_of(connection)
        rows = [{"platform": f"{number:0200}"[-40:]} for number in range(5000)]
        connection.execute(sa.insert(platform_state), rows)
        assert size_of(connection) > before + 5000 * 40
