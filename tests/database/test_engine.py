"""Two kinds of transaction, and a clear word for everything that can go wrong with a file."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade
from xinqiao.database.tables import platform_state
from xinqiao.database.types import Instant, JsonText
from xinqiao.errors import BusyError, DamageError, SettingsError, XinqiaoError

ROW = {"platform": "p", "paused_reason": ""}


def impatient(database: Database) -> Database:
    """Return a second access to the same file that does not wait."""
    return Database(str(database.url), busy_seconds=0.05)


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_every_connection_is_durable_and_checks_references(
    database: Database, pragma: str, value: object
) -> None:
    with database.reading() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


def test_a_second_writer_is_told_that_the_database_is_busy(database: Database) -> None:
    other = impatient(database)
    with database.writing(), pytest.raises(BusyError) as busy, other.writing():
        pass
    assert busy.value.code == "locked"
    other.close()


def test_readers_go_on_while_somebody_writes_and_see_the_state_before(database: Database) -> None:
    other = impatient(database)
    with database.writing() as writer:
        writer.execute(sa.insert(platform_state), ROW)
        with other.reading() as reader:
            assert reader.execute(sa.select(platform_state)).all() == []
    other.close()


def test_a_reader_does_not_hold_up_a_writer(database: Database) -> None:
    other = impatient(database)
    with database.reading() as reader:
        reader.execute(sa.select(platform_state)).all()
        with other.writing() as writer:
            writer.execute(sa.insert(platform_state), ROW)
    other.close()


def write_and_fail(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.insert(platform_state), ROW)
        raise RuntimeError


def test_an_error_undoes_the_whole_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError):
        write_and_fail(database)
    with database.reading() as connection:
        assert connection.execute(sa.select(platform_state)).all() == []


def test_a_file_that_is_no_database_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.db"
    path.write_bytes(b"this is not a database at all, but long enough to have a header" * 20)
    broken = Database(f"sqlite:///{path}")
    with pytest.raises(DamageError, match="备份"), broken.reading():
        pass
    broken.close()


def test_a_database_that_cannot_be_written_says_so(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.db"
    database.close()
    only_read = Database(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(SettingsError) as refused, only_read.writing() as connection:
        connection.execute(sa.insert(platform_state), ROW)
    assert refused.value.code == "read_only"
    only_read.close()


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    nowhere = Database(f"sqlite:///{tmp_path / 'none' / 'xinqiao.db'}")
    with pytest.raises(SettingsError) as refused:
        upgrade(nowhere)
    assert refused.value.code == "unopened"
    nowhere.close()


def test_an_unforeseen_database_error_does_not_show_what_was_stored(database: Database) -> None:
    number = "370323190806133086"
    with pytest.raises((sa.exc.DBAPIError, XinqiaoError)) as failed, database.writing() as opened:
        opened.execute(sa.text("INSERT INTO platform_state (nothing) VALUES (:x)"), {"x": number})
    assert number not in str(failed.value)


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    row = {**ROW, "paused_at": datetime(2026, 11, 20)}  # noqa: DTZ001 - what must be refused
    with (
        pytest.raises(sa.exc.StatementError, match="without a zone"),
        database.writing() as connection,
    ):
        connection.execute(sa.insert(platform_state), row)


@given(
    st.datetimes(
        min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.timezones(),
    )
)
def test_an_instant_comes_back_aware_in_utc(instant: datetime) -> None:
    dialect = sa.create_engine("sqlite://").dialect
    stored = Instant().process_bind_param(instant, dialect)
    found = Instant().process_result_value(stored, dialect)
    assert found is not None
    assert found.tzinfo is UTC
    assert found == instant.astimezone(UTC)


def test_json_is_text_that_a_person_can_read() -> None:
    dialect = sa.create_engine("sqlite://").dialect
    text = JsonText().process_bind_param({"名称": ["示例"]}, dialect)
    assert text == '{"名称": ["示例"]}'
    assert JsonText().process_result_value(text, dialect) == {"名称": ["示例"]}
