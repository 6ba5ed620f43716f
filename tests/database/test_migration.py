"""Migrations: from nothing they give exactly the tables, and never touch what they do not know."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.postgresql import Server
from tests.support import ON_SQLITE, START
from xinqiao.audit.append import append
from xinqiao.audit.chain import GENESIS, Entry
from xinqiao.database.dialect import append_only_triggers
from xinqiao.database.engine import Database
from xinqiao.database.migration import REVISIONS, check, upgrade
from xinqiao.database.tables import duty, metadata
from xinqiao.errors import SettingsError


@pytest.fixture
def empty(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of the same make as ``database`` without any table."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'empty.db'}"
        if database.dialect == "postgresql":
            server: Server = request.getfixturevalue("postgresql")
            url = stack.enter_context(server.fresh(migrated=False))
        made = Database(url)
        yield made
        made.close()


_SUBMISSION = {
    "holding_id": 1,
    "record_id": "r1",
    "version": 1,
    "platform": "credit_shandong",
    "kind": "permit",
    "operation": "insert",
    "due_at": START,
    "next_attempt_at": START,
    "attempts": 1,
    "deaths": 0,
    "questions": 0,
    "fence": 1,
    "created_at": START,
    "changed_at": START,
}
_DUTY = {
    "record_id": "r1",
    "platform": "credit_shandong",
    "version": 1,
    "basis": "示例",
    "starts_on": date(2026, 11, 17),
    "due_on": date(2026, 11, 26),
    "due_at": START,
    "counting": "exclusive",
    "calendar": "示例",
    "provisional": False,
    "legal": True,
    "opened_at": START,
}
FIRST_SCHEMA: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "record",
        {
            "id": "r1",
            "kind": "permit",
            "matching_key": "permit|A|1号",
            "current_version": 1,
            "created_at": START,
        },
    ),
    (
        "holding",
        {
            "id": 1,
            "record_id": "r1",
            "platform": "credit_shandong",
            "wanted_key": "1号",
            "findings": [],
            "updated_at": START,
        },
    ),
    (
        "batch",
        {
            "id": 1,
            "number": "B1",
            "platform": "credit_shandong",
            "kind": "permit",
            "operation": "insert",
            "edition": "2018",
            "row_count": 1,
            "key_id": "k",
            "sha256": "",
            "sealed_at": START,
        },
    ),
    (
        "submission",
        {**_SUBMISSION, "idempotency_key": "k1", "state": "accepted", "batch_id": 1},
    ),
    ("submission", {**_SUBMISSION, "idempotency_key": "k2", "state": "ready"}),
    ("duty", {**_DUTY, "id": 7, "rule": "D1"}),
    (
        "duty",
        {**_DUTY, "id": 8, "rule": "D4", "closed_at": START, "closed_by": "accepted"},
    ),
    ("duty", {**_DUTY, "id": 9, "rule": "D4a", "closed_at": START, "closed_by": "waived"}),
)
"""A permit that was sent and one that was not, and what was owed, as the first schema kept them."""


def schema(database: Database) -> dict[str, Any]:
    """Return what the database knows of every table, also what alembic does not compare."""
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        return {
            name: {
                "columns": [
                    column | {"type": str(column["type"])} for column in inspector.get_columns(name)
                ],
                "primary key": inspector.get_pk_constraint(name),
                "foreign keys": _sorted(inspector.get_foreign_keys(name)),
                "unique": _sorted(inspector.get_unique_constraints(name)),
                "checks": _sorted(inspector.get_check_constraints(name)),
                "indexes": _sorted(
                    index
                    | {"dialect_options": {k: str(v) for k, v in index["dialect_options"].items()}}
                    for index in inspector.get_indexes(name)
                ),
            }
            for name in inspector.get_table_names()
            if name != "alembic_version"
        }


def _sorted(things: Any) -> list[Any]:
    return sorted(things, key=lambda thing: str(thing["name"]))


def everything(database: Database) -> list[Any]:
    with database.reading() as connection:
        if database.dialect == "sqlite":
            return list(connection.exec_driver_sql("SELECT * FROM sqlite_master"))
        inspector = sa.inspect(connection)
        return [
            (table, [str(column) for column in inspector.get_columns(table)])
            for table in sorted(inspector.get_table_names())
        ]


def test_from_nothing_alembic_finds_no_difference_to_the_tables(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_from_nothing_columns_constraints_and_partial_indexes_are_those_of_the_tables(
    database: Database, empty: Database
) -> None:
    with empty.writing() as connection:
        metadata.create_all(connection)
    assert schema(database) == schema(empty)
    assert set(schema(database)) == set(metadata.tables)


def test_the_list_of_revisions_is_that_of_the_scripts() -> None:
    config = Config()
    config.set_main_option("script_location", "xinqiao:database/migrations")
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    oldest_first = reversed([script.revision for script in scripts.walk_revisions()])
    assert tuple(oldest_first) == REVISIONS
    assert scripts.get_heads() == [REVISIONS[-1]]


def test_a_new_database_has_an_empty_chain_that_only_grows(database: Database) -> None:
    with database.reading() as connection:
        head = connection.exec_driver_sql("SELECT id, sequence, hash FROM audit_head").one()
        assert tuple(head) == (1, 0, GENESIS)
    with database.writing() as connection:
        append(connection, [Entry("action")], actor="hub", at=START)
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
        with (
            pytest.raises(sa.exc.DBAPIError, match="append-only"),
            database.writing() as connection,
        ):
            connection.exec_driver_sql(statement)


def test_postgresql_refuses_to_truncate_the_log_too(postgresql_database: Database) -> None:
    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        postgresql_database.writing() as connection,
    ):
        connection.exec_driver_sql("TRUNCATE audit")


def test_a_database_of_the_first_schema_with_records_becomes_as_a_new_one(
    database: Database, empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was imported and sent before the second revision is found again after it."""
    config = Config()
    config.set_main_option("script_location", "xinqiao:database/migrations")
    config.set_main_option("path_separator", "os")
    monkeypatch.setattr("xinqiao.database.migration.REVISIONS", ("0001",))
    with empty.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for table, row in FIRST_SCHEMA:
            connection.execute(sa.insert(metadata.tables[table]).values(row))
    monkeypatch.undo()
    upgrade(empty)
    with empty.reading() as connection:
        rows = connection.exec_driver_sql("SELECT document_key, exemption FROM record").all()
        sent = connection.exec_driver_sql("SELECT platform_key FROM submission ORDER BY id").all()
        owed = connection.execute(sa.select(duty).order_by(duty.c.id)).mappings().all()
    assert [tuple(row) for row in rows] == [("permit|A|1号", None)]
    assert [tuple(row) for row in sent] == [("1号",), (None,)]
    plain = {column.name: None for column in duty.columns}
    expected = [plain | row for table, row in FIRST_SCHEMA if table == "duty"]
    assert [dict(row) for row in owed] == expected
    assert schema(empty) == schema(database)
    check(empty)
    with empty.writing() as connection:
        handled = {**_DUTY, "platform": "bureau", "rule": "D5", "closed_by": "handled"}
        kept = connection.execute(sa.insert(duty).values(handled).returning(duty.c.closed_by))
        assert kept.scalar_one() == "handled"
    with pytest.raises(sa.exc.IntegrityError), empty.writing() as connection:
        connection.execute(sa.insert(duty).values({**_DUTY, "rule": "D6", "closed_by": "else"}))


@ON_SQLITE
def test_a_second_upgrade_does_nothing(database: Database, tmp_path: Path) -> None:
    check(database)
    database.close()
    before = (tmp_path / "xinqiao.db").read_bytes()
    upgrade(database)
    check(database)
    database.close()
    assert (tmp_path / "xinqiao.db").read_bytes() == before


def test_a_database_of_a_newer_program_is_refused_and_left_alone(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = everything(database)
    for action in (upgrade, check):
        with pytest.raises(SettingsError, match="请升级程序") as caught:
            action(database)
        assert caught.value.code == "schema_new"
    assert everything(database) == before


def test_a_database_that_was_never_set_up_is_refused_until_it_is(empty: Database) -> None:
    with pytest.raises(SettingsError, match="xinqiao init") as caught:
        check(empty)
    assert caught.value.code == "schema_old"
    upgrade(empty)
    check(empty)


def test_a_database_of_an_older_program_is_refused_by_check(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xinqiao.database.migration.REVISIONS", (*REVISIONS, "9999"))
    with pytest.raises(SettingsError) as caught:
        check(database)
    assert caught.value.code == "schema_old"


def test_an_upgrade_that_fails_leaves_nothing_behind(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [*append_only_triggers(empty.dialect), "CREATE NONSENSE"]
    monkeypatch.setattr("xinqiao.database.dialect.append_only_triggers", lambda _: broken)
    with pytest.raises(sa.exc.DBAPIError, match="NONSENSE"):
        upgrade(empty)
    assert everything(empty) == []
    monkeypatch.undo()
    upgrade(empty)
    check(empty)
