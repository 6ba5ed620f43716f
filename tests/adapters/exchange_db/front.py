"""An exchange database for tests: its address, its administrator, a profile whose tables it has."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.mariadb import MariaDb
from tests.postgresql import Server
from xinqiao.adapters.base import (
    Credentials,
    Operation,
    SealedBatch,
    SealedRow,
    SentBatch,
    Surroundings,
)
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.profile import load_profile, read_profile
from xinqiao.clock import Clock

PERMITS = "370323_XK"

COLUMNS: tuple[dict[str, Any], ...] = (
    {"name": "ROWGUID", "role": "row_key", "length": 64},
    {"name": "TASK", "role": "batch"},
    {"name": "NO", "role": "row_number", "type": "integer"},
    {"name": "OP", "role": "operation", "length": 8},
    {"name": "XK_WSH", "field": "XK_WSH", "length": 64},
    {"name": "XK_XDR_MC", "field": "XK_XDR_MC", "length": 40},
    {"name": "XK_NR", "field": "XK_NR", "length": 60, "unit": "bytes"},
    {"name": "XK_JDRQ", "field": "XK_JDRQ", "length": 10, "date_pattern": "YYYY-MM-DD"},
    {"name": "QTY", "field": "QTY", "type": "integer"},
    {"name": "SRC", "constant": "2"},
    {"name": "VALID", "role": "validity", "length": 1},
    {"name": "WHY", "role": "invalid_reason", "length": 40},
    {"name": "VER", "role": "version", "type": "integer"},
    {"name": "RKSJ", "role": "written_at", "date_pattern": "YYYY-MM-DD hh:mm:ss"},
    {"name": "SIGN", "role": "status", "length": 2},
    {"name": "ERR", "role": "error_text"},
    {"name": "TAKEN", "role": "taken_at", "date_pattern": "YYYY-MM-DD hh:mm:ss"},
)

DDL: dict[str, sa.types.TypeEngine[Any]] = {
    "NO": sa.Integer(),
    "QTY": sa.Integer(),
    "VER": sa.Integer(),
    "XK_NR": sa.String(60),
    "XK_XDR_MC": sa.String(40),
}
"""Types of columns that are no text of 64 characters."""


def profile_values(**transport: Any) -> dict[str, Any]:
    """Return a profile of one table, as its TOML would be read."""
    table = {
        "source": "made up for tests",
        "name": PERMITS,
        "business_key": ["XK_WSH"],
        "columns": [dict(column) for column in COLUMNS],
    }
    given: dict[str, Any] = {
        "type": "exchange_db",
        "source": "made up for tests",
        "connect_seconds": 5,
        "statement_seconds": 5,
        "total_seconds": 30,
        "rows_stay": True,
        "status": {
            "source": "made up for tests",
            "initial": "0",
            "meanings": {"0": "pending", "1": "accepted", "2": "received", "9": "rejected"},
        },
        "validity": {"source": "made up for tests", "valid": "1", "invalid": "0"},
        "tables": {"permit": table | transport.pop("table", {})},
    }
    return {
        "id": "credit_shandong",
        "name": "前置库",
        "status": "reference",
        "source": "made up for tests",
        "credentials": {"database_user": "用户名", "database_password": "密码"},
        "transport": given | transport,
        "capabilities": {
            "source": "made up for tests",
            "deduplicates": transport.get("rows_stay", True),
            "visible_after_seconds": 31,
        },
        "limits": {
            "source": "made up for tests",
            "rows_per_batch": 100,
            "bytes_per_batch": 1_000_000,
        },
        "pace": {"source": "made up for tests"},
        "receipts": {
            "source": "made up for tests",
            "mode": "status_column",
            "poll_after_seconds": 1,
            "poll_every_seconds": 1,
            "expected_within_seconds": 60,
        },
        "words": {
            "operations": {"insert": "I", "update": "U", "withdraw": "D"},
            "kinds": {"permit": "permit"},
        },
        "withdraw": {"permit": "operation"},
    }


@dataclass
class Front:
    """One exchange database.

    Attributes:
        url: Address as a profile names it.
        admin_url: Address for SQLAlchemy, with all rights.
        user: Who the hub is.
        root: Folder of the workspace.
    """

    url: str
    admin_url: str
    user: str
    root: Path
    clock: Clock = field(default_factory=Clock)

    @property
    def make(self) -> str:
        return sa.make_url(self.url).drivername

    @contextmanager
    def admin(self) -> Iterator[sa.Connection]:
        """Give a connection of the other side; committed at the end."""
        engine = sa.create_engine(self.admin_url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            yield connection
        engine.dispose()

    def table(self, name: str = PERMITS, *, unique: str = "") -> sa.Table:
        """Return the table of :data:`COLUMNS`."""
        columns: list[sa.Column[Any]] = [
            sa.Column(
                sa.quoted_name(column["name"], quote=True),
                DDL.get(column["name"], sa.String(64)),
                primary_key=column["name"] == "ROWGUID",
                unique=column["name"] == unique,
                autoincrement=False,
            )
            for column in COLUMNS
        ]
        return sa.Table(sa.quoted_name(name, quote=True), sa.MetaData(), *columns)

    def create(self, *, unique: str = "") -> sa.Table:
        """Make that table, as its owner would have."""
        table = self.table(unique=unique)
        with self.admin() as connection:
            table.create(connection)
        return table

    def rows(self) -> list[dict[str, Any]]:
        """Return every row, in the order of document numbers and versions."""
        table = self.table()
        order = table.c.XK_WSH, table.c.VER, table.c.NO
        with self.admin() as connection:
            found = connection.execute(sa.select(table).order_by(*order)).mappings()
            return [dict(row) for row in found]

    def write(self, where: Mapping[str, Any], **values: Any) -> int:
        """Change rows as the other side does; return how many."""
        table = self.table()
        chosen = [table.c[name] == text for name, text in where.items()]
        with self.admin() as connection:
            return connection.execute(sa.update(table).where(*chosen).values(values)).rowcount

    def remove(self, **where: Any) -> None:
        """Delete rows as the other side does."""
        table = self.table()
        with self.admin() as connection:
            chosen = [table.c[name] == text for name, text in where.items()]
            connection.execute(sa.delete(table).where(*chosen))

    def connector(
        self,
        values: dict[str, Any] | None = None,
        *,
        shipped: str = "",
        rehearsal: bool = False,
        **transport: Any,
    ) -> ProfileConnector:
        """Return a connector for this database."""
        if shipped:
            profile = load_profile(shipped, {"transport": {"url": self.url, **transport}})
        else:
            whole = values or profile_values(**transport)
            whole["transport"]["url"] = self.url
            profile = read_profile(whole, file="platforms/front.toml")
        return build(
            profile,
            Surroundings(
                Credentials({"database_user": self.user, "database_password": ""}),
                self.clock,
                settings={"organisation_code": "11370323MB2826290X"},
                rehearsal=rehearsal,
                root=self.root,
            ),
        )


@contextmanager
def fronts(request: pytest.FixtureRequest) -> Iterator[Front]:
    """Give an empty exchange database of the make that a fixture's parameter names."""
    root: Path = request.getfixturevalue("tmp_path")
    if request.param == "sqlite":
        path = root / "front.db"
        path.touch()
        yield Front("sqlite:///front.db", f"sqlite:///{path}", "", root)
    elif request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        with server.fresh(migrated=False) as url:
            whole = sa.make_url(url).set(drivername="postgresql+psycopg")
            host = whole.query["host"]
            address = f"postgresql:///{whole.database}?host={host}"
            user = whole.username or "postgres"
            yield Front(address, whole.render_as_string(hide_password=False), user, root)
    else:
        mariadb: MariaDb = request.getfixturevalue("mariadb")
        with mariadb.fresh() as name:
            place = f"unix_socket={mariadb.socket}"
            admin = f"mariadb+pymysql://root@/{name}?{place}"
            yield Front(f"mariadb:///{name}?{place}", admin, "root", root)


def row(number: int, key: str, **values: str) -> SealedRow:
    """Return a row with what a permit has at least."""
    plain = {
        "XK_WSH": key,
        "XK_XDR_MC": "沂源测试汽修厂",
        "XK_NR": "道路货物运输",
        "XK_JDRQ": "2026/11/20",
        "QTY": "3",
    }
    return SealedRow(number, key, plain | values)


def batch(
    number: str,
    *rows: SealedRow,
    operation: Operation = Operation.INSERT,
    platform: str = "credit_shandong",
) -> SealedBatch:
    """Return a sealed batch of permits."""
    return SealedBatch(number, platform, "permit", operation, "2018", rows)


def in_doubt(sealed: SealedBatch) -> SentBatch:
    """Return a batch of which no answer ever came."""
    return SentBatch(sealed)


def answered(sealed: SealedBatch) -> SentBatch:
    """Return a batch whose delivery was confirmed."""
    return SentBatch(sealed, serial=sealed.number)
