"""Migrations: from nothing they give exactly the tables, and never touch what they do not know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from xinqiao.audit.chain import GENESIS
from xinqiao.database.dialect import append_only_triggers
from xinqiao.database.engine import Database
from xinqiao.database.migration import REVISIONS, check, upgrade
from xinqiao.database.tables import metadata
from xinqiao.errors import SettingsError


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    yield made
    made.close()


def schema(database: Database) -> dict[str, Any]:
    """Return what SQLite knows of every table, also what alembic does not compare."""
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
        return list(connection.exec_driver_sql("SELECT * FROM sqlite_master"))


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
        triggers = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
        ).scalars()
        assert tuple(head) == (1, 0, GENESIS)
        assert sorted(triggers) == sorted(append_only_triggers("sqlite"))


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
    broken = [*append_only_triggers("sqlite"), "CREATE NONSENSE"]
    monkeypatch.setattr("xinqiao.database.dialect.append_only_triggers", lambda _: broken)
    with pytest.raises(sa.exc.OperationalError, match="NONSENSE"):
        upgrade(empty)
    assert everything(empty) == []
    monkeypatch.undo()
    upgrade(empty)
    check(empty)
