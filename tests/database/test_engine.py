"""Transactions on SQLite: who waits for whom, what is undone, and what a person is told."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support import same_database
from xinqiao.database.engine import Database
from xinqiao.database.tables import platform_state
from xinqiao.errors import BusyError, DamageError, SettingsError

FULL = 2
"""What ``PRAGMA synchronous`` says when every commit reaches the disk."""


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


@pytest.fixture
def impatient(database: Database) -> Iterator[Database]:
    """The same database, opened by somebody who waits for nobody long."""
    made = same_database(database, busy_seconds=0.05)
    yield made
    made.close()


def write(connection: sa.Connection, *platforms: str) -> None:
    for platform in platforms:
        connection.execute(sa.insert(platform_state).values(platform=platform))


def fill_the_disk(connection: sa.Connection) -> None:
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    write(connection, *(f"{number:0200}" for number in range(1000)))


def platforms(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(sa.select(platform_state.c.platform)).scalars())


def test_every_connection_has_the_journal_safety_and_foreign_keys(database: Database) -> None:
    with database.reading() as first, database.reading() as second:
        for connection in (first, second):
            pragmas = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
            assert pragmas == ["wal", FULL, 1, 5000]


def test_foreign_keys_are_enforced(database: Database) -> None:
    statement = "INSERT INTO batch_row (batch_id, row_number, submission_id) VALUES (1, 1, 1)"
    with (
        pytest.raises(sa.exc.IntegrityError, match="FOREIGN KEY"),
        database.writing() as connection,
    ):
        connection.exec_driver_sql(statement)


def test_a_write_transaction_is_immediate_and_a_read_is_not(database: Database) -> None:
    said: list[str] = []

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        said.append(statement)

    with database.writing():
        pass
    with database.reading():
        pass
    assert said == ["BEGIN IMMEDIATE", "BEGIN"]


def test_a_second_writer_is_told_to_wait_at_once_and_readers_go_on(
    database: Database, impatient: Database
) -> None:
    with database.writing() as connection:
        write(connection, "credit_shandong")
        with pytest.raises(BusyError, match="请稍后再试") as caught, impatient.writing():
            pytest.fail("two writers at once")
        assert caught.value.code == "locked"
        assert platforms(impatient) == []
    assert platforms(impatient) == ["credit_shandong"]


def test_a_second_writer_waits_for_the_first_within_its_time(database: Database) -> None:
    holding, done = threading.Event(), threading.Event()

    def second() -> None:
        holding.wait(10)
        with database.writing() as connection:
            write(connection, "second")
        done.set()

    thread = threading.Thread(target=second)
    thread.start()
    with database.writing() as connection:
        write(connection, "first")
        holding.set()
        assert not done.wait(0.2)
    thread.join(10)
    assert platforms(database) == ["first", "second"]


def test_a_reader_does_not_block_a_writer_and_keeps_seeing_one_state(
    database: Database, impatient: Database
) -> None:
    with database.reading() as reader:
        statement = sa.select(sa.func.count()).select_from(platform_state)
        assert reader.execute(statement).scalar_one() == 0
        with impatient.writing() as writer:
            write(writer, "credit_shandong")
        assert reader.execute(statement).scalar_one() == 0
    assert platforms(database) == ["credit_shandong"]


def test_an_exception_undoes_everything(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            write(connection, "credit_shandong")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert platforms(database) == []


def test_after_a_failed_transaction_the_next_one_works(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        write(connection, "twice", "twice")
    with database.writing() as connection:
        write(connection, "once")
    assert platforms(database) == ["once"]


def test_an_unforeseen_error_shows_no_values_and_is_not_its_own_cause(database: Database) -> None:
    number = "370323190501010018"
    with pytest.raises(sa.exc.IntegrityError) as caught, database.writing() as connection:
        write(connection, number, number)
    assert number not in str(caught.value)
    assert isinstance(caught.value.__cause__, sqlite3.IntegrityError)


def test_nothing_is_opened_before_the_first_transaction(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path / 'xinqiao.db'}").close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.db"
    path.write_text("文书号,名称\n" * 1000, encoding="utf-8")
    made = Database(f"sqlite:///{path}")
    with pytest.raises(DamageError, match="从备份恢复") as caught, made.reading():
        pytest.fail("opened")
    made.close()
    assert str(path) in caught.value.message


def test_a_database_with_a_torn_page_is_damage(database: Database, tmp_path: Path) -> None:
    with database.writing() as connection:
        write(connection, "credit_shandong")
    database.close()
    path = tmp_path / "xinqiao.db"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(DamageError, match="已损坏"):
        platforms(database)


def test_text_that_is_no_text_is_damage(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO platform_state (platform) VALUES (CAST(x'ff' AS TEXT))"
        )
    with pytest.raises(DamageError, match="不是文字"):
        platforms(database)


def read_only(path: Path) -> Database:
    return Database(f"sqlite:///file:{path}?mode=ro&uri=true")


def test_a_database_that_can_only_be_read_is_read_and_refuses_to_be_written(
    database: Database, tmp_path: Path
) -> None:
    """Opened by SQLite's own read-only mode, which holds for root too."""
    with database.writing() as connection:
        write(connection, "credit_shandong")
    closed = read_only(tmp_path / "xinqiao.db")
    assert platforms(closed) == ["credit_shandong"]
    with pytest.raises(SettingsError, match="只能读不能写") as caught, closed.writing() as other:
        write(other, "county_site")
    closed.close()
    assert caught.value.code == "read_only"


@pytest.mark.parametrize(
    "make", [Path.mkdir, lambda path: path.parent.rmdir()], ids=["a folder", "in no folder"]
)
def test_a_database_that_cannot_be_opened_is_named(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "var" / "xinqiao.db"
    path.parent.mkdir()
    make(path)
    made = Database(f"sqlite:///{path}")
    with pytest.raises(SettingsError, match="打不开数据库") as caught, made.reading():
        pytest.fail("opened")
    made.close()
    assert caught.value.code == "unopened"
    assert str(path) in caught.value.message


def test_a_full_disk_is_named(database: Database) -> None:
    with (
        pytest.raises(SettingsError, match="磁盘已满") as caught,
        database.writing() as connection,
    ):
        fill_the_disk(connection)
    assert caught.value.code == "disk"


def test_a_database_without_tables_says_what_to_do(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path / 'xinqiao.db'}")
    with pytest.raises(SettingsError, match="xinqiao init"):
        platforms(made)
    made.close()
