"""PostgreSQL: writers queue, reads see one state, and what goes wrong is told in Chinese."""

import threading

import pytest
import sqlalchemy as sa

from tests.postgresql import Server, running
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
    assert complaint(database.url.set(username="stranger")).code == "database_login"


@pytest.mark.parametrize("password", ["wrong", None], ids=["wrong", "none"])
def test_a_password_that_is_wrong_or_missing_is_refused_and_not_shown(
    database: Database, postgresql: Server, password: str | None
) -> None:
    with postgresql.user("clerk", "geheim"):
        error = complaint(database.url.set(username="clerk", password=password))
        assert error.code == "database_login"
        assert "wrong" not in f"{error.message} {error!r}"
        right = Database(
            database.url.set(username="clerk", password="geheim").render_as_string(
                hide_password=False
            )
        )
        with right.reading() as connection:
            assert connection.execute(sa.select(1)).scalar_one() == 1
        right.close()


def test_a_user_without_rights_is_told_to_ask_for_them(postgresql: Server) -> None:
    """Since release 15 nobody but the owner may make tables without being allowed to."""
    with postgresql.fresh(migrated=False) as url, postgresql.user("guest", "geheim"):
        guest = Database(url.replace("postgres:@", "guest:geheim@"))
        with pytest.raises(SettingsError, match="权限不足") as caught:
            upgrade(guest)
        guest.close()
        assert caught.value.code == "database_permission"


@pytest.mark.parametrize("encoding", ["EUC_CN", "LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_name_is_not_set_up(
    postgresql: Server, encoding: str
) -> None:
    """EUC_CN would take the tables, and refuse 䶮 in some name months later."""
    with postgresql.encoded(encoding) as url:
        made = Database(url)
        with pytest.raises(SettingsError, match=encoding) as caught:
            upgrade(made)
        assert caught.value.code == "database_encoding"
        with made.reading() as connection:
            assert sa.inspect(connection).get_table_names() == []
        made.close()


@pytest.mark.usefixtures("postgresql")
def test_a_server_that_was_stopped_is_named() -> None:
    with running() as server:
        made = Database(server.url("postgres"))
        with made.reading() as connection:
            assert connection.execute(sa.select(1)).scalar_one() == 1
    with pytest.raises(BusyError, match="请确认数据库服务在运行"), made.reading():
        pytest.fail("nobody is there")
    made.close()


def test_a_transaction_whose_connection_breaks_is_undone_and_told(database: Database) -> None:
    def broken() -> None:
        with database.writing() as connection:
            write(connection, "a")
            own = connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
            with killer.reading() as other:
                other.execute(sa.select(sa.func.pg_terminate_backend(own, 5000)))
            write(connection, "b")

    killer = same_database(database, 5)
    with pytest.raises(BusyError) as caught:
        broken()
    killer.close()
    assert caught.value.code == "database_unreachable"
    with database.reading() as connection:
        assert platforms(connection) == []


def test_what_a_connection_is_set_to(postgresql_database: Database) -> None:
    with postgresql_database.reading() as connection:
        settings = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("lock_timeout", "TimeZone", "application_name", "transaction_read_only")
        }
        driver = connection.connection.dbapi_connection
        assert driver is not None
        asked = driver.info.get_parameters()
    assert settings == {
        "lock_timeout": "5s",
        "TimeZone": "UTC",
        "application_name": "xinqiao",
        "transaction_read_only": "on",
    }
    # a machine that vanishes must not hold the writers' lock for hours
    assert asked["keepalives_idle"] == "30"
    assert "tcp_keepalives_idle=30" in asked["options"]


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
