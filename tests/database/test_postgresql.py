"""PostgreSQL: writers queue, reads see one state, and what goes wrong is told in Chinese."""

import threading

import pytest
import sqlalchemy as sa

from tests.postgresql import Server
from tests.support import same_database
from xinqiao.database.engine import Database
from xinqiao.database.migration import check, upgrade
from xinqiao.database.tables import platform_state
from xinqiao.errors import BusyError, SettingsError, XinqiaoError


@pytest.fixture
def database(postgresql_database: Database) -> Database:
    return postgresql_database


def write(connection: sa.Connection, platform: str) -> None:
    connection.execute(sa.insert(platform_state).values(platform=platform))


def platforms(connection: sa.Connection) -> list[str]:
    return list(connection.execute(sa.select(platform_state.c.platform)).scalars())


def complaint(url: sa.URL) -> XinqiaoError:
    broken = Database(url.render_as_string(hide_password=False), busy_seconds=1)
    with pytest.raises(XinqiaoError) as caught, broken.reading() as connection:
        connection.execute(sa.select(1))
    broken.close()
    return caught.value


def test_a_second_writer_is_told_when_the_first_takes_too_long(database: Database) -> None:
    impatient = same_database(database, 0.05)
    with database.writing() as connection:
        write(connection, "a")
        with pytest.raises(BusyError, match="正被另一个程序写入"), impatient.writing():
            pass
        with impatient.reading() as reader:
            assert platforms(reader) == []
    with impatient.writing() as connection:
        write(connection, "b")
    with database.reading() as connection:
        assert sorted(platforms(connection)) == ["a", "b"]
    impatient.close()


def test_a_second_writer_waits_and_sees_what_the_first_wrote(database: Database) -> None:
    other = same_database(database, 30)
    seen: list[list[str]] = []

    def second() -> None:
        with other.writing() as connection:
            seen.append(platforms(connection))

    thread = threading.Thread(target=second)
    with database.writing() as connection:
        thread.start()
        write(connection, "a")
    thread.join(30)
    other.close()
    assert seen == [["a"]]


def test_a_read_sees_one_state_throughout(database: Database) -> None:
    with database.reading() as reader:
        assert platforms(reader) == []
        with database.writing() as connection:
            write(connection, "a")
        assert platforms(reader) == []


def test_a_read_cannot_write(database: Database) -> None:
    with (
        pytest.raises(SettingsError, match="只能读不能写"),
        database.reading() as connection,
    ):
        write(connection, "a")


def test_two_programs_that_set_up_one_database_make_one_schema(postgresql: Server) -> None:
    with postgresql.fresh(migrated=False) as url:
        failures: list[Exception] = []

        def set_up() -> None:
            own = Database(url, busy_seconds=60)
            try:
                upgrade(own)
                check(own)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must hear of it
                failures.append(error)
            finally:
                own.close()

        threads = [threading.Thread(target=set_up) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)
        assert failures == []


def test_a_database_that_does_not_exist_is_named(database: Database) -> None:
    error = complaint(database.url.set(database="nobody"))
    assert (error.code, "nobody 这个库" in error.message) == ("database_unknown", True)


def test_a_server_that_does_not_answer_is_named_without_the_password(database: Database) -> None:
    url = database.url.set(host="127.0.0.1", port=1, password="geheim", query={})
    error = complaint(url)
    assert error.code == "database_unreachable"
    assert "geheim" not in f"{error.message} {error!r}"


def test_a_user_that_the_server_does_not_know_is_refused(database: Database) -> None:
    error = complaint(database.url.set(username="stranger"))
    assert isinstance(error, SettingsError)
    assert error.code in {"database_login", "database_unknown"}


def test_a_database_without_tables_says_what_to_do(postgresql: Server) -> None:
    with postgresql.fresh(migrated=False) as url:
        empty = Database(url)
        with (
            pytest.raises(SettingsError, match="还没有建表"),
            empty.reading() as connection,
        ):
            platforms(connection)
        empty.close()


def test_a_connection_that_the_server_ended_is_made_anew(database: Database) -> None:
    with database.reading() as connection:
        own = connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
    killer = same_database(database, 5)
    with killer.reading() as connection:
        connection.execute(sa.select(sa.func.pg_terminate_backend(own)))
    killer.close()
    with database.reading() as connection:
        assert platforms(connection) == []
