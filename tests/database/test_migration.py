"""The schema comes from the revisions, and only a database of the right age is used."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from xinqiao.database.engine import Database
from xinqiao.database.migration import REVISIONS, check, upgrade
from xinqiao.database.tables import metadata
from xinqiao.errors import SettingsError


def test_the_revisions_make_exactly_the_tables_that_the_code_uses(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_known_revisions_are_those_of_the_scripts() -> None:
    config = Config()
    config.set_main_option("script_location", "xinqiao:database/migrations")
    config.set_main_option("path_separator", "os")
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    assert tuple(script.revision for script in reversed(scripts)) == REVISIONS


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    upgrade(database)
    check(database)


def test_a_database_without_tables_is_refused_with_the_command_to_type(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(SettingsError, match="xinqiao init") as refused:
        check(empty)
    assert refused.value.code == "schema_old"
    empty.close()


@pytest.mark.parametrize("use", [check, upgrade])
def test_a_database_of_a_newer_program_is_left_alone(database: Database, use: object) -> None:
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert callable(use)
    with pytest.raises(SettingsError) as refused:
        use(database)
    assert refused.value.code == "schema_new"
