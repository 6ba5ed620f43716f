"""A database that a newer program wrote is refused by every command, and not a byte of it changes.

On SQLite the file itself is compared; on PostgreSQL the rows and the tables.
"""

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.commands.terminal import Terminal
from tests.imports.books import company, write_book
from tests.postgresql import Server
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade

COMMANDS = (
    ("status",),
    ("sync",),
    ("import", "许可.xlsx"),
    ("reconcile",),
    ("corrections",),
    ("queue", "list"),
    ("queue", "retry", "1", "--reason", "再试"),
    ("audit", "verify"),
    ("platforms", "pause", "credit_shandong", "--reason", "维护"),
    ("calendar", "recount", "--reason", "升级"),
    ("routes", "apply", "--reason", "改了设置"),
    ("init",),
    ("init", "--rehearsal"),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def newer(
    request: pytest.FixtureRequest,
    terminal: Terminal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Terminal]:
    """A terminal whose workspace has a record, in a schema that nobody here knows."""
    monkeypatch.chdir(tmp_path)
    write_book(Path("许可.xlsx"), company(1))
    with ExitStack() as stack:
        if request.param == "postgresql":
            server: Server = request.getfixturevalue("postgresql")
            url = stack.enter_context(server.fresh(migrated=False))
            monkeypatch.setenv("XINQIAO_DATABASE_URL", url)
        database = Database(terminal.workspace.database_url)
        upgrade(database)
        assert terminal.run("import", "许可.xlsx").code == 0
        with database.writing() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
            connection.exec_driver_sql("ALTER TABLE submission ADD COLUMN later TEXT")
            connection.exec_driver_sql("CREATE TABLE later (id INTEGER)")
        database.close()
        yield terminal


def content(terminal: Terminal) -> Any:
    """Return the database's file, or all that stands in the tables of the server."""
    gc.collect()  # a command within this process may not have let go of the file yet
    database = Database(terminal.workspace.database_url)
    if database.dialect == "sqlite":
        database.close()
        file = terminal.workspace.var / "xinqiao.db"
        return file.read_bytes(), sorted(path.name for path in file.parent.glob("xinqiao.db*"))
    with database.reading() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        found = {
            name: (str(table.columns), sorted(map(str, connection.execute(sa.select(table)))))
            for name, table in tables.tables.items()
        }
    database.close()
    return found


def test_every_command_refuses_it_with_what_to_do_and_leaves_it_as_it_is(newer: Terminal) -> None:
    before = content(newer)
    for words in COMMANDS:
        done = newer.run(*words)
        assert done.code == 1, words
        assert "请升级程序" in done.err
        assert "Traceback" not in done.err
        assert content(newer) == before, words


def test_json_names_the_code(newer: Terminal) -> None:
    for words in (("status", "--json"), ("sync", "--json"), ("audit", "verify", "--json")):
        done = newer.run(*words)
        assert (done.code, done.json["error"]["code"]) == (1, "schema_new")


def test_doctor_says_so_looks_at_the_rest_and_changes_nothing(newer: Terminal) -> None:
    before = content(newer)
    told = newer.run("doctor", "--json")
    assert told.code == 3
    checks = {one["check"]: one for one in told.json}
    assert "请升级程序" in checks["数据库"]["remark"]
    assert not checks["数据库"]["ok"]
    assert checks["密钥"]["ok"]
    assert content(newer) == before
