"""Copying tables between the two databases: every value, in order, and what is not the same."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.postgresql import Server
from xinqiao.database.copying import copy_tables, fingerprints
from xinqiao.database.engine import Database
from xinqiao.database.retirement import is_retired, retire
from xinqiao.database.tables import attempt, audit, holding, import_run, metadata, record
from xinqiao.errors import DamageError, SettingsError

ROWS = 3
FIRST_ID = 40
"""Numbers do not begin with one, so that they cannot be right by accident."""

CHECKED: Mapping[tuple[str, str], Any] = {
    ("duty", "closed_by"): "waived",
    ("attempt", "purpose"): "poll",
    ("submission", "state"): "held",
    ("take_down", "why"): "ended",
}
"""What a check of the schema allows in a column."""


@pytest.fixture
def source(sqlite_database: Database) -> Database:
    """A database with some rows in every table."""
    with sqlite_database.writing() as connection:
        for table in metadata.sorted_tables:
            if table.name == "audit_head":
                connection.execute(sa.update(table).values(sequence=9, hash="f" * 64))
                continue
            rows = [row_of(table, number) for number in range(ROWS)]
            connection.execute(sa.insert(table), rows)
    return sqlite_database


@pytest.fixture
def target(postgresql: Server) -> Iterator[Database]:
    with postgresql.fresh() as url:
        made = Database(url, busy_seconds=5)
        yield made
        made.close()


def row_of(table: sa.Table, number: int) -> dict[str, Any]:
    """Return a row full of values that are easily spoilt on the way."""
    return {
        column.name: CHECKED.get((table.name, column.name), value_of(column, number))
        for column in table.columns
    }


def value_of(column: sa.Column[Any], number: int) -> Any:
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return value_of(key.column, number)
    if number == 0 and column.nullable:
        return None
    instant = datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC) + timedelta(days=number)
    # the order of these differs between languages, and between bytes and UTF-16
    text = f"{'Äa𠮷'[number]}{column.name}"[: getattr(column.type, "length", None) or 99]
    values: dict[str, Any] = {
        "Instant": instant,
        "JsonText": {"名称": [text, None, 1.5, True, {}], "z": "引号\"'\\\n", "a": number},
        "Date": date(2026, 2, 28 - number),
        "Boolean": number == 1,
        "Float": -0.1 - number,
        "LargeBinary": bytes(range(256)) * number,
        "Integer": number - 1 if column.name == "id" else number,
        "BigInteger": FIRST_ID + number,
    }
    return values.get(type(column.type).__name__, text)


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, read in the plain way."""
    with database.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def ignore(_table: str, _rows: int) -> None:
    """Nobody watches."""


def copy(source: Database, target: Database) -> None:
    with source.reading() as ours, target.writing() as theirs:
        copy_tables(ours, theirs, ignore)


def test_every_value_of_every_table_arrives_and_the_digests_say_so(
    source: Database, target: Database
) -> None:
    with source.reading() as ours, target.writing() as theirs:
        read = copy_tables(ours, theirs, ignore)
        written = fingerprints(theirs, ignore)
        again = fingerprints(ours, ignore)
    assert read == written == again
    assert list(read) == [table.name for table in metadata.sorted_tables]
    assert {one.rows for name, one in read.items() if name != "audit_head"} == {ROWS}
    assert everything(source) == everything(target)


def test_what_people_decided_about_showing_arrives_row_by_row(
    source: Database, target: Database
) -> None:
    decided = ("behaviour_edition", "classification", "publication_look", "take_down", "target")
    copy(source, target)
    theirs = everything(target)
    for name in decided:
        expected = sorted(
            tuple(row_of(metadata.tables[name], number).values()) for number in range(ROWS)
        )
        assert sorted(theirs[name]) == expected


def test_json_is_copied_to_the_letter(source: Database, target: Database) -> None:
    written_by_hand = '{"b":1,  "a": 1e2}'
    with source.writing() as connection:
        connection.exec_driver_sql("UPDATE import_run SET counts = ?", (written_by_hand,))
    copy(source, target)
    with target.reading() as connection:
        texts = connection.exec_driver_sql("SELECT DISTINCT counts FROM import_run").scalars().all()
    assert texts == [written_by_hand]


def test_numbers_go_on_after_the_largest(source: Database, target: Database) -> None:
    copy(source, target)
    columns = [table.autoincrement_column for table in metadata.sorted_tables]
    numbered = [column for column in columns if column is not None]
    assert import_run.c.id in numbered
    with target.writing() as connection:
        for column in numbered:
            sequence = sa.func.pg_get_serial_sequence(column.table.name, column.name)
            following = connection.execute(sa.select(sa.func.nextval(sequence))).scalar_one()
            assert (column.table.name, following) == (column.table.name, FIRST_ID + ROWS)


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_one_changed_value_changes_the_digest_of_its_table_and_no_other(
    source: Database, table: sa.Table
) -> None:
    with source.reading() as connection:
        before = fingerprints(connection, ignore)
    free = [
        one
        for one in table.columns
        if (table.name, one.name) not in CHECKED and not one.foreign_keys
    ]
    column = next(one for one in reversed(free) if isinstance(one.type, sa.Integer | sa.String))
    changed = "7" if isinstance(column.type, sa.Integer) else "'变'"
    with source.writing() as connection:
        for append_only in ("audit", "anchor"):
            connection.exec_driver_sql(f"DROP TRIGGER {append_only}_no_update")
        connection.exec_driver_sql(
            f"UPDATE {table.name} SET {column.name} = {changed} "  # noqa: S608 - our own names
            f"WHERE rowid = (SELECT min(rowid) FROM {table.name})"
        )
    with source.reading() as connection:
        after = fingerprints(connection, ignore)
    assert {name for name in before if before[name] != after[name]} == {table.name}


def test_values_that_look_alike_have_other_digests(source: Database) -> None:
    """Text and bytes, nothing and empty, and letters that moved into the next column."""
    alike: list[dict[str, Any]] = [
        {"code": "ab", "message": "c", "key_id": None},
        {"code": "a", "message": "bc", "key_id": None},
        {"code": "ab", "message": "c", "key_id": ""},
        {"code": "ab", "message": "c", "key_id": "-"},
    ]
    digests = set()
    for values in alike:
        with source.writing() as connection:
            connection.execute(sa.update(attempt).values(values))
        with source.reading() as connection:
            digests.add(fingerprints(connection, ignore)["attempt"].sha256)
    assert len(digests) == len(alike)


def test_a_long_history_is_read_a_few_rows_at_a_time(source: Database, target: Database) -> None:
    """Rows that may be megabytes each, fewer at once."""
    with source.writing() as connection:
        plain = row_of(holding, 1)
        connection.execute(
            sa.insert(holding),
            [plain | {"id": 100 + number, "platform": str(number)} for number in range(2200)],
        )
        heavy = row_of(attempt, 1)
        connection.execute(
            sa.insert(attempt), [heavy | {"id": 100 + number} for number in range(120)]
        )
    told: dict[str, list[int]] = {}
    with source.reading() as ours, target.writing() as theirs:
        copy_tables(ours, theirs, lambda table, rows: told.setdefault(table, []).append(rows))
        again: dict[str, list[int]] = {}
        fingerprints(theirs, lambda table, rows: again.setdefault(table, []).append(rows))
    assert told["holding"] == [1000, 2000, 2203]
    assert told["attempt"] == [50, 100, 123]
    assert told == again


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE record SET department = 'a' || char(0) || 'b'", "record"),
        ("UPDATE platform_state SET platform = platform || printf('%.*c', 60, 'x')", "platform"),
        ("UPDATE job_run SET ran_at = 'yesterday'", "job_run"),
    ],
    ids=["a null character", "too long", "no instant"],
)
def test_a_row_that_the_target_cannot_hold_is_named_by_its_table_and_not_quoted(
    source: Database, target: Database, statement: str, table: str
) -> None:
    with source.writing() as connection:
        connection.exec_driver_sql(statement)
    with pytest.raises(DamageError, match=f"表 {table}") as caught:
        copy(source, target)
    assert caught.value.code == "copy_unfit"
    assert "xxx" not in caught.value.message
    with target.reading() as connection:
        assert connection.execute(sa.select(record)).all() == []


def test_a_retired_database_can_be_read_and_refuses_every_write_to_every_table(
    source: Database,
) -> None:
    with source.writing() as connection:
        assert not is_retired(connection)
        retire(connection)
    before = everything(source)
    for table in metadata.sorted_tables:
        row = row_of(table, ROWS - 1)
        for statement in (
            sa.insert(table).values(row),
            sa.update(table).values(row),
            sa.delete(table),
        ):
            with pytest.raises(SettingsError, match="已搬到 PostgreSQL") as caught:
                write(source, statement)
            assert caught.value.code == "database_moved"
    assert everything(source) == before
    with source.reading() as connection:
        assert is_retired(connection)


def write(database: Database, statement: sa.Insert | sa.Update | sa.Delete) -> None:
    with database.writing() as connection:
        connection.execute(statement)


def test_a_retirement_that_is_undone_leaves_a_database_that_works(source: Database) -> None:
    with source.writing() as connection:
        retire(connection)
        connection.rollback()
    with source.writing() as connection:
        assert not is_retired(connection)
        connection.execute(sa.insert(audit).values(row_of(audit, 1) | {"sequence": 900}))


def test_postgresql_is_never_retired(target: Database) -> None:
    with target.reading() as connection:
        assert not is_retired(connection)
