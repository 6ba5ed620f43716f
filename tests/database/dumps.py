"""Dumps of earlier releases' databases, brought back to life on either database."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

from xinqiao.config.workspace import Workspace, create_workspace
from xinqiao.database.engine import Database
from xinqiao.database.tables import metadata

PLATFORM = "credit_shandong"

Columns = Mapping[str, Sequence[str]]
"""Table → the columns that it had."""

Rows = dict[str, list[dict[str, Any]]]
"""Table → its rows, in order of the primary key."""


@dataclass(frozen=True, slots=True)
class Dump:
    """The database of one release, with its keys and what the platform had received.

    Attributes:
        revision: Revision of the schema that wrote it.
    """

    revision: str

    @property
    def platform(self) -> dict[str, Any]:
        """What the simulated platform had received, and what was planted there."""
        told: dict[str, Any] = json.loads(self._file("platform.json").read_text("utf-8"))
        return told

    @property
    def sql(self) -> str:
        """The dump itself."""
        return self._file("sql").read_text("utf-8")

    def workspace(self, root: Path, port: int) -> Workspace:
        """Make the workspace whose database this was; its platform listens on ``port``."""
        made = create_workspace(root, rehearsal=True, platforms=["credit_shandong"])
        made.key_file.write_text(self._file("keys.toml").read_text("utf-8"), "utf-8")
        with closing(sqlite3.connect(":memory:")) as plain:
            plain.executescript(self.sql)
            (founding,) = plain.execute("SELECT hash FROM audit WHERE sequence = 1").fetchone()
        mark = root / "secrets" / "founding.txt"
        mark.write_text(f"{founding}\n", "utf-8")
        mark.chmod(0o600)
        file = root / "platforms" / f"{PLATFORM}.toml"
        file.write_text(file.read_text("utf-8").replace(":8642", f":{port}"), "utf-8")
        return made

    def restore_file(self, path: Path) -> None:
        """Write the database as a file of SQLite."""
        with closing(sqlite3.connect(path)) as plain:
            plain.execute("PRAGMA journal_mode = WAL")
            plain.executescript(self.sql)

    def restore_postgresql(self, url: str, folder: Path) -> None:
        """Make this release's schema in the empty database at ``url``, and put the rows in.

        Args:
            url: Of the database.
            folder: For the file from which the rows are read.
        """
        self.restore_file(folder / "dump.db")
        source = Database(f"sqlite:///{folder / 'dump.db'}")
        with source.reading() as connection:
            rows = read_rows(connection, columns_of(connection))
        source.close()
        target = Database(url)
        with target.writing() as connection:
            config = Config()
            config.set_main_option("script_location", "xinqiao:database/migrations")
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, self.revision)
            connection.exec_driver_sql("DELETE FROM audit_head")
            for table in metadata.sorted_tables:
                if rows.get(table.name):
                    connection.execute(sa.insert(table), rows[table.name])
                    _set_sequence(connection, table)
        target.close()

    def _file(self, ending: str) -> Path:
        return Path(__file__).parent / "previous" / f"schema-{self.revision}.{ending}"


DUMP = Dump("0002")
"""Of the release before this one."""


def columns_of(connection: Connection) -> Columns:
    """Return the tables of a database with their columns, Alembic's own left out."""
    inspector = sa.inspect(connection)
    return {
        name: [column["name"] for column in inspector.get_columns(name)]
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def read_rows(connection: Connection, columns: Columns) -> Rows:
    """Return all rows of ``columns``, read with the types of the present tables."""
    rows: Rows = {}
    for name, wanted in columns.items():
        table = metadata.tables[name]
        statement = sa.select(*(table.c[one] for one in wanted)).order_by(
            *table.primary_key.columns
        )
        rows[name] = [dict(row) for row in connection.execute(statement).mappings()]
    return rows


def _set_sequence(connection: Connection, table: sa.Table) -> None:
    """Let numbers made by the database go on behind those that were put in."""
    column = table.autoincrement_column
    if column is None:
        return
    sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
    connection.execute(sa.select(sa.func.setval(sequence, sa.func.max(column))))
